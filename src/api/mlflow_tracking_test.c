/* MLflow's dialect over a loopback connection: what requests may look like, and what errors say. */
#include "api/api.h"
#include "api/api_internal.h"
#include "base/test.h"
#include "net/http_loopback.h"
#include "registry/registry.h"

#define AT "/api/2.0/mlflow/"

struct fixture {
    struct event_log *log;
    struct meta *meta;
    struct reference_store *references;
    struct registry *registry;
    struct api *api;
    struct arena arena;
    str run_id;
};

static struct http_loopback_answer ask(struct fixture *fixture, const char *method, const char *target,
                                       const char *body)
{
    struct http_loopback_call call = { .method = method, .target = target, .body = str_of(body),
                                       .headers = { { STR("Content-Type"), STR("application/json") } } };
    return http_loopback(api_handle, fixture->api, &call, &fixture->arena);
}

/* "RUN" in the text stands for the run's id. */
static const char *with_run(struct fixture *fixture, const char *text)
{
    const char *place = strstr(text, "RUN");
    return place == NULL ? text
                         : arena_printf(&fixture->arena, "%.*s%.*s%s", (int)(place - text), text,
                                        STR_ARG(fixture->run_id), place + 3)
                               .data;
}

static void open_fixture(struct fixture *fixture)
{
    struct error err = { 0 };
    *fixture = (struct fixture){ 0 };
    arena_init(&fixture->arena, 0);
    const char *folder = test_folder();
    CHECK_OK("log", event_log_open(&(struct event_log_options){ .folder = folder }, &fixture->log, &err), &err);
    CHECK_OK("meta", meta_open(folder, &fixture->meta, &err), &err);
    CHECK_OK("references", reference_store_open(folder, fixture->meta, &fixture->references, &err), &err);
    CHECK_OK("registry", registry_open(fixture->meta, &clock_system, &fixture->registry, &err), &err);
    struct api_options options = { .log = fixture->log, .meta = fixture->meta, .references = fixture->references,
                                   .registry = fixture->registry, .data_folder = folder, .version = "test",
                                   .clock = &clock_system };
    struct api_settings *settings = api_settings_new();
    analysis_options_init(&settings->defaults.options);
    CHECK_OK("api", api_open(&options, settings, &fixture->api, &err), &err);
    str answer =
        ask(fixture, "POST", AT "runs/create", "{\"experiment_id\":\"0\",\"start_time\":\"5\",\"run_name\":\"first\"}")
            .body;
    const char *id = strstr(answer.data, "\"run_id\":\"");
    CHECK("a run", id != NULL);
    if (id != NULL)
        fixture->run_id = (str){ id + 10, 32 };
}

static void close_fixture(struct fixture *fixture)
{
    api_close(fixture->api);
    registry_close(fixture->registry);
    reference_store_close(fixture->references);
    meta_close(fixture->meta);
    event_log_close(fixture->log);
    arena_done(&fixture->arena);
}

