#include "serve/trees/trees_runtime.h"

#include "base/file.h"
#include "base/test.h"
#include "serve/trees/golden_trees.h"

/* The model in a fresh folder, loaded; NULL where it does not load. */
static struct runtime *load(str content, const char *file, const struct mlmodel *with, struct error *err)
{
    static char folder[512], path[640];
    (void)snprintf(folder, sizeof folder, "%s", test_folder());
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    struct runtime *runtime = NULL;
    CHECK_OK("the model is written", file_write(path, content, err), err);
    struct mlmodel model = *with;
    model.folder = str_of(folder);
    model.data_path = str_of(file);
    return runtime_trees_load(&model, &runtime, err) == OK ? runtime : NULL;
}

static const struct mlmodel booster = { .model_class = { "xgboost.core.Booster", 20 } };

static void free_runtime(struct runtime **runtime)
{
    if (*runtime != NULL)
        (*runtime)->methods->free(*runtime);
}

static struct runtime_answer predict(struct runtime *runtime, const double *numbers, const str *texts, size_t rows,
                                     struct arena *arena)
{
    struct runtime_answer answer = { 0 };
    struct error err = { 0 };
    struct runtime_rows in = { rows, numbers, texts };
    CHECK_OK("an answer", runtime->methods->predict(runtime, &in, arena, &answer, &err), &err);
    return answer;
}

static struct runtime_explanation explain(struct runtime *runtime, const double *numbers, size_t rows,
                                          struct arena *arena)
{
    struct runtime_explanation explained = { 0 };
    struct error err = { 0 };
    struct runtime_rows in = { rows, numbers, NULL };
    CHECK_OK("an explanation", runtime->methods->explain(runtime, &in, arena, &explained, &err), &err);
    return explained;
}

static void check_golden_answers(const struct golden_model *golden, const struct runtime_answer *answer)
{
    for (size_t i = 0; i < GOLDEN_ROWS * golden->outputs; i++) {
        double got = answer->values[i / golden->outputs];
        if (answer->probabilities != NULL)
            got = answer->class_count == 2 ? answer->probabilities[2 * i + 1] : answer->probabilities[i];
        CHECK_NEAR(golden->name, got, golden->answers[i], 1e-6);
    }
}

TEST(golden_models_answer_and_explain_as_their_libraries)
{
    for (size_t i = 0; i < COUNT(golden_models); i++) {
        const struct golden_model *golden = &golden_models[i];
        struct error err = { 0 };
        CLEANUP(free_runtime) struct runtime *runtime =
            load((str){ golden->bytes, golden->size }, golden->file, &booster, &err);
        CHECK(golden->name, runtime != NULL);
        if (runtime == NULL)
            continue;
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, 0);
        struct runtime_answer answer = predict(runtime, golden_rows, NULL, GOLDEN_ROWS, &arena);
        check_golden_answers(golden, &answer);
        CHECK("linear trees are not explained", (golden->contributions == NULL) == (runtime->methods->explain == NULL));
        if (golden->contributions == NULL)
            continue;
        struct runtime_explanation explained = explain(runtime, golden_rows, GOLDEN_ROWS, &arena);
        for (size_t k = 0; k < GOLDEN_ROWS * golden->outputs * (GOLDEN_FEATURES + 1); k++)
            CHECK(golden->name, fabs(explained.contributions[k] - golden->contributions[k]) < 1e-5);
    }
}

TEST(many_rows_answer_as_each_alone)
{
    for (size_t i = 0; i < COUNT(golden_models); i++) {
        const struct golden_model *golden = &golden_models[i];
        struct error err = { 0 };
        CLEANUP(free_runtime) struct runtime *runtime =
            load((str){ golden->bytes, golden->size }, golden->file, &booster, &err);
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, 0);
        enum { ROWS = 300 }; /* two blocks of 128 and a part of one */
        double numbers[ROWS * GOLDEN_FEATURES];
        for (size_t k = 0; k < COUNT(numbers); k++)
            numbers[k] = golden_rows[k % COUNT(golden_rows)];
        if (runtime == NULL)
            return;
        struct runtime_answer many = predict(runtime, numbers, NULL, ROWS, &arena);
        struct runtime_answer few = predict(runtime, golden_rows, NULL, GOLDEN_ROWS, &arena);
        for (size_t r = 0; r < ROWS; r++)
            CHECK_NEAR(golden->name, many.values[r], few.values[r % GOLDEN_ROWS], 0);
    }
}

