#include "serve/encoding.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/test.h"

/* A model of three columns that answers a + 10 b + 100 c, a missing cell counting 7. */
static enum status weigh(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                         struct runtime_answer *ret_answer, struct error *err)
{
    (void)runtime, (void)err;
    double *values = arena_array(arena, double, rows->rows);
    for (size_t r = 0; r < rows->rows; r++)
        for (size_t c = 0, weight = 1; c < 3; c++, weight *= 10)
            values[r] += (isnan(rows->numbers[r * 3 + c]) ? 7 : rows->numbers[r * 3 + c]) * (double)weight;
    *ret_answer = (struct runtime_answer){ .rows = rows->rows, .values = values };
    return OK;
}

/* What each column weighs, and a bias of 1000. */
static enum status explain(struct runtime *runtime, const struct runtime_rows *rows, struct arena *arena,
                           struct runtime_explanation *ret_explanation, struct error *err)
{
    (void)runtime, (void)err;
    double *parts = arena_array(arena, double, rows->rows * 4);
    for (size_t r = 0; r < rows->rows; r++) {
        for (size_t c = 0, weight = 1; c < 3; c++, weight *= 10)
            parts[r * 4 + c] = rows->numbers[r * 3 + c] * (double)weight;
        parts[r * 4 + 3] = 1000;
    }
    *ret_explanation = (struct runtime_explanation){ .rows = rows->rows, .outputs = 1, .inputs = 3, .contributions = parts };
    return OK;
}

static void free_weigher(struct runtime *runtime)
{
    mem_free(runtime);
}

static const struct runtime_methods methods = { .predict = weigh, .explain = explain, .free = free_weigher };
static const str two_classes[] = { { "0", 1 }, { "1", 1 } };

static struct runtime *make_weigher(void)
{
    struct runtime *runtime = mem_must(sizeof *runtime);
    *runtime = (struct runtime){ .methods = &methods,
                                 .info = { .input_count = 3, .class_names = two_classes, .class_count = 2 } };
    return runtime;
}

static enum status wrap(const char *json, struct runtime **runtime, struct error *err)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/" ENCODING_FILE, test_folder());
    TRY(file_write(path, str_of(json), err));
    *runtime = make_weigher();
    enum status status = encoding_wrap(test_folder(), runtime, err);
    if (status != OK)
        (*runtime)->methods->free(*runtime);
    return status;
}

static double weight_of(struct runtime *runtime, const double *numbers, const str *texts)
{
    struct arena arena;
    struct runtime_answer answer = { 0 };
    struct error err = { 0 };
    struct runtime_rows rows = { .rows = 1, .numbers = numbers, .texts = texts };
    arena_init(&arena, 0);
    CHECK_OK("it answers", runtime->methods->predict(runtime, &rows, &arena, &answer, &err), &err);
    double value = answer.values != NULL ? answer.values[0] : NAN;
    arena_done(&arena);
    return value;
}

TEST(a_folder_without_encoding_is_left_alone)
{
    struct error err = { 0 };
    struct runtime *inner = make_weigher(), *runtime = inner;
    CHECK("none there", !encoding_is_there(test_folder()));
    CHECK_OK("nothing to do", encoding_wrap(test_folder(), &runtime, &err), &err);
    CHECK("the same", runtime == inner);
    runtime->methods->free(runtime);
}

TEST(texts_become_their_place_and_classes_get_names)
{
    struct runtime *runtime;
    struct error err = { 0 };
    CHECK_OK("wrapped", wrap("{\"features\":[{\"name\":\"x\",\"fill\":2.5},{\"name\":\"c\",\"categories\":[\"a\",\"b\"]},"
                             "{\"name\":\"y\"}],\"classes\":[\"no\",\"yes\"]}", &runtime, &err), &err);
    CHECK_STR("inputs are the encoding's", runtime->info.inputs[1].name, STR("c"));
    CHECK("and text where it has categories", runtime->info.inputs[1].type == FIELD_STRING);
    CHECK_STR("so are classes", runtime->info.class_names[1], STR("yes"));
    const str texts[] = { { 0 }, { "b", 1 }, { 0 } }, unknown[] = { { 0 }, { "z", 1 }, { 0 } };
    CHECK_NEAR("b is 1", weight_of(runtime, (double[]){ 1, NAN, 3 }, texts), 1 + 10 + 300, 0);
    CHECK_NEAR("a missing number is filled", weight_of(runtime, (double[]){ NAN, NAN, 3 }, texts), 2.5 + 10 + 300, 0);
    CHECK_NEAR("without a fill it stays missing", weight_of(runtime, (double[]){ 1, NAN, NAN }, texts), 1 + 10 + 700, 0);
    CHECK_NEAR("an unknown text is missing", weight_of(runtime, (double[]){ 1, NAN, 3 }, unknown), 1 + 70 + 300, 0);
    CHECK_NEAR("no text as well", weight_of(runtime, (double[]){ 1, NAN, 3 }, NULL), 1 + 70 + 300, 0);
    runtime->methods->free(runtime);
}

TEST(one_hot_columns_are_explained_as_one_feature)
{
    struct runtime *runtime;
    struct arena arena;
    struct runtime_explanation explanation = { 0 };
    struct error err = { 0 };
    CHECK_OK("wrapped", wrap("{\"one_hot\":true,\"features\":[{\"name\":\"x\"},{\"name\":\"c\",\"categories\":[\"a\",\"b\"]}]}",
                             &runtime, &err), &err);
    const str texts[] = { { 0 }, { "b", 1 } };
    struct runtime_rows rows = { .rows = 1, .numbers = (double[]){ 5, NAN }, .texts = texts };
    arena_init(&arena, 0);
    CHECK_NEAR("columns x, a, b", weight_of(runtime, (double[]){ 5, NAN }, texts), 5 + 0 + 100, 0);
    CHECK_OK("explained", runtime->methods->explain(runtime, &rows, &arena, &explanation, &err), &err);
    CHECK_INT("two features", explanation.inputs, 2);
    CHECK_NEAR("x", explanation.contributions[0], 5, 0);
    CHECK_NEAR("a and b together", explanation.contributions[1], 100, 0);
    CHECK_NEAR("the bias stays", explanation.contributions[2], 1000, 0);
    arena_done(&arena);
    runtime->methods->free(runtime);
}

TEST(encodings_that_do_not_fit_are_refused)
{
    static const struct {
        const char *why, *json, *says;
    } cases[] = {
        { "no JSON", "features", "line 1" },
        { "too few columns", "{\"features\":[{\"name\":\"x\"}]}", "1 columns, the model takes 3" },
        { "too many", "{\"features\":[{\"name\":\"a\"},{\"name\":\"b\"},{\"name\":\"c\"},{\"name\":\"d\"}]}", "more features" },
        { "no name", "{\"features\":[{}]}", "needs a name" },
        { "a value twice", "{\"features\":[{\"name\":\"x\",\"categories\":[\"a\",\"a\"]}]}", "twice" },
        { "three classes for two", "{\"features\":[],\"classes\":[\"a\",\"b\",\"c\"]}", "more classes" },
        { "one class for two", "{\"features\":[],\"classes\":[\"a\"]}", "1 classes, the model has 2" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct runtime *runtime;
        struct error err = { 0 };
        char text[1024];
        CHECK_FAILS(cases[i].why, wrap(cases[i].json, &runtime, &err), ERR_INVALID, &err);
        CHECK(cases[i].why, strstr(error_text(&err, text, sizeof text), cases[i].says) != NULL);
        CHECK("the file is named", strstr(text, ENCODING_FILE) != NULL);
    }
}