TEST(requests_are_read_as_mlflows_clients_write_them)
{
    static const struct {
        const char *why, *method, *target, *body;
        int code;
        const char *has; /* in the answer */
    } cases[] = {
        { "numbers as text, null as absent, a stranger's field", "POST", AT "runs/log-metric",
          "{\"run_uuid\":\"RUN\",\"key\":\"m\",\"value\":\"NaN\",\"timestamp\":\"7\",\"step\":null,\"x\":{}}", 200,
          "{}" },
        { "a time with a fraction", "POST", AT "runs/log-metric",
          "{\"run_id\":\"RUN\",\"key\":\"n\",\"value\":1,\"timestamp\":1700000000000.5}", 200, "{}" },
        { "the last of a name counts", "POST", AT "runs/set-tag",
          "{\"run_id\":\"RUN\",\"key\":\"a\",\"key\":\"t\",\"value\":\"\"}", 200, "{}" },
        { "the run with all that", "GET", AT "runs/get?run_uuid=x&run_id=RUN", "", 200,
          "\"metrics\":[{\"key\":\"m\",\"value\":\"NaN\",\"timestamp\":7,\"step\":0},{\"key\":\"n\",\"value\":1,"
          "\"timestamp\":1700000000000,\"step\":0}]" },
        { "the mirror of the web pages", "GET", "/ajax-api/2.0/mlflow/metrics/get-history?run_id=RUN&metric_key=n", "",
          200, "{\"metrics\":[{\"key\":\"n\",\"value\":1,\"timestamp\":1700000000000,\"step\":0}]}" },
        { "a body in a text", "POST", AT "experiments/create", "\"{\\\"name\\\":\\\"e\\\"}\"", 200,
          "{\"experiment_id\":\"1\"}" },
        { "a taken name", "POST", AT "experiments/create", "{\"name\":\"e\"}", 400,
          "{\"error_code\":\"RESOURCE_ALREADY_EXISTS\",\"message\":\"Experiment(name=e) already exists.\"}" },
        { "lists in a query", "GET", AT "experiments/search?max_results=5&order_by=name+DESC&order_by=experiment_id",
          "", 200, "\"name\":\"e\"" },
        { "no body", "POST", AT "runs/log-metric", "", 400,
          "Missing value for required parameter 'run_id'. See the API docs" },
        { "a broken body", "POST", AT "runs/log-metric", "{\"run_id\":", 400,
          "Missing value for required parameter 'run_id'" },
        { "missing in a list", "POST", AT "runs/log-batch",
          "{\"run_id\":\"RUN\",\"metrics\":[{\"key\":\"k\",\"value\":1}]}", 400,
          "Missing value for required parameter 'metrics[0].timestamp'" },
        { "a number for a text", "POST", AT "runs/set-tag", "{\"run_id\":\"RUN\",\"key\":5,\"value\":\"x\"}", 400,
          "Invalid value 5 for parameter 'key' supplied:  Hint: Value was of type 'int'. See the API docs" },
        { "a text for a number", "POST", AT "runs/log-metric",
          "{\"run_id\":\"RUN\",\"key\":\"m\",\"value\":\"abc\",\"timestamp\":1}", 400,
          "Invalid value \\\"abc\\\" for parameter 'value' supplied" },
        { "an object for a list", "POST", AT "runs/log-batch", "{\"run_id\":\"RUN\",\"tags\":{\"key\":\"a\"}}", 400,
          "for parameter 'tags' supplied:  Hint: Value was of type 'dict'" },
        { "no such run", "GET", AT "runs/get?run_id=nope", "", 404,
          "{\"error_code\":\"RESOURCE_DOES_NOT_EXIST\",\"message\":\"Run with id=nope not found\"}" },
        { "no such experiment's id", "GET", AT "experiments/get?experiment_id=abc", "", 400,
          "Invalid experiment ID 'abc'. Experiment ID must be a valid integer." },
        { "no results", "POST", AT "runs/search", "{\"experiment_ids\":[\"0\"],\"max_results\":0}", 400,
          "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer" },
        { "no experiments, no runs", "POST", AT "runs/search", "{}", 200, "{}" },
        { "an unknown status changes nothing", "POST", AT "runs/update", "{\"run_id\":\"RUN\",\"status\":\"DONE\"}",
          200, "\"status\":\"RUNNING\"" },
        { "a status by number", "POST", AT "runs/update", "{\"run_id\":\"RUN\",\"status\":3,\"end_time\":9}", 200,
          "\"status\":\"FINISHED\",\"start_time\":5,\"end_time\":9" },
        { "no such call", "GET", AT "experiments/list", "", 404, "\"error_code\":\"ENDPOINT_NOT_FOUND\"" },
        { "a trace of nobody", "GET", "/api/3.0/mlflow/traces/tr-1", "", 404,
          "\"error_code\":\"RESOURCE_DOES_NOT_EXIST\"" },
        { "the protocol's version", "GET", "/version", "", 200, "3." },
    };
    struct fixture fixture;
    open_fixture(&fixture);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_loopback_answer answer = ask(&fixture, cases[i].method, with_run(&fixture, cases[i].target),
                                                 with_run(&fixture, cases[i].body));
        CHECK_INT(cases[i].why, answer.status_code, cases[i].code);
        if (strstr(answer.body.data, cases[i].has) == NULL)
            test_fail(__FILE__, __LINE__, "%s: answered %s", cases[i].why, answer.body.data);
    }
    close_fixture(&fixture);
}

TEST(a_post_of_another_type_is_refused)
{
    struct fixture fixture;
    open_fixture(&fixture);
    struct http_loopback_call call = { .method = "POST", .target = AT "runs/search", .body = STR("{}"),
                                       .headers = { { STR("Content-Type"), STR("text/plain") } } };
    struct http_loopback_answer answer = http_loopback(api_handle, fixture.api, &call, &fixture.arena);
    CHECK_INT("400", answer.status_code, 400);
    CHECK("says which", strstr(answer.body.data, "Content-Type must be one of ['application/json'].") != NULL);
    close_fixture(&fixture);
}

TEST(an_interval_of_a_history_keeps_both_ends)
{
    struct fixture fixture;
    open_fixture(&fixture);
    for (int step = 0; step < 20; step++) {
        const char *body =
            arena_printf(&fixture.arena, "{\"run_id\":\"%.*s\",\"key\":\"m\",\"value\":%d,\"timestamp\":1,\"step\":%d}",
                         STR_ARG(fixture.run_id), step, step)
                .data;
        CHECK_INT("logged", ask(&fixture, "POST", AT "runs/log-metric", body).status_code, 200);
    }
    static const struct { const char *why, *query; size_t points; int code; } cases[] = {
        { "all", "", 20, 200 },
        { "three of them", "&max_results=3", 3, 200 },
        { "a range", "&start_step=5&end_step=9", 5, 200 },
        { "only one end", "&start_step=5", 0, 400 },
        { "the wrong way round", "&start_step=5&end_step=4", 0, 400 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *target =
            arena_printf(&fixture.arena, AT "metrics/get-history-bulk-interval?run_ids=%.*s&metric_key=m%s",
                         STR_ARG(fixture.run_id), cases[i].query)
                .data;
        struct http_loopback_answer answer = ask(&fixture, "GET", target, "");
        size_t points = 0;
        for (const char *at = answer.body.data; (at = strstr(at, "\"step\":")) != NULL; at++)
            points++;
        CHECK_INT(cases[i].why, answer.status_code, cases[i].code);
        CHECK_INT(cases[i].why, points, cases[i].points);
    }
    close_fixture(&fixture);
}
