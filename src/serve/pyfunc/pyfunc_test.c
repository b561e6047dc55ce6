#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/test.h"
#include "serve/golden_models.h"
#include "serve/pyfunc/pyfunc_pool.h"

/* tests/models/python_tiny needs nothing but Python's standard library. */
#define FACTOR 2

struct loaded {
    struct arena arena;
    struct pyfunc_pool *pool;
    struct runtime *runtime;
};

static void loaded_done(struct loaded *loaded)
{
    if (loaded->runtime != NULL)
        loaded->runtime->methods->free(loaded->runtime);
    pyfunc_pool_close(loaded->pool);
    arena_done(&loaded->arena);
}

static enum status load_folder(const char *folder, const struct pyfunc_options *options, struct loaded *loaded,
                               struct error *err)
{
    *loaded = (struct loaded){ .pool = pyfunc_pool_open(options) };
    arena_init(&loaded->arena, 0);
    struct mlmodel model;
    TRY(mlmodel_read(folder, &loaded->arena, &model, err));
    return runtime_pyfunc_load(&model, loaded->pool, &loaded->runtime, err);
}

static enum status load(const char *name, const struct pyfunc_options *options, struct loaded *loaded,
                        struct error *err)
{
    char folder[512];
    (void)snprintf(folder, sizeof folder, "%s/%s", TEST_MODELS, name);
    return load_folder(folder, options, loaded, err);
}

static bool has_python(const char *module)
{
    const char *python = getenv("KEDGE_PYTHON");
    char command[512];
    (void)snprintf(command, sizeof command, "%s -c 'import %s' >/dev/null 2>&1", python != NULL ? python : "python3",
                   module);
    return system(command) == 0;
}

/* One row through the tiny model. */
static enum status predict(struct loaded *loaded, const char *deed, double x, double y, double *ret_value,
                           struct error *err)
{
    double numbers[] = { 0, x, y };
    str texts[] = { str_of(deed), { 0 }, { 0 } };
    struct runtime_rows rows = { 1, numbers, texts };
    struct runtime_answer answer;
    error_clear(err);
    TRY(loaded->runtime->methods->predict(loaded->runtime, &rows, &loaded->arena, &answer, err));
    *ret_value = answer.values[0];
    return OK;
}

static bool is_loaded(const char *name, const struct pyfunc_options *options, struct loaded *loaded)
{
    struct error err = { 0 };
    *loaded = (struct loaded){ 0 };
    if (!has_python("json")) {
        test_skip("no python3 here (KEDGE_PYTHON names one)");
        return false;
    }
    CHECK_OK(name, load(name, options, loaded, &err), &err);
    return loaded->runtime != NULL;
}

TEST(pyfunc_answers_rows_of_numbers_and_texts)
{
    CLEANUP(loaded_done) struct loaded loaded;
    if (!is_loaded("python_tiny", &(struct pyfunc_options){ 0 }, &loaded))
        return;
    const struct runtime_info *info = &loaded.runtime->info;
    CHECK_INT("columns of the signature", info->input_count, 3);
    CHECK_INT("a text", info->inputs[0].type, FIELD_STRING);
    CHECK("required where nothing is said", info->inputs[1].is_required);
    CHECK("optional where it says so", !info->inputs[2].is_required);
    CHECK("answers come from elsewhere", info->may_wait);
    CHECK_STR("flavor", info->flavor, STR("python_function"));
    double numbers[] = { 0, 1, 2, 0, 10, NAN, 0, -1, 0.5 };
    str texts[] = { STR(""), { 0 }, { 0 }, { 0 }, { 0 }, { 0 }, STR("\xc3\xbc"), { 0 }, { 0 } };
    struct runtime_rows rows = { 3, numbers, texts };
    struct runtime_answer answer = { 0 };
    struct error err = { 0 };
    CHECK_OK("predict", loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err), &err);
    CHECK_INT("rows", answer.rows, 3);
    static const double sums[] = { 3, 10, -0.5 }; /* a missing y counts as 0 */
    for (size_t i = 0; i < answer.rows; i++)
        CHECK_NEAR("factor * (x + y)", answer.values[i], FACTOR * sums[i], 0);
    rows.rows = 0;
    CHECK_OK("no rows", loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err), &err);
    CHECK_INT("no rows", answer.rows, 0);
}

