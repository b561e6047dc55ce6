#include "serve/onnx/onnx_runtime.h"

#include <math.h>

#include "base/log.h"
#include "base/mem.h"
#include "serve/onnx/onnx_classes.h"
#include "serve/onnx/onnx_model.h"

/* How far the shares of a softmax may add up to something else than 1. */
#define SHARES_SUM_TOLERANCE 1e-4

static void model_free(struct runtime *runtime)
{
    struct onnx_model *model = (struct onnx_model *)runtime;
    if (model->session != NULL)
        model->library->api->release_session(model->session);
    arena_done(&model->arena);
    mem_free(model);
}

static const struct runtime_methods methods = { .predict = onnx_predict, .free = model_free };

/* ---- the session ---- */

/* One thread a call: requests already run side by side, and a pool's threads would spin between them. */
static enum status set_options(const struct ort_library *library, const struct mlmodel_onnx *said,
                               struct ort_session_options *options, struct error *err)
{
    const struct ort_api *api = library->api;
    int intra = said->intra_op_threads > 0 ? (int)MIN_OF(said->intra_op_threads, 1024) : 1;
    int inter = said->inter_op_threads > 0 ? (int)MIN_OF(said->inter_op_threads, 1024) : 1;
    TRY(ort_check(library, api->set_intra_op_threads(options, intra), ERR_INVALID, err));
    TRY(ort_check(library, api->set_inter_op_threads(options, inter), ERR_INVALID, err));
    TRY(ort_check(library, api->set_execution_mode(options, said->is_parallel ? ORT_PARALLEL : ORT_SEQUENTIAL),
                  ERR_INVALID, err));
    if (said->graph_optimization_level >= 0)
        TRY(ort_check(library, api->set_graph_optimization_level(options, (int)MIN_OF(said->graph_optimization_level,
                                                                                      99)),
                      ERR_INVALID, err));
    TRY(ort_check(library, api->add_session_config(options, "session.intra_op.allow_spinning", "0"), ERR_INVALID, err));
    return ort_check(library, api->add_session_config(options, "session.inter_op.allow_spinning", "0"), ERR_INVALID,
                     err);
}

/* By path, not from memory: tensors may lie in a file beside the model. */
static enum status open_session(struct onnx_model *model, const struct mlmodel_onnx *said, const char *path,
                                struct error *err)
{
    const struct ort_library *library = model->library;
    struct ort_session_options *options;
    TRY(ort_check(library, library->api->create_session_options(&options), ERR_UNAVAILABLE, err));
    enum status status = set_options(library, said, options, err);
    if (status == OK)
        status = ort_check(library, library->api->create_session(library->env, path, options, &model->session),
                           ERR_INVALID,
                           err);
    library->api->release_session_options(options);
    return status;
}

/* ---- columns ---- */

static enum field_type field_of_element(enum ort_element element)
{
    switch (element) {
    case ORT_FLOAT:
        return FIELD_FLOAT;
    case ORT_INT64:
    case ORT_UINT64:
    case ORT_UINT32:
        return FIELD_LONG;
    case ORT_INT32:
    case ORT_INT16:
    case ORT_INT8:
    case ORT_UINT16:
    case ORT_UINT8:
        return FIELD_INTEGER;
    case ORT_BOOL:
        return FIELD_BOOLEAN;
    case ORT_STRING:
        return FIELD_STRING;
    case ORT_DOUBLE:
    case ORT_UNDEFINED:
    case ORT_FLOAT16:
        break;
    }
    return FIELD_DOUBLE;
}

/* An input without a width takes what the signature has beyond the others. */
static enum status settle_widths(struct onnx_model *model, const struct mlmodel *description, size_t *ret_columns,
                                 struct error *err)
{
    size_t columns = 0, open = ONNX_NONE;
    for (size_t i = 0; i < model->input_count; i++) {
        if (model->inputs[i].width == 0 && open != ONNX_NONE)
            return error_set(err, ERR_INVALID, "the graph leaves the width of both \"%s\" and \"%s\" open",
                             model->inputs[open].name, model->inputs[i].name);
        if (model->inputs[i].width == 0)
            open = i;
        columns += model->inputs[i].width;
    }
    if (open != ONNX_NONE) {
        if (description->input_count <= columns)
            return error_set(err, ERR_INVALID,
                             "the graph leaves the width of \"%s\" open, and there is no signature that tells it",
                             model->inputs[open].name);
        model->inputs[open].width = description->input_count - columns;
        model->inputs[open].shape[1] = (int64_t)model->inputs[open].width;
        columns = description->input_count;
    }
    if (description->input_count != 0 && description->input_count != columns)
        return error_set(err, ERR_INVALID, "the signature has %zu columns and the graph takes %zu",
                         description->input_count,
                         columns);
    if (columns > ONNX_COLUMNS_MAX)
        return error_set(err, ERR_LIMIT, "the graph takes %zu columns; at most %zu are served", columns,
                         ONNX_COLUMNS_MAX);
    *ret_columns = columns;
    return OK;
}

