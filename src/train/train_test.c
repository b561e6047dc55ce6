#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/test.h"
#include "data/read.h"
#include "train/lapack_door.h"
#include "train/linear_fit.h"
#include "train/trainer.h"
#include "train/xgboost_door.h"

/* Sixteen rows to learn from and four to test, in the order of t; one x is missing. */
static const char rows_csv[] =
    "t,x,z,c,y,b,m\n"
    "0,7.59,2.78,mid,12.8,yes,A\n1,6.03,1.36,mid,11.8,no,B\n2,9.25,4.4,low,6.04,no,C\n3,11.26,0.32,top,16.46,yes,C\n"
    "4,,3.4,top,12.29,no,C\n5,10.33,4.35,low,6.77,no,B\n6,8.34,1.14,low,14.71,yes,A\n7,7.65,4.48,low,2.43,no,C\n"
    "8,12.25,4.36,low,13.85,yes,A\n9,14.9,0.09,top,26.17,yes,B\n10,10.82,3.54,mid,16.86,yes,A\n11,6.3,0.01,mid,18.41,yes,C\n"
    "12,7.13,2.52,low,6.09,no,C\n13,14.8,2.18,mid,27.99,yes,C\n14,10.61,1.02,top,15.51,yes,B\n15,4.8,1.62,low,4.34,no,C\n"
    "16,9.75,4.03,top,3.6,no,B\n17,6.51,1.58,low,8.26,no,C\n18,8.11,0.75,low,14.58,yes,A\n19,8.54,3.49,top,2.25,no,A\n";

struct fixture {
    struct arena arena;
    struct frame *frame;
    struct training_table table;
};

static void fixture_done(struct fixture *fixture)
{
    frame_free(fixture->frame);
    arena_done(&fixture->arena);
}

static enum status fixture_read(const char *csv, struct fixture *fixture, struct error *err)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/rows.csv", test_folder());
    TRY(file_write(path, str_of(csv), err));
    arena_init(&fixture->arena, 0);
    struct read_options read = { .path = str_of(path) };
    return read_table(&read, &fixture->frame, err);
}

/* Split by t; the other targets are no features. */
static enum status fixture_build(const char *target, struct fixture *fixture, struct error *err)
{
    static const str others[] = { { "y", 1 }, { "b", 1 }, { "m", 1 } };
    struct training_options options = {
        .target = str_of(target), .drop = others, .drop_count = COUNT(others), .time_column = STR("t"), .test_share = 0.2, .seed = 7
    };
    TRY(fixture_read(rows_csv, fixture, err));
    return training_table_build(fixture->frame, &options, &fixture->arena, &fixture->table, err);
}

TEST(a_table_has_features_categories_and_a_split_by_time)
{
    CLEANUP(fixture_done) struct fixture fixture = { 0 };
    struct error err = { 0 };
    CHECK_OK("it is built", fixture_build("b", &fixture, &err), &err);
    const struct training_table *table = &fixture.table;
    CHECK_INT("x, z and c", table->feature_count, 3);
    CHECK_INT("two classes", table->class_count, 2);
    CHECK_STR("in byte order", table->classes[1], STR("yes"));
    CHECK_INT("a fifth is for the test", table->train_rows, 16);
    CHECK_INT("the latest rows", table->frame_rows[16], 16);
    CHECK("a missing number is NaN", isnan(table->matrix[4 * 3]));
    CHECK_NEAR("a category is its place: mid", table->matrix[0 * 3 + 2], 1, 0);
    CHECK_NEAR("a class as well", table->target[0], 1, 0);
}