TEST(pyfunc_worker_that_misbehaves_costs_one_request)
{
    static const struct { const char *why, *deed; enum status status; const char *words; } cases[] = {
        { "killed in the middle", "die", ERR_UNAVAILABLE, "died in the middle" },
        { "exits in the middle", "exit", ERR_UNAVAILABLE, "died in the middle" },
        { "a size beyond all bounds", "garbage", ERR_UNAVAILABLE, "no answer" },
        { "a frame that is none", "small garbage", ERR_UNAVAILABLE, "no answer" },
        { "complains of the rows", "raise", ERR_INVALID, "x must be sane" },
        { "too few predictions", "few", ERR_INVALID, "no prediction for each of 1 rows" },
    };
    CLEANUP(loaded_done) struct loaded loaded;
    if (!is_loaded("python_tiny", &(struct pyfunc_options){ .backoff_ms = 1 }, &loaded))
        return;
    struct error err = { 0 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = 0;
        CHECK_FAILS(cases[i].why, predict(&loaded, cases[i].deed, 1, 1, &value, &err), cases[i].status, &err);
        CHECK(cases[i].why, strstr(err.cause, cases[i].words) != NULL);
        CHECK_OK("the next one works", predict(&loaded, "", 20, 1, &value, &err), &err);
        CHECK_NEAR("and is right", value, FACTOR * 21, 0);
    }
}

/* While its successor starts, requests may run out of their half second too: as long as it takes, within reason. */
#define TRIES_MAX 200

TEST(pyfunc_worker_that_never_answers_is_replaced)
{
    CLEANUP(loaded_done) struct loaded loaded;
    if (!is_loaded("python_tiny", &(struct pyfunc_options){ .timeout_ms = 500, .backoff_ms = 1 }, &loaded))
        return;
    struct error err = { 0 };
    double value = 0;
    CHECK_FAILS("never answers", predict(&loaded, "sleep", 1, 1, &value, &err), ERR_UNAVAILABLE, &err);
    CHECK("says so", strstr(err.cause, "did not answer in time") != NULL);
    size_t tries = 0;
    while (predict(&loaded, "", 20, 1, &value, &err) != OK && tries < TRIES_MAX)
        tries++;
    CHECK_NEAR("its successor answers", value, FACTOR * 21, 0);
}

TEST(pyfunc_worker_may_talk_without_end)
{
    CLEANUP(loaded_done) struct loaded loaded;
    if (!is_loaded("python_tiny", &(struct pyfunc_options){ 0 }, &loaded))
        return;
    struct error err = { 0 };
    double value = 0;
    CHECK_OK("1.3 KB without a line's end", predict(&loaded, "shout", 1, 2, &value, &err), &err);
    CHECK_NEAR("the answer", value, FACTOR * 3, 0);
}

TEST(pyfunc_worker_inherits_no_descriptors)
{
    int ours = dup(1);
    CLEANUP(loaded_done) struct loaded loaded;
    if (is_loaded("python_tiny", &(struct pyfunc_options){ 0 }, &loaded)) {
        struct error err = { 0 };
        double value;
        CHECK_FAILS("lists them", predict(&loaded, "descriptors", 1, 1, &value, &err), ERR_INVALID, &err);
        const char *open = strstr(err.cause, "open: ");
        /* stdin, the log twice, the socket, and the one that lists the folder */
        CHECK_STR("0 to 3", str_slice(str_of(open == NULL ? "" : open), 0, 13), STR("open: 0 1 2 3"));
        CHECK("at most the listing's own beside them", open != NULL && strlen(open) <= strlen("open: 0 1 2 3 4"));
    }
    (void)close(ours);
}

#define THREADS 4
#define CALLS 25

