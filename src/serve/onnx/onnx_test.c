#include <pthread.h>

#include "base/file.h"
#include "base/test.h"
#include "serve/golden_models.h"
#include "serve/onnx/onnx_classes.h"
#include "serve/onnx/onnx_runtime.h"
#include "serve/onnx/ort_library.h"

/* skl2onnx computes in float32, scikit-learn in float64: that is all the difference there may be. */
#define FLOAT32_TOLERANCE 2e-6

/* A model folder of tests/models in memory. */
struct loaded {
    struct arena arena;
    struct mlmodel description;
    struct runtime *runtime;
};

static void loaded_done(struct loaded *loaded)
{
    if (loaded->runtime != NULL)
        loaded->runtime->methods->free(loaded->runtime);
    arena_done(&loaded->arena);
}

static enum status load(const char *name, struct loaded *loaded, struct error *err)
{
    *loaded = (struct loaded){ 0 };
    arena_init(&loaded->arena, 0);
    str folder = arena_printf(&loaded->arena, "%s/%s", TEST_MODELS, name);
    TRY(mlmodel_read(folder.data, &loaded->arena, &loaded->description, err));
    return runtime_onnx_load(&loaded->description, &loaded->runtime, err);
}

/* Without the library there is nothing to test. */
static bool is_library_missing(void)
{
    const struct ort_library *library;
    struct error err = { 0 };
    if (ort_library_get(&library, &err) == OK)
        return false;
    static char why[600];
    (void)snprintf(why, sizeof why, "%s", err.cause);
    test_skip(why);
    return true;
}

static struct runtime_rows rows_of(const struct golden_model *golden, struct arena *arena)
{
    struct runtime_rows rows = { .rows = golden->rows, .numbers = golden->numbers };
    if (golden->texts == NULL)
        return rows;
    str *texts = arena_array(arena, str, golden->rows * golden->columns);
    for (size_t i = 0; i < golden->rows * golden->columns; i++)
        texts[i] = str_of(golden->texts[i]);
    rows.texts = texts;
    return rows;
}

static str label_of(const struct runtime *runtime, const struct runtime_answer *answer, size_t row)
{
    if (answer->labels != NULL)
        return answer->labels[row];
    return runtime->info.class_names[(size_t)answer->values[row]];
}

static void check_answer(const struct golden_model *golden, const struct runtime *runtime,
                         const struct runtime_answer *answer)
{
    const char *why = golden->why;
    CHECK_INT(why, answer->rows, golden->rows);
    CHECK_INT(why, answer->class_count, golden->classes);
    for (size_t row = 0; row < golden->rows; row++) {
        if (golden->values != NULL)
            CHECK_NEAR(why, answer->values[row], golden->values[row], FLOAT32_TOLERANCE);
        if (golden->labels != NULL)
            CHECK_STR(why, label_of(runtime, answer, row), str_of(golden->labels[row]));
    }
    for (size_t i = 0; i < golden->rows * golden->classes; i++)
        CHECK_NEAR(why, answer->probabilities[i] + 1, golden->probabilities[i] + 1, FLOAT32_TOLERANCE);
}

static void check_golden(const struct golden_model *golden)
{
    CLEANUP(loaded_done) struct loaded loaded;
    struct error err = { 0 };
    CHECK_OK(golden->name, load(golden->name, &loaded, &err), &err);
    if (loaded.runtime == NULL)
        return;
    const struct runtime_info *info = &loaded.runtime->info;
    CHECK_INT(golden->why, info->input_count, golden->columns);
    CHECK_INT(golden->why, info->class_count, golden->classes);
    for (size_t i = 0; i < info->class_count; i++)
        CHECK_STR(golden->why, info->class_names[i], str_of(golden->class_names[i]));
    struct runtime_rows rows = rows_of(golden, &loaded.arena);
    struct runtime_answer answer;
    CHECK_OK(golden->why, loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err), &err);
    if (err.status == OK)
        check_answer(golden, loaded.runtime, &answer);
}

TEST(onnx_models_answer_as_the_libraries_that_made_them)
{
    if (is_library_missing())
        return;
    for (size_t i = 0; i < COUNT(golden_models); i++)
        if (strncmp(golden_models[i].name, "onnx_", 5) == 0)
            check_golden(&golden_models[i]);
}

