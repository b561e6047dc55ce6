/* Handlers over a loopback connection and stores in a temporary folder, with a clock that tests turn. */
#include "api/api.h"

#include "api/api_internal.h"
#include "api/scheduler.h"
#include "base/test.h"
#include "net/http_loopback.h"

#define US_PER_S ((int64_t)1000000)

struct fixture {
    struct event_log *log;
    struct meta *meta;
    struct reference_store *references;
    struct api *api;
    int64_t now_us;
    struct clock clock;
    struct arena arena;
};

static struct api_settings *settings_of(const char *schedule, bool is_closed)
{
    struct error err = { 0 };
    struct api_settings *settings = api_settings_new();
    settings->analysis_rows_max = 1000000;
    settings->defaults.version = STR("1");
    settings->defaults.is_closed = is_closed;
    settings->defaults.window_rows = 1000;
    settings->defaults.minimum_rows = 30;
    analysis_options_init(&settings->defaults.options);
    settings->defaults.options.target = STR("target");
    settings->defaults.options.prediction = STR("prediction");
    settings->defaults.options.timestamp = STR("timestamp");
    CHECK_OK("schedule", schedule_parse(str_of(schedule), &settings->defaults.schedule, &err), &err);
    return settings;
}

static void open_fixture(struct fixture *fixture, const char *schedule, bool is_closed)
{
    struct error err = { 0 };
    static int opened; /* a test may open several, each on a folder of its own */
    *fixture = (struct fixture){ .now_us = 1700000000 * US_PER_S };
    fixture->clock = clock_fake(&fixture->now_us);
    arena_init(&fixture->arena, 0);
    const char *folder = arena_printf(&fixture->arena, "%s/%d", test_folder(), opened++).data;
    CHECK_OK("log", event_log_open(&(struct event_log_options){ .folder = folder }, &fixture->log, &err), &err);
    CHECK_OK("meta", meta_open(folder, &fixture->meta, &err), &err);
    CHECK_OK("references", reference_store_open(folder, fixture->meta, &fixture->references, &err), &err);
    struct api_options options = { .log = fixture->log, .meta = fixture->meta, .references = fixture->references,
                                   .data_folder = folder, .version = "test", .clock = &fixture->clock,
                                   .pages = { .report_prefix = STR("<html>"), .report_suffix = STR("</html>") } };
    CHECK_OK("api", api_open(&options, settings_of(schedule, is_closed), &fixture->api, &err), &err);
}

static void close_fixture(struct fixture *fixture)
{
    api_close(fixture->api);
    reference_store_close(fixture->references);
    meta_close(fixture->meta);
    event_log_close(fixture->log);
    arena_done(&fixture->arena);
}

static struct http_loopback_answer ask(struct fixture *fixture, const char *method, const char *target, const char *body)
{
    struct http_loopback_call call = { .method = method, .target = target, .body = str_of(body) };
    return http_loopback(api_handle, fixture->api, &call, &fixture->arena);
}

/* [{"features": {"x": i + shift}, "prediction": i % 2}, ...], or rows of a reference. */
static const char *rows(struct fixture *fixture, size_t count, double shift, bool is_reference)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, is_reference ? "%s{\"x\":%g,\"prediction\":%zu}" : "%s{\"features\":{\"x\":%g},\"prediction\":%zu}",
                   i == 0 ? "[" : ",", (double)i + shift, i % 2);
    buf_append(&text, STR("]"));
    const char *copy = arena_copy(&fixture->arena, buf_str(&text)).data;
    buf_done(&text);
    return copy;
}

static bool holds(str body, const char *part)
{
    return strstr(body.data, part) != NULL; /* loopback bodies are terminated */
}

TEST(a_request_and_its_answer)
{
    static const struct {
        const char *why, *method, *target, *body;
        int status_code;
        const char *holds;
    } steps[] = {
        { "an event", "POST", "/models/m/capture", "{\"features\":{\"x\":1},\"prediction\":1,\"prediction_id\":\"a\"}", 200,
          "\"stored\":1,\"duplicates\":0,\"prediction_id\":\"a\"" },
        { "the same again changes nothing", "POST", "/models/m/capture",
          "{\"features\":{\"x\":1},\"prediction\":1,\"prediction_id\":\"a\"}", 200, "\"stored\":0,\"duplicates\":1" },
        { "two models in one request", "POST", "/capture/batch",
          "[{\"features\":{\"x\":1},\"model_name\":\"p\"},{\"features\":{\"y\":1},\"model_name\":\"q\"}]", 200, "\"stored\":2" },
        { "a feature that the first event did not have", "POST", "/models/m/capture", "{\"features\":{\"z\":1}}", 422,
          "features.z is not a feature" },
        { "its label", "POST", "/models/m/labels", "{\"prediction_id\":\"a\",\"target\":1}", 200, "\"matched\":1" },
        { "a label before its event", "POST", "/models/m/labels", "{\"prediction_id\":\"later\",\"target\":1}", 200,
          "\"waiting\":1" },
        { "no reference yet", "POST", "/models/m/analyze", "{}", 404, "\"not_found\"" },
        { "an option that is none", "POST", "/models/m/analyze", "{\"windw_size\":5}", 422, "windw_size" },
        { "a share beyond one", "POST", "/models/m/analyze", "{\"threshold\":2}", 422, "threshold" },
        { "the count of events", "GET", "/production-data?model_name=m", "", 200, "\"rows\":1" },
        { "a query", "POST", "/api/kedge/sql", "SELECT count(*) AS n FROM events", 200, "\"rows\":[[3]]" },
        { "what is no query", "POST", "/api/kedge/sql", "DROP TABLE events", 422, "\"invalid\"" },
        { "one model's data goes", "DELETE", "/models/p/production-data", "", 200, "\"rows\":1" },
        { "an unknown model", "GET", "/api/kedge/models/nobody", "", 404, "nobody" },
        { "an unknown report", "GET", "/reports/m-20200101T000000Z-99", "", 404, "\"not_found\"" },
        { "a reload without a configuration", "POST", "/-/reload", "", 503, "\"unavailable\"" },
    };
    struct fixture fixture;
    open_fixture(&fixture, "off", true);
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct http_loopback_answer answer = ask(&fixture, steps[i].method, steps[i].target, steps[i].body);
        CHECK_INT(steps[i].why, answer.status_code, steps[i].status_code);
        CHECK(steps[i].why, holds(answer.body, steps[i].holds));
    }
    close_fixture(&fixture);
}

