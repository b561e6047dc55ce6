#include "serve/mlmodel.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/test.h"

/* Writes `text` as FOLDER/name in the test's folder. */
static void put(const char *name, str text)
{
    char path[512];
    struct error err = { 0 };
    (void)snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    CHECK_OK(name, file_write(path, text, &err), &err);
}

static enum status read_text(const char *text, struct arena *arena, struct mlmodel *model, struct error *err)
{
    put("MLmodel", str_of(text));
    return mlmodel_read(test_folder(), arena, model, err);
}

/* As 3.17.2 wrote it: folded lines inside a quoted text, nulls, keys that older versions have not. */
static const char xgboost_3[] =
    "flavors:\n"
    "  python_function:\n"
    "    data: model.ubj\n"
    "    env:\n"
    "      conda: conda.yaml\n"
    "      virtualenv: python_env.yaml\n"
    "    loader_module: mlflow.xgboost\n"
    "    python_version: 3.11.7\n"
    "  xgboost:\n"
    "    code: null\n"
    "    data: model.ubj\n"
    "    model_class: xgboost.sklearn.XGBClassifier\n"
    "    model_format: ubj\n"
    "    xgb_version: 3.2.0\n"
    "mlflow_version: 3.17.2\n"
    "model_id: m-53fa17611ae644229fa88af6095edd47\n"
    "model_size_bytes: 5938\n"
    "saved_input_example_info:\n"
    "  artifact_path: input_example.json\n"
    "  pandas_orient: split\n"
    "  serving_input_path: serving_input_example.json\n"
    "  type: dataframe\n"
    "signature:\n"
    "  inputs: '[{\"type\": \"double\", \"name\": \"sepal length (cm)\", \"required\": true}, {\"type\":\n"
    "    \"long\", \"name\": \"it''s wide\", \"required\": false}]'\n"
    "  outputs: '[{\"type\": \"tensor\", \"tensor-spec\": {\"dtype\": \"int64\", \"shape\": [-1]}}]'\n"
    "  params: null\n"
    "utc_time_created: '2026-11-21 14:33:04.984320'\n";

TEST(mlmodel_reads_what_a_3x_client_writes)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct mlmodel model = { 0 };
    struct error err = { 0 };
    CHECK_OK("read", read_text(xgboost_3, &arena, &model, &err), &err);
    CHECK("flavors", model.has_xgboost && model.has_pyfunc && !model.has_onnx && !model.has_lightgbm &&
          !model.has_sklearn);
    CHECK_STR("the specific flavor", model.flavor, STR("xgboost"));
    CHECK_STR("its file", model.data_path, STR("model.ubj"));
    CHECK_STR("its class", model.model_class, STR("xgboost.sklearn.XGBClassifier"));
    CHECK_STR("id", model.model_id, STR("m-53fa17611ae644229fa88af6095edd47"));
    CHECK_STR("no run", model.run_id, STR(""));
    CHECK_STR("version", model.mlflow_version, STR("3.17.2"));
    CHECK_STR("time", model.utc_time_created, STR("2026-11-21 14:33:04.984320"));
    CHECK_STR("example", model.input_example_path, STR("input_example.json"));
    CHECK_STR("serving example", model.serving_input_path, STR("serving_input_example.json"));
    CHECK_INT("columns", model.input_count, 2);
    CHECK_STR("a name in quotes", model.inputs[1].name, STR("it's wide"));
    CHECK_INT("long", model.inputs[1].type, FIELD_LONG);
    CHECK("optional", model.inputs[0].is_required && !model.inputs[1].is_required);
    CHECK_INT("outputs are tensors", model.output_count, 0);
    CHECK("there is a file", model.has_file);
    arena_done(&arena);
}