TEST(onnx_info_tells_columns_and_task)
{
    if (is_library_missing())
        return;
    static const struct {
        const char *why, *model, *first, *last;
        enum field_type type;
        bool has_names;
        enum model_task task;
        bool gives_scores;
    } cases[] = {
        { "names and types of the signature", "onnx_logistic_zipmap", "sepal length", "petal width", FIELD_DOUBLE,
          true, MODEL_MULTICLASS, false },
        { "a lone matrix without a signature has no names", "onnx_logistic", "f0", "f3", FIELD_FLOAT, false,
          MODEL_MULTICLASS, false },
        { "an input a column: the graph's names", "onnx_text_columns", "contract", "charge", FIELD_STRING, true,
          MODEL_BINARY, false },
        { "a number a row", "onnx_linear", "f0", "f2", FIELD_FLOAT, false, MODEL_REGRESSION, false },
        { "shares without a label", "onnx_softmax", "f0", "f2", FIELD_DOUBLE, false, MODEL_BINARY, true },
        { "scalars", "onnx_one_row", "a", "b", FIELD_FLOAT, true, MODEL_REGRESSION, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(loaded_done) struct loaded loaded;
        struct error err = { 0 };
        CHECK_OK(cases[i].why, load(cases[i].model, &loaded, &err), &err);
        if (loaded.runtime == NULL)
            continue;
        const struct runtime_info *info = &loaded.runtime->info;
        CHECK_STR(cases[i].why, info->inputs[0].name, str_of(cases[i].first));
        CHECK_STR(cases[i].why, info->inputs[info->input_count - 1].name, str_of(cases[i].last));
        CHECK_INT(cases[i].why, info->inputs[0].type, cases[i].type);
        CHECK_INT(cases[i].why, info->has_names, cases[i].has_names);
        CHECK_INT(cases[i].why, info->task, cases[i].task);
        CHECK_INT(cases[i].why, info->gives_scores, cases[i].gives_scores);
        CHECK_STR(cases[i].why, str_of(info->runtime), STR("onnx"));
    }
}

TEST(onnx_keeps_every_output_by_name)
{
    if (is_library_missing())
        return;
    CLEANUP(loaded_done) struct loaded loaded;
    struct error err = { 0 };
    CHECK_OK("load", load("onnx_one_row", &loaded, &err), &err);
    if (loaded.runtime == NULL)
        return;
    struct runtime_rows rows = { 2, (const double[]){ 2, 3, 4, 5 }, NULL };
    struct runtime_answer answer = { 0 };
    CHECK_OK("predict", loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err), &err);
    CHECK_INT("outputs", answer.output_count, 2);
    CHECK_STR("first", answer.outputs[0].name, STR("product"));
    CHECK_STR("second", answer.outputs[1].name, STR("sum"));
    CHECK_NEAR("4 * 5", answer.outputs[0].numbers[1], 20, 0);
    CHECK_NEAR("4 + 5", answer.outputs[1].numbers[1], 9, 0);
}

TEST(onnx_refuses_cells_that_the_graph_cannot_hold)
{
    if (is_library_missing())
        return;
    static const struct { const char *why; double tenure; const char *words; } cases[] = {
        { "a missing whole number", NAN, "\"tenure\" is missing" },
        { "a fraction", 1.5, "\"tenure\" is 1.5" },
        { "beyond int64", 1e19, "\"tenure\" is 1e+19" },
        { "infinite", -INFINITY, "\"tenure\" is -inf" },
    };
    CLEANUP(loaded_done) struct loaded loaded;
    struct error err = { 0 };
    CHECK_OK("load", load("onnx_text_columns", &loaded, &err), &err);
    for (size_t i = 0; loaded.runtime != NULL && i < COUNT(cases); i++) {
        double numbers[6] = { 0, 1, 50, 0, cases[i].tenure, 50 };
        str texts[6] = { STR("month"), { 0 }, { 0 }, STR("month"), { 0 }, { 0 } };
        struct runtime_rows rows = { 2, numbers, texts };
        struct runtime_answer answer;
        error_clear(&err);
        CHECK_FAILS(cases[i].why, loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err),
                    ERR_INVALID, &err);
        CHECK(cases[i].why, strstr(err.cause, "row 1") != NULL && strstr(err.cause, cases[i].words) != NULL);
    }
}