#define HAND_HEADER                                                                                                    \
    "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\n"               \
    "feature_names=a b\nfeature_infos=[0:1] [0:1]\n\n"
#define HAND_TREE(features, thresholds, values)                                                                        \
    "Tree=0\nnum_leaves=3\nnum_cat=0\nsplit_feature=" features "\nthreshold=" thresholds                              \
    "\ndecision_type=2 2\nleft_child=-1 -2\nright_child=1 -3\nleaf_value=" values                                     \
    "\nleaf_count=2 1 1\ninternal_count=4 2\nis_linear=0\n\nend of trees\n"

TEST(shapley_values_worked_by_hand)
{
    /* a <= 0 ? 1 : b <= 0 ? 3 : 7, of 2, 1 and 1 training rows. With v(S) the mean over what S leaves open: v() = 3,
     * v(b = 1) = 4; at a = 1: v(a) = 5, v(a, b) = 7; at a = -1: v(a) = v(a, b) = 1. */
    static const char two[] = HAND_HEADER HAND_TREE("0 1", "0 0", "1 3 7");
    /* the same feature twice: all of what differs from the mean, 3, is its own */
    static const char same[] = HAND_HEADER HAND_TREE("0 0", "0 1", "0 4 8");
    static const struct {
        const char *why;
        str model;
        double row[2], want[3];
    } cases[] = {
        { "a = b = 1", { two, sizeof two - 1 }, { 1, 1 }, { 2.5, 1.5, 3 } },
        { "a = -1, b = 1", { two, sizeof two - 1 }, { -1, 1 }, { -2.5, 0.5, 3 } },
        { "left at the first", { same, sizeof same - 1 }, { -1, 9 }, { -3, 0, 3 } },
        { "between the two", { same, sizeof same - 1 }, { 0.5, 9 }, { 1, 0, 3 } },
        { "right at both", { same, sizeof same - 1 }, { 2, 9 }, { 5, 0, 3 } },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        CLEANUP(free_runtime) struct runtime *runtime = load(cases[i].model, "m.txt", &booster, &err);
        CHECK(cases[i].why, runtime != NULL);
        if (runtime == NULL)
            continue;
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, 0);
        struct runtime_explanation explained = explain(runtime, cases[i].row, 1, &arena);
        for (size_t k = 0; k < 3; k++)
            CHECK(cases[i].why, fabs(explained.contributions[k] - cases[i].want[k]) < 1e-6);
    }
}

TEST(columns_follow_the_signature)
{
    static const char model[] = HAND_HEADER HAND_TREE("0 1", "0 0", "1 3 7");
    static const struct field turned[] = { { STR("b"), FIELD_DOUBLE, true }, { STR("a"), FIELD_LONG, true } };
    static const struct field other[] = { { STR("x y"), FIELD_DOUBLE, true }, { STR("z"), FIELD_DOUBLE, true } };
    static const struct {
        const char *why;
        const struct field *fields;
        const char *first_name;
        double row[2], want, first_contribution;
    } cases[] = {
        { "no signature: the file's own names", NULL, "a", { 1, -1 }, 3, 1.5 },
        { "the same names in another order", turned, "b", { -1, 1 }, 3, -1.5 },
        { "other names stand at their places", other, "x y", { 1, -1 }, 3, 1.5 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct mlmodel with = booster;
        with.inputs = cases[i].fields;
        with.input_count = cases[i].fields == NULL ? 0 : 2;
        CLEANUP(free_runtime) struct runtime *runtime = load((str){ model, sizeof model - 1 }, "m.txt", &with, &err);
        CHECK(cases[i].why, runtime != NULL);
        if (runtime == NULL)
            continue;
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, 0);
        CHECK_STR(cases[i].why, runtime->info.inputs[0].name, str_of(cases[i].first_name));
        CHECK_NEAR(cases[i].why, predict(runtime, cases[i].row, NULL, 1, &arena).values[0], cases[i].want, 0);
        CHECK_NEAR(cases[i].why, explain(runtime, cases[i].row, 1, &arena).contributions[0],
                   cases[i].first_contribution, 1e-6);
    }
}

