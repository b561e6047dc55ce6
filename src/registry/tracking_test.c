/* Experiments, runs and what they log, over a registry in a temporary folder and a clock that tests turn. */
#include <math.h>
#include <pthread.h>

#include "base/test.h"
#include "registry/experiment.h"
#include "registry/metric_history.h"
#include "registry/run_input.h"
#include "registry/run_log.h"

struct fixture {
    struct meta *meta;
    struct registry *registry;
    int64_t now_us;
    struct clock clock;
    struct arena arena;
};

static void open_fixture(struct fixture *fixture)
{
    struct error err = { 0 };
    *fixture = (struct fixture){ .now_us = 1700000000000000 };
    fixture->clock = clock_fake(&fixture->now_us);
    arena_init(&fixture->arena, 0);
    CHECK_OK("meta", meta_open(test_folder(), &fixture->meta, &err), &err);
    CHECK_OK("registry", registry_open(fixture->meta, &fixture->clock, &fixture->registry, &err), &err);
}

static void close_fixture(struct fixture *fixture)
{
    registry_close(fixture->registry);
    meta_close(fixture->meta);
    arena_done(&fixture->arena);
}

static str new_run(struct fixture *fixture, int64_t start_ms)
{
    struct run run = { 0 };
    struct error err = { 0 };
    struct run_source from = { .start_ms = start_ms };
    CHECK_OK("run", run_create(fixture->registry, &from, &fixture->arena, &run, &err), &err);
    return run.run_id;
}

static enum status log_value(struct fixture *fixture, str run_id, str key, double value, int64_t time_ms, int64_t step)
{
    struct error err = { 0 };
    struct metric_point point = { .key = key, .value = value, .timestamp_ms = time_ms, .step = step };
    struct run_batch batch = { .metrics = &point, .metric_count = 1, .is_single = true };
    return run_log(fixture->registry, run_id, &batch, &err);
}

static struct run get_run(struct fixture *fixture, str run_id)
{
    struct run run = { 0 };
    struct error err = { 0 };
    CHECK_OK("get", run_get(fixture->registry, run_id, &fixture->arena, &run, &err), &err);
    return run;
}

