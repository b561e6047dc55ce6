#include "serve/mlmodel.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "format/yaml.h"
#include "serve/mlmodel_internal.h"

/* A value that may be missing or null stays empty. */
static enum status take_text(const struct yaml_node *map, const char *key, struct arena *arena, str *ret_text,
                             struct error *err)
{
    const struct yaml_node *node = yaml_get(map, key);
    if (node == NULL || node->kind == YAML_NULL)
        return OK;
    TRY(yaml_as_str(node, ret_text, err));
    *ret_text = arena_copy(arena, *ret_text);
    return OK;
}

static bool leads_out(str path)
{
    for (str part; str_split(&path, '/', &part);)
        if (str_equal(part, STR("..")))
            return true;
    return false;
}

/* A path below the model's folder: what a foreign MLmodel names is opened, so it must not lead elsewhere. */
static enum status take_path(const struct yaml_node *map, const char *key, struct arena *arena, str *ret_path,
                             struct error *err)
{
    str path = { 0 };
    TRY(take_text(map, key, arena, &path, err));
    if (str_is_empty(path))
        return OK;
    if (path.data[0] == '/' || leads_out(path) || memchr(path.data, '\0', path.size) != NULL)
        return yaml_fail(yaml_get(map, key), err, "the path must lie in the model's folder");
    *ret_path = path;
    return OK;
}

static enum status take_optional_i64(const struct yaml_node *map, const char *key, int64_t *ret_value,
                                     struct error *err)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node == NULL || node->kind == YAML_NULL ? OK : yaml_as_i64(node, ret_value, err);
}

static enum status read_onnx_options(const struct yaml_node *onnx, struct arena *arena, struct mlmodel_onnx *options,
                                     struct error *err)
{
    const struct yaml_node *node = yaml_get(onnx, "onnx_session_options");
    TRY(take_optional_i64(node, "intra_op_num_threads", &options->intra_op_threads, err));
    TRY(take_optional_i64(node, "inter_op_num_threads", &options->inter_op_threads, err));
    TRY(take_optional_i64(node, "graph_optimization_level", &options->graph_optimization_level, err));
    str mode = { 0 };
    TRY(take_text(node, "execution_mode", arena, &mode, err));
    options->is_parallel = str_equal(mode, STR("parallel"));
    return OK;
}

/* Where the model file is: the flavor's `data`, in 1.x sometimes only python_function's. A folder as `data` (1.x) holds
 * the file. */
static enum status take_data(struct mlmodel *model, const struct yaml_node *flavor, const struct yaml_node *pyfunc,
                             struct arena *arena, struct error *err)
{
    str path = { 0 };
    TRY(take_path(flavor, "data", arena, &path, err));
    if (str_is_empty(path))
        TRY(take_path(pyfunc, "data", arena, &path, err));
    if (mlmodel_is_pickle(path))
        model->pickle_path = path;
    else
        model->data_path = path;
    return OK;
}

static enum status read_flavors(struct mlmodel *model, const struct yaml_node *flavors, struct arena *arena,
                                struct error *err)
{
    static const char *const specific[] = { "onnx", "xgboost", "lightgbm" };
    bool *const has[] = { &model->has_onnx, &model->has_xgboost, &model->has_lightgbm };
    const struct yaml_node *pyfunc = yaml_get(flavors, "python_function"), *sklearn = yaml_get(flavors, "sklearn");
    model->has_pyfunc = pyfunc != NULL;
    model->has_sklearn = sklearn != NULL;
    model->flavor = STR("python_function");
    TRY(take_text(pyfunc, "loader_module", arena, &model->pyfunc_loader, err));
    TRY(take_path(pyfunc, yaml_get(pyfunc, "data") != NULL ? "data" : "model_path", arena, &model->pyfunc_data, err));
    TRY(take_path(pyfunc, "code", arena, &model->pyfunc_code, err));
    for (size_t i = flavors->count; i-- > 0;)
        if (!str_equal(flavors->members[i].key, STR("python_function")))
            model->flavor = arena_copy(arena, flavors->members[i].key);
    if (sklearn != NULL) {
        model->flavor = STR("sklearn");
        TRY(take_path(sklearn, "pickled_model", arena, &model->pickle_path, err));
        TRY(take_text(sklearn, "serialization_format", arena, &model->pickle_format, err));
        TRY(take_text(sklearn, "model_class", arena, &model->model_class, err));
    }
    for (size_t i = COUNT(specific); i-- > 0;) { /* the first one has the last word */
        const struct yaml_node *flavor = yaml_get(flavors, specific[i]);
        *has[i] = flavor != NULL;
        if (flavor == NULL)
            continue;
        model->flavor = str_of(specific[i]);
        TRY(take_data(model, flavor, pyfunc, arena, err));
        TRY(take_text(flavor, "model_class", arena, &model->model_class, err));
        TRY(take_text(flavor, "serialization_format", arena, &model->pickle_format, err));
    }
    return read_onnx_options(yaml_get(flavors, "onnx"), arena, &model->onnx, err);
}