/* The graph's own columns: an input's name, or name_0, name_1, ... of a wide one beside others; "f0" of a lone one. */
static void name_columns(struct onnx_model *model, struct field *fields)
{
    struct runtime_info *info = &model->runtime.info;
    size_t at = 0;
    info->has_names = model->input_count > 1 || model->inputs[0].dimensions == 1;
    for (size_t i = 0; i < model->input_count; i++) {
        const struct onnx_input *input = &model->inputs[i];
        for (size_t column = 0; column < input->width; column++, at++) {
            str name = arena_copy(&model->arena, str_of(input->name));
            if (!info->has_names)
                name = arena_printf(&model->arena, "f%zu", column);
            else if (input->width > 1)
                name = arena_printf(&model->arena, "%s_%zu", input->name, column);
            fields[at] = (struct field){ name, field_of_element(input->element), true };
        }
    }
}

static bool take_signature(struct onnx_model *model, const struct mlmodel *description, struct field *fields)
{
    bool has_names = true;
    for (size_t i = 0; i < description->input_count; i++) {
        fields[i] = description->inputs[i];
        fields[i].name = arena_copy(&model->arena, fields[i].name);
        if (str_is_empty(fields[i].name)) {
            has_names = false;
            fields[i].name = arena_printf(&model->arena, "f%zu", i);
        }
    }
    return has_names;
}

static size_t find_field(const struct runtime_info *info, const char *name)
{
    size_t i = 0;
    while (i < info->input_count && !str_equal(info->inputs[i].name, str_of(name)))
        i++;
    return i;
}

/* Which column goes where: by name where the graph has an input a column and the signature knows them all by name,
 * else in order. */
static void place_columns(struct onnx_model *model)
{
    const struct runtime_info *info = &model->runtime.info;
    bool by_name = model->input_count == info->input_count;
    for (size_t i = 0; by_name && i < model->input_count; i++)
        by_name = find_field(info, model->inputs[i].name) < info->input_count;
    size_t at = 0;
    for (size_t i = 0; i < model->input_count && model->input_count > 1; i++) {
        struct onnx_input *input = &model->inputs[i];
        size_t *columns = arena_alloc(&model->arena, input->width * sizeof *columns);
        for (size_t column = 0; column < input->width; column++, at++)
            columns[column] = by_name ? find_field(info, input->name) : at;
        input->columns = columns;
    }
}

static enum status check_types(const struct onnx_model *model, struct error *err)
{
    for (size_t i = 0; i < model->input_count; i++) {
        const struct onnx_input *input = &model->inputs[i];
        for (size_t column = 0; column < input->width; column++) {
            size_t at = input->columns != NULL ? input->columns[column] : column;
            const struct field *field = &model->runtime.info.inputs[at];
            if ((field->type == FIELD_STRING) != (input->element == ORT_STRING))
                return error_set(err, ERR_INVALID,
                                 "column \"%.*s\" of the signature is %s, and input \"%s\" of the graph is not",
                                 STR_ARG(field->name), field->type == FIELD_STRING ? "text" : "a number", input->name);
        }
    }
    return OK;
}

static enum status settle_columns(struct onnx_model *model, const struct mlmodel *description, struct error *err)
{
    size_t columns = 0;
    TRY(settle_widths(model, description, &columns, err));
    struct field *fields = arena_array(&model->arena, struct field, columns);
    if (fields == NULL)
        return error_set(err, ERR_LIMIT, "%zu columns do not fit in memory", columns);
    name_columns(model, fields);
    if (description->input_count > 0)
        model->runtime.info.has_names = take_signature(model, description, fields);
    model->runtime.info.inputs = fields;
    model->runtime.info.input_count = columns;
    place_columns(model);
    return check_types(model, err);
}

/* ---- outputs ---- */

static bool is_label_type(const struct onnx_output *output)
{
    return !output->is_maps && (output->element == ORT_INT64 || output->element == ORT_INT32 ||
                                output->element == ORT_STRING || output->element == ORT_BOOL);
}

static bool is_float_type(const struct onnx_output *output)
{
    return output->is_maps || output->element == ORT_FLOAT || output->element == ORT_DOUBLE;
}

static bool adds_up_to_one(const struct onnx_block *block)
{
    double sum = 0;
    for (size_t i = 0; i < block->columns; i++) {
        if (!(block->numbers[i] >= 0 && block->numbers[i] <= 1))
            return false;
        sum += block->numbers[i];
    }
    return fabs(sum - 1) < SHARES_SUM_TOLERANCE;
}

/* A classifier gives a label and a float a class; a network often only the floats, which add up to one. All others
 * give a value: the first output of one number a row, else the first number of the first output. */