TEST(mlmodel_chooses_the_flavor_that_can_be_served_best)
{
    static const struct { const char *why, *text, *flavor, *data, *pickle; } cases[] = {
        { "1.x: the file stands in python_function only",
          "flavors:\n  xgboost: {xgb_version: 1.4.2}\n"
          "  python_function: {data: model.xgb, loader_module: mlflow.xgboost}\n",
          "xgboost", "model.xgb", "" },
        { "onnx before all others",
          "flavors:\n  xgboost: {data: a.ubj}\n  onnx: {data: model.onnx}\n  sklearn: {pickled_model: m.pkl}\n",
          "onnx", "model.onnx", "m.pkl" },
        { "2.x: scikit-learn", 
          "flavors:\n  python_function: {model_path: model.pkl}\n"
          "  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}\n",
          "sklearn", "", "model.pkl" },
        { "LightGBM's scikit-learn class is a pickle",
          "flavors:\n  lightgbm: {data: model.skops, model_class: lightgbm.sklearn.LGBMClassifier}\n",
          "lightgbm", "", "model.skops" },
        { "a flavor that only Python knows",
          "flavors:\n  prophet: {pr_version: 1.1}\n  python_function: {data: model.pr}\n", "prophet", "", "" },
        { "nothing but python_function", "flavors:\n  python_function: {loader_module: my.own}\n", "python_function",
          "", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct mlmodel model = { 0 };
        struct error err = { 0 };
        CHECK_OK(cases[i].why, read_text(cases[i].text, &arena, &model, &err), &err);
        CHECK_STR(cases[i].why, model.flavor, str_of(cases[i].flavor));
        CHECK_STR(cases[i].why, model.data_path, str_of(cases[i].data));
        CHECK_STR(cases[i].why, model.pickle_path, str_of(cases[i].pickle));
        arena_done(&arena);
    }
}

TEST(mlmodel_reads_tensors_and_session_options)
{
    static const char text[] =
        "flavors:\n"
        "  onnx:\n"
        "    data: model.onnx\n"
        "    onnx_session_options: {intra_op_num_threads: 4, graph_optimization_level: 99, execution_mode: parallel}\n"
        "signature:\n"
        "  inputs: '[{\"type\": \"tensor\", \"name\": \"x\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 2, 3]}}]'\n";
    struct arena arena;
    arena_init(&arena, 0);
    struct mlmodel model = { 0 };
    struct error err = { 0 };
    CHECK_OK("read", read_text(text, &arena, &model, &err), &err);
    CHECK_INT("no columns", model.input_count, 0);
    CHECK_INT("a tensor", model.input_tensor_count, 1);
    CHECK_STR("name", model.input_tensors[0].name, STR("x"));
    CHECK_STR("type", model.input_tensors[0].dtype, STR("float32"));
    CHECK_INT("dimensions", model.input_tensors[0].dimensions, 3);
    CHECK_INT("any rows", model.input_tensors[0].shape[0], -1);
    CHECK_INT("last", model.input_tensors[0].shape[2], 3);
    CHECK_INT("threads", model.onnx.intra_op_threads, 4);
    CHECK_INT("not said", model.onnx.inter_op_threads, -1);
    CHECK_INT("level", model.onnx.graph_optimization_level, 99);
    CHECK("mode", model.onnx.is_parallel);
    arena_done(&arena);
}

TEST(mlmodel_knows_both_ways_to_say_optional)
{
    static const struct { const char *why, *json; bool is_required; } cases[] = {
        { "1.x said nothing", "[{\"type\": \"double\", \"name\": \"a\"}]", true },
        { "2.5 and 2.6", "[{\"type\": \"double\", \"name\": \"a\", \"optional\": true}]", false },
        { "since then", "[{\"type\": \"double\", \"name\": \"a\", \"required\": false}]", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct error err = { 0 };
        const struct field *fields;
        size_t count = 0;
        CHECK_OK(cases[i].why, mlmodel_read_signature(str_of(cases[i].json), &arena, &fields, &count, &err), &err);
        CHECK(cases[i].why, count == 1 && fields[0].is_required == cases[i].is_required);
        arena_done(&arena);
    }
}

TEST(mlmodel_refusals_name_the_place)
{
    static const struct { const char *why, *text, *words; } cases[] = {
        { "no flavors", "run_id: a\n", "flavors" },
        { "flavors are no map", "flavors: [onnx]\n", "flavors" },
        { "a path out of the folder", "flavors:\n  onnx: {data: ../../etc/passwd}\n",
          "MLmodel:2:16: flavors.onnx.data" },
        { "an absolute path", "flavors:\n  onnx: {data: /etc/passwd}\n", "MLmodel:2:16" },
        { "no YAML", "flavors: {\n", "MLmodel:" },
        { "the signature is no JSON", "flavors: {onnx: {data: a.onnx}}\nsignature: {inputs: '[{'}\n", "" },
        { "a column of no cell's type",
          "flavors: {onnx: {data: a.onnx}}\nsignature: {inputs: '[{\"type\": \"array\", \"name\": \"a\"}]'}\n",
          "column 0 \"a\" is of type \"array\"" },
        { "columns beside tensors",
          "flavors: {onnx: {data: a.onnx}}\nsignature: {inputs: '[{\"type\": \"long\"}, {\"type\": \"tensor\"}]'}\n",
          "columns or tensors" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct mlmodel model;
        struct error err = { 0 };
        CHECK_FAILS(cases[i].why, read_text(cases[i].text, &arena, &model, &err), ERR_INVALID, &err);
        CHECK(cases[i].why, strstr(err.cause, cases[i].words) != NULL);
        arena_done(&arena);
    }
}

/* Reads a folder that holds just these files; `names` ends with NULL. */
static enum status read_files(const char *const *names, struct arena *arena, struct mlmodel *model, struct error *err)
{
    char folder[512];
    static int count;
    (void)snprintf(folder, sizeof folder, "%s/%d", test_folder(), count++);
    (void)mkdir(folder, 0700); /* the writes below would say so */
    for (; *names != NULL; names += 2) {
        char name[600];
        (void)snprintf(name, sizeof name, "%s/%s", folder + strlen(test_folder()), names[0]);
        put(name + 1, str_of(names[1]));
    }
    return mlmodel_read(folder, arena, model, err);
}

TEST(mlmodel_takes_a_folder_for_its_model_file)
{
    static const struct { const char *why; const char *files[7]; enum status status; const char *flavor,
                          *path; } cases[] = {
        { "an ONNX file", { "model.onnx", "" }, OK, "onnx", "model.onnx" },
        { "JSON of XGBoost beside other JSON", { "input_example.json", "{\"data\": []}", "m.json",
                                                 "{\"learner\": {}}" }, OK, "xgboost", "m.json" },
        { "LightGBM's text beside requirements", { "requirements.txt", "mlflow", "model.txt", "tree\nversion=v4\n" },
          OK, "lightgbm", "model.txt" },
        { "a pickle", { "model.joblib", "" }, OK, "sklearn", "model.joblib" },
        { "ONNX before a pickle", { "model.pkl", "", "model.onnx", "" }, OK, "onnx", "model.onnx" },
        { "two of a kind", { "a.ubj", "", "b.xgb", "" }, ERR_INVALID, "", "" },
        { "none", { "README.md", "" }, ERR_NOT_FOUND, "", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct mlmodel model = { 0 };
        struct error err = { 0 };
        enum status status = read_files(cases[i].files, &arena, &model, &err);
        CHECK_INT(cases[i].why, status, cases[i].status);
        CHECK("a refusal has a reason", (status == OK) == (err.cause[0] == '\0'));
        CHECK_STR(cases[i].why, model.flavor, str_of(cases[i].flavor));
        CHECK_STR(cases[i].why, str_is_empty(model.data_path) ? model.pickle_path : model.data_path,
                  str_of(cases[i].path));
        CHECK(cases[i].why, !model.has_file);
        arena_done(&arena);
    }
}

TEST(mlmodel_takes_a_file_for_a_model)
{
    struct arena arena;
    arena_init(&arena, 0);
    char path[512];
    struct mlmodel model = { 0 };
    struct error err = { 0 };
    put("wine.onnx", STR(""));
    put("notes.md", STR(""));
    (void)snprintf(path, sizeof path, "%s/wine.onnx", test_folder());
    CHECK_OK("a file", mlmodel_read(path, &arena, &model, &err), &err);
    CHECK_STR("its name", model.data_path, STR("wine.onnx"));
    CHECK("its folder", str_has_prefix(model.folder, str_of(test_folder())));
    (void)snprintf(path, sizeof path, "%s/notes.md", test_folder());
    CHECK_FAILS("no model", mlmodel_read(path, &arena, &model, &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_FAILS("nothing there", mlmodel_read("/no/such/folder", &arena, &model, &err), ERR_NOT_FOUND, &err);
    arena_done(&arena);
}