/* What a model gives is only told, never checked: outputs of types that we have no name for count as unknown. */
static void read_outputs(struct mlmodel *model, str json, struct arena *arena)
{
    if (mlmodel_read_signature(json, arena, &model->outputs, &model->output_count, NULL) != OK)
        model->output_count = 0;
}

static enum status read_signature(struct mlmodel *model, const struct yaml_node *node, struct arena *arena,
                                  struct error *err)
{
    str inputs = { 0 }, outputs = { 0 };
    TRY(take_text(node, "inputs", arena, &inputs, err));
    TRY(take_text(node, "outputs", arena, &outputs, err));
    if (!str_is_empty(outputs))
        read_outputs(model, outputs, arena);
    if (str_is_empty(inputs))
        return OK;
    if (mlmodel_read_signature(inputs, arena, &model->inputs, &model->input_count, err) != OK ||
        signature_tensors(inputs, arena, &model->input_tensors, &model->input_tensor_count, err) != OK)
        return error_while(err, "signature.inputs of %s/MLmodel", model->folder.data);
    return OK;
}

static enum status read_document(struct mlmodel *model, const struct yaml_node *root, struct arena *arena,
                                 struct error *err)
{
    const struct yaml_node *flavors;
    model->has_file = true;
    TRY(yaml_expect(root, YAML_MAP, err));
    TRY(yaml_require(root, "flavors", &flavors, err));
    TRY(yaml_expect(flavors, YAML_MAP, err));
    TRY(read_flavors(model, flavors, arena, err));
    TRY(take_text(root, "model_id", arena, &model->model_id, err));
    TRY(take_text(root, "run_id", arena, &model->run_id, err));
    TRY(take_text(root, "utc_time_created", arena, &model->utc_time_created, err));
    TRY(take_text(root, "mlflow_version", arena, &model->mlflow_version, err));
    TRY(read_signature(model, yaml_get(root, "signature"), arena, err));
    const struct yaml_node *example = yaml_get(root, "saved_input_example_info");
    TRY(take_path(example, "artifact_path", arena, &model->input_example_path, err));
    return take_path(example, "serving_input_path", arena, &model->serving_input_path, err);
}

static enum status read_mlmodel(struct mlmodel *model, const char *path, struct arena *arena, struct error *err)
{
    CLEANUP(buf_done) struct buf content;
    buf_init(&content, YAML_BYTES_MAX);
    TRY(file_read(path, &content, err));
    struct yaml_node *root;
    TRY(yaml_load(buf_str(&content), path, arena, &root, err));
    return read_document(model, root, arena, err);
}

/* "models/wine.onnx": its folder, and the name in it. */
static enum status read_single_file(struct mlmodel *model, str path, struct arena *arena, struct error *err)
{
    size_t name_at = path.size;
    while (name_at > 0 && path.data[name_at - 1] != '/')
        name_at--;
    model->folder = name_at == 0 ? STR(".") : arena_copy(arena, str_slice(path, 0, name_at));
    return mlmodel_from_file(model, str_slice(path, name_at, path.size), arena, err);
}

enum status mlmodel_read(const char *folder, struct arena *arena, struct mlmodel *ret_model, struct error *err)
{
    struct mlmodel model = {
        .folder = arena_copy(arena, str_of(folder)),
        .onnx = { .intra_op_threads = -1, .inter_op_threads = -1, .graph_optimization_level = -1 },
    };
    struct stat info;
    if (stat(folder, &info) != 0)
        return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_UNAVAILABLE, "open %s: %s", folder,
                         strerror(errno));
    str path = arena_printf(arena, "%s/MLmodel", folder);
    if (S_ISREG(info.st_mode))
        TRY(read_single_file(&model, str_of(folder), arena, err));
    else if (file_exists(path.data))
        TRY(read_mlmodel(&model, path.data, arena, err));
    else
        TRY(mlmodel_from_files(&model, arena, err));
    *ret_model = model;
    return OK;
}