TEST(texts_become_the_codes_of_pandas)
{
    /* b in {y, z} goes left */
    static const char model[] =
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nmax_feature_idx=1\nobjective=regression\n"
        "feature_names=a b\nfeature_infos=[0:1] 0:1:2\n\nTree=0\nnum_leaves=2\nnum_cat=1\nsplit_feature=1\n"
        "threshold=0\ndecision_type=1\nleft_child=-1\nright_child=-2\nleaf_value=1 2\nleaf_count=1 1\n"
        "internal_count=2\n"
        "cat_boundaries=0 1\ncat_threshold=6\n\nend of trees\n\npandas_categorical:[[\"x\", \"y\", \"z\"]]\n";
    struct error err = { 0 };
    CLEANUP(free_runtime) struct runtime *runtime = load((str){ model, sizeof model - 1 }, "m.txt", &booster, &err);
    CHECK("it loads", runtime != NULL);
    if (runtime == NULL)
        return;
    CHECK_INT("the second column is text", runtime->info.inputs[1].type, FIELD_STRING);
    static const double numbers[8] = { 0 };
    static const str texts[] = { { 0 }, { "x", 1 }, { 0 }, { "z", 1 }, { 0 }, { "never seen", 10 }, { 0 }, { 0 } };
    static const double want[] = { 2, 1, 2, 2 };
    CLEANUP(arena_done) struct arena arena;
    arena_init(&arena, 0);
    struct runtime_answer answer = predict(runtime, numbers, texts, 4, &arena);
    for (size_t i = 0; i < COUNT(want); i++)
        CHECK_NEAR("left 1, right 2; unknown and missing go right", answer.values[i], want[i], 0);
}

TEST(bad_models_are_refused_with_file_and_place)
{
    static const struct {
        const char *why;
        str content;
        const char *message;
    } cases[] = {
        { "empty", { "", 0 }, "byte 0" },
        { "the old binary format", { "binf\x01\x00\x00", 7 }, "save_model" },
        { "JSON of something else", STR("{\"learner\": {}}"), "objective" },
        { "an objective that nobody knows", STR("{\"learner\": {\"objective\": {\"name\": \"reg:odd\"}}}"), "reg:odd" },
        { "a child beyond the tree", STR(HAND_HEADER "Tree=0\nnum_leaves=2\nsplit_feature=0\nthreshold=0\n"
                                                     "decision_type=2\nleft_child=-1\nright_child=-3\n"
                                                     "leaf_value=1 2\n\nend of trees\n"),
          "child -3" },
        { "a tree that is a circle", STR(HAND_HEADER "Tree=0\nnum_leaves=3\nsplit_feature=0 0\nthreshold=0 0\n"
                                                     "decision_type=2 2\nleft_child=1 1\nright_child=-1 -2\n"
                                                     "leaf_value=1 2 3\n\nend of trees\n"),
          "ancestor" },
        { "a feature beyond the header", STR(HAND_HEADER HAND_TREE("0 5", "0 0", "1 2 3")), "feature 5 of 2" },
        { "too few leaves", STR(HAND_HEADER HAND_TREE("0 1", "0 0", "1 2")), "leaf_value" },
        { "a number that is none", STR(HAND_HEADER HAND_TREE("0 1", "0 zero", "1 2 3")), "\"zero\" is not a number" },
        { "cut off", STR(HAND_HEADER "Tree=0\nnum_leaves=1\nleaf_value=1\n"), "end of trees" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        char text[800];
        CLEANUP(free_runtime) struct runtime *runtime = load(cases[i].content, "m.bin", &booster, &err);
        CHECK(cases[i].why, runtime == NULL && err.status == ERR_INVALID);
        error_text(&err, text, sizeof text);
        CHECK(text, strstr(text, cases[i].message) != NULL && strstr(text, "m.bin") != NULL);
    }
}

TEST(wrappers_answer_classes_and_boosters_scores)
{
    static const struct {
        const char *why, *model_class;
        bool gives_scores;
    } cases[] = {
        { "a Booster's own predict gives probabilities", "xgboost.core.Booster", true },
        { "a classifier's gives classes", "xgboost.sklearn.XGBClassifier", false },
        { "not said, and not in the file", "", true },
    };
    const struct golden_model *golden = &golden_models[1]; /* binary:logistic */
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        struct mlmodel with = { .model_class = str_of(cases[i].model_class) };
        CLEANUP(free_runtime) struct runtime *runtime =
            load((str){ golden->bytes, golden->size }, golden->file, &with, &err);
        CHECK(cases[i].why, runtime != NULL && runtime->info.gives_scores == cases[i].gives_scores);
        CHECK(cases[i].why, runtime != NULL && runtime->info.task == MODEL_BINARY && runtime->info.class_count == 2);
    }
}