TEST(an_analysis_from_reference_to_metrics)
{
    struct fixture fixture;
    open_fixture(&fixture, "off", true);
    CHECK_INT("reference", ask(&fixture, "POST", "/models/m/reference", rows(&fixture, 200, 0, true)).status_code, 201);
    CHECK_INT("events", ask(&fixture, "POST", "/models/m/capture/batch", rows(&fixture, 200, 500, false)).status_code, 200);
    struct http_loopback_answer answer = ask(&fixture, "POST", "/models/m/analyze", "{\"window_size\":100}");
    CHECK_INT("analysed", answer.status_code, 200);
    CHECK("values that all moved have drifted", holds(answer.body, "\"name\":\"x\"") && holds(answer.body, "\"drifted\":true"));
    CHECK("the newest hundred", holds(answer.body, "\"current\":{\"rows\":100"));
    CHECK("its report is named after model, time and number", holds(answer.body, "/reports/m-20231114T221320Z-1"));

    answer = ask(&fixture, "GET", "/reports/m-20231114T221320Z-1", "");
    CHECK("the page is around the document", holds(answer.body, "<html>{\"kedge\"") && holds(answer.body, "}</html>"));
    answer = ask(&fixture, "GET", "/reports/m-20231114T221320Z-1.json", "");
    CHECK_INT("the document alone", answer.body.data[0], '{');
    answer = ask(&fixture, "GET", "/metrics", "");
    CHECK("the drift flag of the column", holds(answer.body, "evidently_feature_drift{feature_name=\"x\",model_name=\"m\"} 1"));
    CHECK("the run is counted", holds(answer.body, "evidently_analysis_total{model_name=\"m\",status=\"success\"} 1"));
    close_fixture(&fixture);
}

TEST(schedules_by_rows_and_by_time)
{
    static const struct {
        const char *why, *schedule;
        size_t events;
        int64_t wait_s;
        size_t first_runs, second_runs; /* of a look then, and of another right after it */
    } cases[] = {
        { "off never runs", "off", 100, 100000, 0, 0 },
        { "rows: enough", "every 50 rows", 50, 1, 1, 0 },
        { "rows: one too few", "every 50 rows", 49, 100000, 0, 0 },
        { "time: not yet", "every 15m", 100, 899, 0, 0 },
        { "time: due", "every 15m", 100, 900, 1, 0 },
        { "cron: the full hour after 22:13", "0 * * * *", 100, 47 * 60, 1, 0 },
        { "cron: a second before it", "0 * * * *", 100, 46 * 60 + 39, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture fixture;
        open_fixture(&fixture, cases[i].schedule, true);
        int64_t started_us = fixture.now_us;
        CHECK_INT("reference", ask(&fixture, "POST", "/models/m/reference", rows(&fixture, 50, 0, true)).status_code, 201);
        const char *events = rows(&fixture, cases[i].events, 0, false);
        CHECK_INT("events", ask(&fixture, "POST", "/models/m/capture/batch", events).status_code, 200);
        fixture.now_us += cases[i].wait_s * US_PER_S;
        CHECK_INT(cases[i].why, scheduler_look(fixture.api, started_us, fixture.now_us), cases[i].first_runs);
        CHECK_INT(cases[i].why, scheduler_look(fixture.api, started_us, fixture.now_us), cases[i].second_runs);
        close_fixture(&fixture);
    }
}

TEST(new_settings_hold_from_the_next_request_on)
{
    struct fixture fixture;
    open_fixture(&fixture, "off", true);
    CHECK_INT("the first event", ask(&fixture, "POST", "/models/m/capture", "{\"features\":{\"x\":1}}").status_code, 200);
    CHECK_INT("closed", ask(&fixture, "POST", "/models/m/capture", "{\"features\":{\"y\":1}}").status_code, 422);
    api_replace_settings(fixture.api, settings_of("off", false));
    CHECK_INT("open", ask(&fixture, "POST", "/models/m/capture", "{\"features\":{\"y\":1}}").status_code, 200);
    close_fixture(&fixture);
}

TEST(report_names_come_back)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct meta_analysis analysis = { .id = 17, .model_name = STR("a b/<c>"), .created_us = 1700000000 * US_PER_S + 5 };
    int64_t id = 0;
    str name = report_name_print(&analysis, &arena);
    CHECK_STR("safe in URLs and file names", name, STR("a-b--c--20231114T221320Z-17"));
    CHECK("and back", report_name_parse(name, &id) && id == 17);
    CHECK("no number", !report_name_parse(STR("report-"), &id));
    CHECK("not a number", !report_name_parse(STR("report-x1"), &id));
    arena_done(&arena);
}