static enum status choose_outputs(struct onnx_model *model, const struct onnx_block *blocks, struct error *err)
{
    model->label = model->probabilities = model->value = ONNX_NONE;
    size_t wide = ONNX_NONE;
    for (size_t i = model->output_count; i-- > 0;) { /* backwards: the first one has the last word */
        const struct onnx_output *output = &model->outputs[i];
        if (blocks[i].columns == 1 && is_label_type(output))
            model->label = i;
        if (blocks[i].columns > 1 && is_float_type(output))
            model->probabilities = i;
        if (blocks[i].columns == 1 && blocks[i].numbers != NULL)
            model->value = i;
        if (blocks[i].columns > 1 && blocks[i].numbers != NULL)
            wide = i;
    }
    bool is_share = model->probabilities != ONNX_NONE && adds_up_to_one(&blocks[model->probabilities]);
    if (model->label != ONNX_NONE && model->probabilities != ONNX_NONE) {
        model->value = ONNX_NONE;
    } else if (is_share && model->value == ONNX_NONE) {
        model->runtime.info.gives_scores = true;
    } else {
        model->probabilities = ONNX_NONE;
        if (model->value == ONNX_NONE && model->label == ONNX_NONE)
            model->value = wide;
        if (model->value != ONNX_NONE)
            model->label = ONNX_NONE; /* a lone number is a number, whatever its type */
    }
    if (model->value == ONNX_NONE && model->label == ONNX_NONE && model->probabilities == ONNX_NONE)
        return error_set(err, ERR_INVALID, "none of the graph's outputs is a number or a label for each row");
    return OK;
}

/* The classes' names: a ZipMap's keys, else what the file says, else for whole-number labels and for mere shares
 * 0, 1, 2, ... Without names, text labels speak for themselves and the shares are left out. */
static enum status name_classes(struct onnx_model *model, const struct runtime_rows *row,
                                const struct onnx_block *blocks,
                                const char *path, struct error *err)
{
    struct runtime_info *info = &model->runtime.info;
    size_t shares = model->probabilities, count = blocks[shares].columns;
    const str *names = NULL;
    if (model->outputs[shares].is_maps)
        TRY(onnx_map_keys(model, row, shares, &model->arena, &names, &count, err));
    else
        TRY(onnx_classes_find_in_file(path, count, &model->arena, &names, err));
    bool has_text_labels = model->label != ONNX_NONE && model->outputs[model->label].element == ORT_STRING;
    if (names == NULL && has_text_labels) {
        model->probabilities = ONNX_NONE;
        return OK;
    }
    str *made = arena_alloc(&model->arena, (count + 1) * sizeof *made);
    for (size_t i = 0; names == NULL && i < count; i++)
        made[i] = arena_printf(&model->arena, "%zu", i);
    info->class_names = names != NULL ? names : made;
    info->class_count = count;
    info->task = count == 2 ? MODEL_BINARY : MODEL_MULTICLASS;
    class_index_init(&model->classes, info->class_names, count, &model->arena);
    return OK;
}

/* A row of zeros and empty texts goes through the graph once: what comes out tells more than its declared shapes. */
static enum status try_once(struct onnx_model *model, const char *path, struct error *err)
{
    struct runtime_info *info = &model->runtime.info;
    struct arena arena;
    arena_init(&arena, 0);
    size_t rows = MAX_OF(model->batch_rows, 1);
    struct runtime_rows zeros = { .rows = rows, .numbers = arena_array(&arena, double, rows * info->input_count) };
    struct onnx_block *blocks = arena_alloc(&arena, model->output_count * sizeof *blocks);
    enum status status = zeros.numbers == NULL
                             ? error_set(err, ERR_LIMIT, "%zu rows do not fit in memory", rows)
                             : onnx_run(model, &zeros, &arena, blocks, err);
    if (status == OK)
        status = choose_outputs(model, blocks, err);
    if (status == OK && model->probabilities != ONNX_NONE)
        status = name_classes(model, &zeros, blocks, path, err);
    else if (status == OK && model->value != ONNX_NONE && is_float_type(&model->outputs[model->value]))
        info->task = MODEL_REGRESSION;
    arena_done(&arena);
    return status;
}

static enum status load(struct onnx_model *model, const struct mlmodel *description, struct error *err)
{
    TRY(ort_library_get(&model->library, err));
    if (str_is_empty(description->data_path))
        return error_set(err, ERR_INVALID, "%s names no model file for onnx", description->folder.data);
    str path = arena_printf(&model->arena, "%s/%.*s", description->folder.data, STR_ARG(description->data_path));
    TRY(open_session(model, &description->onnx, path.data, err));
    TRY(onnx_graph_read(model, err));
    TRY(settle_columns(model, description, err));
    TRY(try_once(model, path.data, err));
    LOG_DEBUG("ONNX model loaded", log_str("file", path), log_text("onnxruntime", model->library->version),
              log_u64("inputs", model->runtime.info.input_count), log_u64("classes", model->runtime.info.class_count));
    return OK;
}

enum status runtime_onnx_load(const struct mlmodel *description, struct runtime **ret_runtime, struct error *err)
{
    struct onnx_model *model = mem_must(sizeof *model);
    model->runtime.methods = &methods;
    model->runtime.info = (struct runtime_info){ .runtime = "onnx", .flavor = STR("onnx") };
    arena_init(&model->arena, 0);
    enum status status = load(model, description, err);
    if (status != OK) {
        model_free(&model->runtime);
        return error_while(err, "load ONNX model %s", description->folder.data);
    }
    *ret_runtime = &model->runtime;
    return OK;
}