TEST(what_cannot_be_learnt_is_refused)
{
    static const struct {
        const char *why, *csv, *target;
        enum status status;
        const char *says;
    } cases[] = {
        { "no such column", rows_csv, "absent", ERR_NOT_FOUND, "absent" },
        { "too few rows", "a,b\n1,2\n2,3\n", "b", ERR_INVALID, "too few" },
        { "one class", "a,b\n1,x\n2,x\n3,x\n4,x\n5,x\n6,x\n7,x\n8,x\n9,x\n10,x\n11,x\n", "b", ERR_INVALID, "one class" },
        { "nothing but the target", "b\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11.5\n", "b", ERR_INVALID, "no column is left" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(fixture_done) struct fixture fixture = { 0 };
        struct error err = { 0 };
        struct training_options options = { .target = str_of(cases[i].target), .test_share = 0.2 };
        CHECK_OK(cases[i].why, fixture_read(cases[i].csv, &fixture, &err), &err);
        CHECK_FAILS(cases[i].why, training_table_build(fixture.frame, &options, &fixture.arena, &fixture.table, &err),
                    cases[i].status, &err);
        CHECK(cases[i].why, strstr(err.cause, cases[i].says) != NULL);
    }
}

TEST(the_same_seed_splits_the_same_and_classes_keep_their_shares)
{
    struct training_table first = { 0 };
    for (uint64_t seed = 1; seed <= 2; seed++)
        for (int time = 0; time < 2; time++) {
            CLEANUP(fixture_done) struct fixture fixture = { 0 };
            struct error err = { 0 };
            struct training_options options = { .target = STR("b"), .test_share = 0.25, .seed = seed };
            CHECK_OK("read", fixture_read(rows_csv, &fixture, &err), &err);
            CHECK_OK("built", training_table_build(fixture.frame, &options, &fixture.arena, &fixture.table, &err), &err);
            CHECK_INT("ten of each class, so eight and seven", fixture.table.train_rows, 20 - 3 - 3);
            uint64_t sum = 0;
            for (size_t i = 0; i < fixture.table.rows; i++)
                sum += fixture.table.frame_rows[i] << (2 * (i % 16));
            if (time == 0)
                first.rows_without_target = (size_t)sum;
            else
                CHECK_INT("the same seed, the same order", sum, first.rows_without_target);
        }
}

/* Weights of y on x, z, c=low, c=mid, c=top by numpy's lstsq on standardised columns (tools/golden_linear.py). */
TEST(least_squares_is_numpy_s)
{
    static const double weights[] = { 1.8454053573708813, -2.2120033017011416, -1.8775031482532505, 4.030818601942968,
                                      -2.1544234326439224 };
    CLEANUP(fixture_done) struct fixture fixture = { 0 };
    struct linear_model model;
    struct error err = { 0 };
    if (lapack_load(&err) != OK) {
        test_skip(err.cause);
        return;
    }
    CHECK_OK("built", fixture_build("y", &fixture, &err), &err);
    CHECK_OK("fitted", linear_fit(&fixture.table, &fixture.arena, &model, &err), &err);
    CHECK_INT("one column a value", model.column_count, 5);
    CHECK_STR("named by it", model.columns[3].name, STR("c=mid"));
    for (size_t i = 0; i < COUNT(weights); i++)
        CHECK_NEAR("as numpy's", model.weights[i], weights[i], 1e-5); /* its x are doubles, ours floats */
    CHECK_NEAR("and the bias", model.biases[0], 1.0997239206811003, 1e-5);
}

/* LogisticRegression(C=1, tol=1e-14) of scikit-learn on StandardScaler's columns (tools/golden_linear.py). */
TEST(logistic_regression_is_scikit_learn_s)
{
    static const double weights[] = { 0.44900185110803303, -0.5505294394174215, -0.543271617314636, 0.9454160181775818,
                                      -0.37024518976968596 };
    CLEANUP(fixture_done) struct fixture fixture = { 0 };
    struct linear_model model;
    struct error err = { 0 };
    if (lapack_load(&err) != OK) {
        test_skip(err.cause);
        return;
    }
    CHECK_OK("built", fixture_build("b", &fixture, &err), &err);
    CHECK_OK("fitted", linear_fit(&fixture.table, &fixture.arena, &model, &err), &err);
    for (size_t i = 0; i < COUNT(weights); i++)
        CHECK_NEAR("as scikit-learn's", model.weights[i], weights[i], 1e-5);
    CHECK_NEAR("and the bias", model.biases[0], -2.425227951162273, 1e-5);
}

/* Trains into a folder of its own, loads it, and looks at what it answers. */
static enum status train(enum trainer_model model, const char *target, struct fixture *fixture, struct trained *trained,
                         struct error *err)
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s/%s-%s", test_folder(), trainer_model_name(model), target);
    struct trainer_options options = { .model = model, .rounds = 50, .seed = 3, .folder = folder, .kedge_version = "test" };
    TRY(file_make_folders(folder, err));
    TRY(fixture_build(target, fixture, err));
    return trainer_run(&fixture->table, &options, &fixture->arena, trained, err);
}