static void *predict_often(void *argument)
{
    struct loaded *loaded = argument;
    size_t wrong = 0;
    for (size_t i = 0; i < CALLS; i++) {
        struct loaded mine = { .runtime = loaded->runtime };
        struct error err = { 0 };
        double value = 0;
        arena_init(&mine.arena, 0);
        if (predict(&mine, "", (double)i, 1, &value, &err) != OK || value != FACTOR * ((double)i + 1))
            wrong++;
        arena_done(&mine.arena);
    }
    return (void *)(uintptr_t)wrong;
}

TEST(pyfunc_workers_share_the_requests_of_many_threads)
{
    CLEANUP(loaded_done) struct loaded loaded;
    if (!is_loaded("python_tiny", &(struct pyfunc_options){ .workers = 2 }, &loaded))
        return;
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        CHECK_INT("start", pthread_create(&threads[i], NULL, predict_often, &loaded), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        CHECK_INT("join", pthread_join(threads[i], &wrong), 0);
        CHECK_INT("wrong answers", (uintptr_t)wrong, 0);
    }
}

TEST(pyfunc_load_says_what_is_missing)
{
    struct error err = { 0 };
    CLEANUP(loaded_done) struct loaded loaded;
    CHECK_FAILS("no such interpreter",
                load("python_tiny", &(struct pyfunc_options){ .python = STR("/no/such/python") }, &loaded, &err),
                ERR_UNAVAILABLE, &err);
    CHECK("names it", strstr(err.cause, "/no/such/python") != NULL);
}

TEST(pyfunc_load_passes_on_what_python_says)
{
    if (!has_python("json")) {
        test_skip("no python3 here (KEDGE_PYTHON names one)");
        return;
    }
    char path[512];
    struct error err = { 0 };
    (void)snprintf(path, sizeof path, "%s/model.pkl", test_folder());
    CHECK_OK("write", file_write(path, STR("this is no pickle"), &err), &err);
    CLEANUP(loaded_done) struct loaded loaded;
    CHECK_FAILS("a pickle that is none", load_folder(test_folder(), &(struct pyfunc_options){ .backoff_ms = 60000 },
                                                     &loaded, &err),
                ERR_INVALID, &err);
    CHECK("in Python's words", strstr(err.cause, "Python: ") != NULL);
}

TEST(pyfunc_load_gives_up_on_a_model_that_takes_for_ever)
{
    struct error err = { 0 };
    CLEANUP(loaded_done) struct loaded loaded;
    struct pyfunc_options options = { .python = STR("/bin/cat"), .load_ms = 1, .backoff_ms = 60000 };
    CHECK_FAILS("an interpreter that is none", load("python_tiny", &options, &loaded, &err), ERR_UNAVAILABLE, &err);
}

TEST(pyfunc_serves_a_pickled_estimator)
{
    if (!has_python("sklearn, cloudpickle")) {
        test_skip("scikit-learn and cloudpickle are not installed for python3 (KEDGE_PYTHON names another)");
        return;
    }
    const struct golden_model *golden = golden_models;
    while (strcmp(golden->name, "sklearn_logistic") != 0)
        golden++;
    CLEANUP(loaded_done) struct loaded loaded;
    if (!is_loaded(golden->name, &(struct pyfunc_options){ 0 }, &loaded))
        return;
    struct error err = { 0 };
    const struct runtime_info *info = &loaded.runtime->info;
    CHECK_INT("classes", info->class_count, golden->classes);
    CHECK_INT("task", info->task, MODEL_MULTICLASS);
    struct runtime_rows rows = { golden->rows, golden->numbers, NULL };
    struct runtime_answer answer = { 0 };
    CHECK_OK("predict", loaded.runtime->methods->predict(loaded.runtime, &rows, &loaded.arena, &answer, &err), &err);
    CHECK_INT("rows", answer.rows, golden->rows);
    for (size_t row = 0; row < answer.rows; row++)
        CHECK_STR(golden->why, info->class_names[(size_t)answer.values[row]], str_of(golden->labels[row]));
    /* another scikit-learn may differ in the last digits */
    for (size_t i = 0; i < answer.rows * answer.class_count; i++)
        CHECK_NEAR(golden->why, answer.probabilities[i], golden->probabilities[i], 1e-9);
}