TEST(onnx_load_says_what_is_wrong)
{
    if (is_library_missing())
        return;
    static const struct { const char *why, *signature; enum status status; const char *words; } cases[] = {
        { "too few columns", "[{\"type\": \"double\", \"name\": \"a\"}]", ERR_INVALID,
          "1 columns and the graph takes 3" },
        { "text for a number", "[{\"type\": \"string\", \"name\": \"a\"}, {\"type\": \"double\", \"name\": \"b\"}, "
          "{\"type\": \"double\", \"name\": \"c\"}]",
          ERR_INVALID, "\"a\" of the signature is text" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(loaded_done) struct loaded loaded;
        struct error err = { 0 };
        CHECK_OK("load", load("onnx_linear", &loaded, &err), &err);
        struct runtime *runtime;
        CHECK_OK(cases[i].why, mlmodel_read_signature(str_of(cases[i].signature), &loaded.arena,
                                                      &loaded.description.inputs,
                                                      &loaded.description.input_count, &err), &err);
        CHECK_FAILS(cases[i].why, runtime_onnx_load(&loaded.description, &runtime, &err), cases[i].status, &err);
        CHECK(cases[i].why, strstr(err.cause, cases[i].words) != NULL);
    }
    char path[256];
    (void)snprintf(path, sizeof path, "%s/broken.onnx", test_folder());
    struct error err = { 0 };
    struct mlmodel model = { .folder = str_of(test_folder()), .data_path = STR("broken.onnx"), .has_onnx = true };
    struct runtime *runtime;
    CHECK_FAILS("no file", runtime_onnx_load(&model, &runtime, &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_OK("write", file_write(path, STR("no protobuf at all"), &err), &err);
    CHECK_FAILS("no model", runtime_onnx_load(&model, &runtime, &err), ERR_INVALID, &err);
}

TEST(onnx_answers_no_rows_with_no_rows)
{
    if (is_library_missing())
        return;
    CLEANUP(loaded_done) struct loaded loaded;
    struct error err = { 0 };
    CHECK_OK("load", load("onnx_linear", &loaded, &err), &err);
    struct runtime_rows rows = { 0 };
    struct runtime_answer answer = { .rows = 7 };
    CHECK_OK("predict", loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err), &err);
    CHECK_INT("rows", answer.rows, 0);
}

#define THREADS 4
#define CALLS 200

static void *predict_often(void *argument)
{
    struct runtime *runtime = argument;
    const struct golden_model *golden = &golden_models[0];
    size_t wrong = 0;
    for (size_t i = 0; i < CALLS; i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct runtime_rows rows = rows_of(golden, &arena);
        struct runtime_answer answer;
        struct error err = { 0 };
        if (runtime->methods->predict(runtime, &rows, &arena, &answer, &err) != OK ||
            !str_equal(label_of(runtime, &answer, i % golden->rows), str_of(golden->labels[i % golden->rows])))
            wrong++;
        arena_done(&arena);
    }
    return (void *)(uintptr_t)wrong;
}

TEST(onnx_answers_many_threads_at_a_time)
{
    if (is_library_missing())
        return;
    CLEANUP(loaded_done) struct loaded loaded;
    struct error err = { 0 };
    CHECK_OK("load", load(golden_models[0].name, &loaded, &err), &err);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        CHECK_INT("start", pthread_create(&threads[i], NULL, predict_often, loaded.runtime), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        CHECK_INT("join", pthread_join(threads[i], &wrong), 0);
        CHECK_INT("wrong answers", (uintptr_t)wrong, 0);
    }
}

/* Bytes by hand, after onnx.proto: graph (7) { node (1) { attribute (5) { name (1), strings (9) or ints (8) } } }. */
TEST(onnx_classes_are_read_from_the_file)
{
    static const struct { const char *why; const char *bytes; size_t size, count; const char *second; } cases[] = {
        { "texts", "\x3a\x22\x0a\x20\x2a\x1e\x0a\x13" "classlabels_strings" "\x4a\x02no\x4a\x03yes", 36, 2, "yes" },
        { "one number a field", "\x3a\x1c\x0a\x1a\x2a\x18\x0a\x12" "classlabels_int64s" "\x40\x03\x40\x07", 30, 2,
          "7" },
        { "packed numbers", "\x3a\x1c\x0a\x1a\x2a\x18\x0a\x12" "classlabels_int64s" "\x42\x02\x03\x07", 30, 2, "7" },
        { "another count than asked for", "\x3a\x1c\x0a\x1a\x2a\x18\x0a\x12" "classlabels_int64s" "\x40\x03\x40\x07",
          30, 3, NULL },
        { "cut off", "\x3a\x1c\x0a\x1a\x2a\x18\x0a\x12" "classlabels", 19, 2, NULL },
        { "nothing", "", 0, 2, NULL },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        const str *names;
        onnx_classes_find((str){ cases[i].bytes, cases[i].size }, cases[i].count, &arena, &names);
        CHECK(cases[i].why, (names != NULL) == (cases[i].second != NULL));
        if (names != NULL && cases[i].second != NULL)
            CHECK_STR(cases[i].why, names[1], str_of(cases[i].second));
        arena_done(&arena);
    }
}