TEST(three_classes_by_softmax_are_scikit_learn_s)
{
    static const double shares[] = { 0.07094061379768335, 0.3214467057918647, 0.607612680410452,
                                     0.18028718954467302, 0.16506226209534214, 0.6546505483599848 };
    CLEANUP(fixture_done) struct fixture fixture = { 0 };
    struct trained trained = { 0 };
    struct error err = { 0 };
    if (lapack_load(&err) != OK) {
        test_skip(err.cause);
        return;
    }
    CHECK_OK("trained", train(TRAINER_LOGISTIC, "m", &fixture, &trained, &err), &err);
    for (size_t i = 0; trained.answer.probabilities != NULL && i < COUNT(shares); i++)
        CHECK_NEAR("as served, on the first test rows", trained.answer.probabilities[16 * 3 + i], shares[i], 1e-5);
    trained_done(&trained);
}

TEST(every_learner_is_judged_as_it_will_be_served)
{
    static const struct {
        enum trainer_model model;
        const char *target, *metric;
        double at_least;
    } cases[] = {
        { TRAINER_XGBOOST, "y", "train_r2", 0.5 },      { TRAINER_XGBOOST, "b", "train_accuracy", 0.8 },
        { TRAINER_XGBOOST, "m", "train_accuracy", 0.5 }, { TRAINER_RANDOM_FOREST, "b", "train_accuracy", 0.6 },
        { TRAINER_LINEAR, "y", "train_r2", 0.8 },        { TRAINER_LOGISTIC, "b", "train_accuracy", 0.8 },
    };
    struct error err = { 0 };
    if (xgboost_load(&err) != OK || lapack_load(&err) != OK) {
        test_skip(err.cause);
        return;
    }
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(fixture_done) struct fixture fixture = { 0 };
        struct trained trained = { 0 };
        double seen = NAN, importance = 0;
        CHECK_OK(cases[i].metric, train(cases[i].model, cases[i].target, &fixture, &trained, &err), &err);
        for (size_t m = 0; m < trained.metric_count; m++)
            if (strcmp(trained.metrics[m].name, cases[i].metric) == 0)
                seen = trained.metrics[m].value;
        CHECK(cases[i].metric, seen >= cases[i].at_least);
        for (size_t f = 0; trained.importance != NULL && f < fixture.table.feature_count; f++)
            importance += trained.importance[f];
        CHECK_NEAR("importance is shares", importance, 1, 1e-9);
        CHECK("texts stay texts", trained.info != NULL && trained.info->inputs[2].type == FIELD_STRING);
        trained_done(&trained);
    }
}

TEST(learners_refuse_what_is_not_theirs)
{
    CLEANUP(fixture_done) struct fixture fixture = { 0 }, other = { 0 };
    struct trained trained = { 0 };
    struct error err = { 0 };
    CHECK_FAILS("no line through classes", train(TRAINER_LINEAR, "b", &fixture, &trained, &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_FAILS("no classes in numbers", train(TRAINER_LOGISTIC, "y", &other, &trained, &err), ERR_INVALID, &err);
}

TEST(the_same_seed_gives_the_same_model)
{
    struct buf models[2];
    struct error err = { 0 };
    if (xgboost_load(&err) != OK) {
        test_skip(err.cause);
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(fixture_done) struct fixture fixture = { 0 };
        struct trained trained = { 0 };
        char path[256];
        buf_init(&models[i], (size_t)1 << 24);
        CHECK_OK("trained", train(TRAINER_XGBOOST, "b", &fixture, &trained, &err), &err);
        (void)snprintf(path, sizeof path, "%s/xgboost-b/model.ubj", test_folder());
        CHECK_OK("written", file_read(path, &models[i], &err), &err);
        trained_done(&trained);
    }
    CHECK_STR("to the last byte", buf_str(&models[0]), buf_str(&models[1]));
    buf_done(&models[0]);
    buf_done(&models[1]);
}