TEST(the_default_experiment_is_there_and_names_are_unique)
{
    struct fixture f;
    struct experiment experiment = { 0 };
    struct error err = { 0 };
    int64_t id = -1;
    open_fixture(&f);
    CHECK_OK("0", experiment_get(f.registry, 0, &f.arena, &experiment, &err), &err);
    CHECK_STR("its name", experiment.name, STR("Default"));
    CHECK_STR("its place", experiment.artifact_location, STR("mlflow-artifacts:/0"));

    static const struct registry_pair tags[] = { { { "team", 4 }, { "a", 1 } } };
    struct experiment_source from = { .name = STR("churn"), .tags = tags, .tag_count = 1 };
    CHECK_OK("create", experiment_create(f.registry, &from, &id, &err), &err);
    CHECK_INT("the first is 1", id, 1);
    CHECK_OK("by name", experiment_get_by_name(f.registry, STR("churn"), &f.arena, &experiment, &err), &err);
    CHECK_STR("a place of its own", experiment.artifact_location, STR("mlflow-artifacts:/1"));
    CHECK_INT("its tag", experiment.tag_count, 1);
    CHECK_FAILS("again", experiment_create(f.registry, &from, &id, &err), ERR_CONFLICT, &err);
    CHECK("names it", strstr(err.cause, "Experiment(name=churn) already exists.") == err.cause);

    str run = new_run(&f, 5);
    error_clear(&err);
    CHECK_OK("delete", experiment_delete(f.registry, 0, &err), &err);
    CHECK("its runs as well", get_run(&f, run).is_deleted);
    CHECK_FAILS("twice", experiment_delete(f.registry, 0, &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_FAILS("no tag for it", experiment_set_tag(f.registry, 0, STR("a"), STR("b"), &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_OK("restore", experiment_restore(f.registry, 0, &err), &err);
    CHECK("its runs as well", !get_run(&f, run).is_deleted);
    CHECK_FAILS("a taken name", experiment_rename(f.registry, 0, STR("churn"), &err), ERR_CONFLICT, &err);
    close_fixture(&f);
}

TEST(the_latest_point_is_of_the_largest_step_then_time_then_value)
{
    static const struct {
        const char *why;
        struct { double value; int64_t time_ms, step; } points[3];
        double latest;
    } cases[] = {
        { "the last step, not the last written", { { 2, 10, 5 }, { 1, 20, 3 }, { 0, 30, 4 } }, 2 },
        { "of one step the last time", { { 1, 10, 0 }, { 2, 30, 0 }, { 3, 20, 0 } }, 2 },
        { "of one time the largest", { { 1, 10, 0 }, { 7, 10, 0 }, { 3, 10, 0 } }, 7 },
        { "negative steps are before", { { 1, 10, -5 }, { 2, 1, -1 }, { 3, 20, -2 } }, 2 },
    };
    struct fixture f;
    open_fixture(&f);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct metric_point points[3];
        struct error err = { 0 };
        str single = new_run(&f, 1), batched = new_run(&f, 1);
        for (size_t p = 0; p < 3; p++) {
            points[p] = (struct metric_point){ .key = STR("m"),
                                               .value = cases[i].points[p].value,
                                               .timestamp_ms = cases[i].points[p].time_ms,
                                               .step = cases[i].points[p].step };
            CHECK_INT(cases[i].why,
                      log_value(&f, single, STR("m"), points[p].value, points[p].timestamp_ms, points[p].step), OK);
        }
        struct run_batch batch = { .metrics = points, .metric_count = 3 };
        CHECK_OK(cases[i].why, run_log(f.registry, batched, &batch, &err), &err);
        CHECK_NEAR(cases[i].why, get_run(&f, single).metrics[0].value, cases[i].latest, 0);
        CHECK_NEAR(cases[i].why, get_run(&f, batched).metrics[0].value, cases[i].latest, 0);
    }
    close_fixture(&f);
}

TEST(points_are_kept_once_and_special_values_have_a_form)
{
    struct fixture f;
    struct metric_point *points = NULL;
    struct error err = { 0 };
    size_t count = 0;
    str next = { 0 };
    open_fixture(&f);
    str run = new_run(&f, 1);
    for (int again = 0; again < 2; again++) {
        CHECK_INT("a number", log_value(&f, run, STR("m"), 1.5, 10, 0), OK);
        CHECK_INT("NaN", log_value(&f, run, STR("m"), NAN, 10, 0), OK);
        CHECK_INT("infinity", log_value(&f, run, STR("m"), -INFINITY, 20, 1), OK);
    }
    CHECK_OK("history",
             metric_history(f.registry, run, STR("m"), 0, (str){ 0 }, &f.arena, &points, &count, &next, &err), &err);
    CHECK_INT("each once", count, 3);
    CHECK("NaN is stored as 0, which sorts first", isnan(points[0].value));
    CHECK_NEAR("a number", points[1].value, 1.5, 0);
    CHECK_NEAR("the smallest double", points[2].value, -1.7976931348623157e308, 0);
    CHECK_OK("a page", metric_history(f.registry, run, STR("m"), 2, (str){ 0 }, &f.arena, &points, &count, &next, &err),
             &err);
    CHECK_INT("two", count, 2);
    CHECK_OK("the rest", metric_history(f.registry, run, STR("m"), 2, next, &f.arena, &points, &count, &next, &err),
             &err);
    CHECK("one, and no more pages", count == 1 && str_is_empty(next));
    CHECK_OK("no such run",
             metric_history(f.registry, STR("nope"), STR("m"), 0, next, &f.arena, &points, &count, &next, &err), &err);
    CHECK_INT("has no points", count, 0);
    CHECK_INT("a time before the epoch", log_value(&f, run, STR("m"), 1, -5, 0), ERR_INVALID);
    CHECK_INT("a name above", log_value(&f, run, STR("../m"), 1, 5, 0), ERR_INVALID);
    close_fixture(&f);
}

TEST(a_batch_is_done_as_a_whole_and_params_are_written_once)
{
    struct fixture f;
    struct error err = { 0 };
    open_fixture(&f);
    str run = new_run(&f, 1);
    static const struct registry_pair first[] = { { { "lr", 2 }, { "1", 1 } } };
    static const struct registry_pair other[] = { { { "new", 3 }, { "x", 1 } }, { { "lr", 2 }, { "9", 1 } } };
    static const struct registry_pair twice[] = { { { "d", 1 }, { "x", 1 } }, { { "d", 1 }, { "x", 1 } } };
    static const struct registry_pair tags[] = { { { "t", 1 }, { "1", 1 } }, { { "t", 1 }, { "2", 1 } } };
    struct run_batch batch = { .params = first, .param_count = 1, .tags = tags, .tag_count = 2 };
    CHECK_OK("first", run_log(f.registry, run, &batch, &err), &err);
    CHECK_OK("the same again", run_log(f.registry, run, &batch, &err), &err);
    struct metric_point point = { .key = STR("m"), .value = 1 };
    batch = (struct run_batch){ .metrics = &point, .metric_count = 1, .params = other, .param_count = 2 };
    CHECK_FAILS("another value", run_log(f.registry, run, &batch, &err), ERR_INVALID, &err);
    CHECK("says which",
          strstr(err.cause, "Params were already logged='[{'key': 'lr', 'old_value': '1', 'new_value': '9'}]'") !=
              NULL);
    struct run got = get_run(&f, run);
    CHECK_INT("nothing of the batch", got.param_count + got.metric_count, 1);
    CHECK_STR("the last of two tags", got.tags[1].value, STR("2"));
    error_clear(&err);
    batch = (struct run_batch){ .params = twice, .param_count = 2 };
    CHECK_FAILS("the same key twice", run_log(f.registry, run, &batch, &err), ERR_INVALID, &err);
    CHECK("says so", strstr(err.cause, "Duplicate parameter keys have been submitted: ['d']") != NULL);

    error_clear(&err);
    CHECK_OK("delete", run_delete(f.registry, run, &err), &err);
    batch = (struct run_batch){ .tags = tags, .tag_count = 1 };
    CHECK_FAILS("a deleted run", run_log(f.registry, run, &batch, &err), ERR_INVALID, &err);
    CHECK("says so", strstr(err.cause, "must be in the 'active' state. Current state is deleted.") != NULL);
    close_fixture(&f);
}

/* ---- search ---- */

static size_t count_runs(struct fixture *f, const char *filter, const char *order, str *ret_first)
{
    static const int64_t experiments[] = { 0 };
    struct error err = { 0 };
    struct run *runs = NULL;
    size_t count = 0;
    str token, order_by = str_of(order);
    struct run_search search = { .experiment_ids = experiments,
                                 .experiment_count = 1,
                                 .page = { .filter = str_of(filter),
                                           .order_by = &order_by,
                                           .order_count = order_by.size > 0,
                                           .max_results = 1000 } };
    CHECK_OK(filter, run_search(f->registry, &search, &f->arena, &runs, &count, &token, &err), &err);
    if (ret_first != NULL && count > 0)
        *ret_first = runs[0].run_name;
    return count;
}

/* Run i of 10 starts at i, has acc = i / 10 (NaN for 9), model "tree" or "lin", and, if odd, the tag "odd". */
static void fill(struct fixture *f)
{
    for (int i = 0; i < 10; i++) {
        struct error err = { 0 };
        str run = new_run(f, i), name = arena_printf(&f->arena, "run-%d", i);
        struct metric_point point = { .key = STR("acc"), .value = i == 9 ? NAN : i / 10.0 };
        struct registry_pair param = { STR("model"), i % 2 ? STR("Tree") : STR("lin") };
        struct registry_pair tags[] = { { STR("mlflow.runName"), name }, { STR("odd"), STR("1") } };
        struct run_batch batch = { .metrics = &point,
                                   .metric_count = i != 0,
                                   .params = &param,
                                   .param_count = 1,
                                   .tags = tags,
                                   .tag_count = i % 2 ? 2 : 1 };
        CHECK_OK("log", run_log(f->registry, run, &batch, &err), &err);
    }
}

TEST(searches_find_what_their_filter_says)
{
    static const struct { const char *why, *filter; size_t runs; } cases[] = {
        { "all", "", 10 },
        { "NaN is not above, and a run without the metric neither", "metrics.acc > 0.5", 3 },
        { "NaN is only unequal", "metrics.acc != 0.5", 8 },
        { "several conditions on one key", "metrics.acc > 0.2 AND metrics.acc <= 0.4", 2 },
        { "LIKE minds case", "params.model LIKE 't%'", 0 },
        { "ILIKE does not", "params.model ILIKE 't%'", 5 },
        { "those that lack it", "tags.odd IS NULL", 5 },
        { "unequal wants one that is there", "tags.odd != '2'", 5 },
        { "attributes", "run_name = 'run-3' AND status = 'RUNNING' AND start_time >= 3", 1 },
        { "a quote is only a value", "params.model = ''' OR 1=1 --'", 0 },
    };
    struct fixture f;
    open_fixture(&f);
    fill(&f);
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_INT(cases[i].why, count_runs(&f, cases[i].filter, "", NULL), cases[i].runs);
    close_fixture(&f);
}

TEST(orders_put_nan_and_missing_values_last)
{
    static const struct { const char *why, *order, *first; } cases[] = {
        { "the newest without an order", "", "run-9" },
        { "up", "metrics.acc ASC", "run-1" },
        { "down, with NaN behind", "metrics.acc DESC", "run-8" },
        { "text, then the newest", "params.model", "run-9" },
        { "an attribute", "attributes.run_name", "run-0" },
    };
    struct fixture f;
    open_fixture(&f);
    fill(&f);
    for (size_t i = 0; i < COUNT(cases); i++) {
        str first = { 0 };
        (void)count_runs(&f, "", cases[i].order, &first);
        CHECK_STR(cases[i].why, first, str_of(cases[i].first));
    }
    close_fixture(&f);
}

TEST(pages_do_not_move_while_runs_are_added)
{
    static const int64_t experiments[] = { 0 };
    struct fixture f;
    struct error err = { 0 };
    struct run *runs = NULL;
    size_t count = 0, seen = 0;
    open_fixture(&f);
    fill(&f);
    struct run_search search = { .experiment_ids = experiments, .experiment_count = 1, .page.max_results = 4 };
    do {
        CHECK_OK("page", run_search(f.registry, &search, &f.arena, &runs, &count, &search.page.token, &err), &err);
        for (size_t i = 0; i < count; i++)
            CHECK_INT("by time, each once", runs[i].start_ms, 9 - (int64_t)seen++);
        (void)new_run(&f, 100);
    } while (!str_is_empty(search.page.token));
    CHECK_INT("all that were there", seen, 10);
    search.page.token = STR("junk");
    CHECK_FAILS("a token of nobody's",
                run_search(f.registry, &search, &f.arena, &runs, &count, &search.page.token, &err), ERR_INVALID, &err);
    close_fixture(&f);
}

TEST(data_sets_are_linked_once_and_found_by_context)
{
    struct fixture f;
    struct error err = { 0 };
    open_fixture(&f);
    str run = new_run(&f, 1);
    static const struct registry_pair train[] = { { { "mlflow.data.context", 19 }, { "train", 5 } } };
    static const struct registry_pair eval[] = { { { "mlflow.data.context", 19 }, { "eval", 4 } } };
    struct run_dataset dataset = { .name = STR("wine"),
                                   .digest = STR("abc"),
                                   .source_type = STR("code"),
                                   .source = STR("{}"),
                                   .tags = train,
                                   .tag_count = 1 };
    struct run_inputs inputs = { .datasets = &dataset, .dataset_count = 1 };
    CHECK_OK("link", run_add_inputs(f.registry, run, &inputs, &err), &err);
    dataset.tags = eval;
    CHECK_OK("again", run_add_inputs(f.registry, run, &inputs, &err), &err);
    struct run got = get_run(&f, run);
    CHECK_INT("one", got.dataset_count, 1);
    CHECK_STR("its first tags", got.datasets[0].tags[0].value, STR("train"));
    CHECK_INT("found", count_runs(&f, "dataset.context = 'train' AND dataset.name LIKE 'w%'", "", NULL), 1);
    CHECK_INT("not found", count_runs(&f, "dataset.context = 'eval'", "", NULL), 0);
    struct run_model models[] = { { STR("m-1"), 3 }, { STR("m-1"), 4 } };
    CHECK_OK("outputs", run_add_outputs(f.registry, run, models, 2, &err), &err);
    got = get_run(&f, run);
    CHECK_INT("one of the same model", got.output_count, 1);
    CHECK_INT("its first step", got.outputs[0].step, 3);
    close_fixture(&f);
}

/* ---- many at once ---- */

#define WRITERS 24
#define VALUES 40

struct writer {
    pthread_t thread;
    struct fixture *fixture;
    str run_id;
    int number, failures;
};

static void *write_values(void *argument)
{
    struct writer *writer = argument;
    for (int i = 0; i < VALUES; i++)
        if (log_value(writer->fixture, writer->run_id, STR("m"), writer->number, i, writer->number * VALUES + i) != OK)
            writer->failures++;
    return NULL;
}

TEST(no_write_of_many_writers_is_lost)
{
    struct fixture f;
    struct error err = { 0 };
    struct metric_point *points = NULL;
    size_t count = 0;
    str next;
    static struct writer writers[WRITERS];
    open_fixture(&f);
    str run = new_run(&f, 1);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){ .fixture = &f, .run_id = run, .number = i };
        CHECK_INT("thread", pthread_create(&writers[i].thread, NULL, write_values, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        (void)pthread_join(writers[i].thread, NULL); /* ours, joined once */
        CHECK_INT("no failure", writers[i].failures, 0);
    }
    CHECK_OK("history",
             metric_history(f.registry, run, STR("m"), 0, (str){ 0 }, &f.arena, &points, &count, &next, &err), &err);
    CHECK_INT("all of them", count, WRITERS * VALUES);
    CHECK_INT("the latest step", get_run(&f, run).metrics[0].step, WRITERS * VALUES - 1);
    close_fixture(&f);
}
