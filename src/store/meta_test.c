#include "store/meta.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/test.h"

static struct meta *open_meta(const char *folder)
{
    struct error err = { 0 };
    struct meta *meta = NULL;
    CHECK_OK("opens", meta_open(folder, &meta, &err), &err);
    return meta;
}

static int64_t add_analysis(struct meta *meta, const char *model, int64_t created_us, double psi)
{
    struct error err = { 0 };
    struct meta_result results[] = {
        { .column = STR("age"), .name = STR("drift"), .method = STR("psi"), .value = psi, .threshold = 0.1,
          .is_drifted = psi > 0.1 },
        { .column = STR(""), .name = STR("rows"), .method = STR(""), .value = NAN, .threshold = NAN },
    };
    struct meta_analysis analysis = {
        .model_name = str_of(model), .model_version = STR("1"), .created_us = created_us, .from_us = INT64_MIN,
        .to_us = created_us, .window_json = STR("{\"last\":100}"), .reference_version = 2, .reference_rows = 178,
        .current_rows = 100, .is_drifted = psi > 0.1, .drift_share = psi, .drifted_columns = 1, .evaluated_columns = 13,
        .verdict = psi > 0.1 ? STR("drift") : STR("ok"),
    };
    int64_t id = 0;
    CHECK_OK("adds", meta_analysis_add(meta, &analysis, results, 2, STR("{\"report\": true}"), &id, &err), &err);
    return id;
}

TEST(meta_keeps_an_analysis_with_results_and_report_over_a_restart)
{
    const char *folder = test_folder();
    struct meta *meta = open_meta(folder);
    int64_t id = add_analysis(meta, "wine", 1000, 0.25);
    meta_close(meta);
    meta = open_meta(folder);
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct meta_analysis analysis = { 0 };
    CHECK_OK("latest", meta_analysis_latest(meta, STR("wine"), &arena, &analysis, &err), &err);
    CHECK_INT("id", analysis.id, id);
    CHECK_STR("window", analysis.window_json, STR("{\"last\":100}"));
    CHECK_INT("an open window", analysis.from_us, INT64_MIN);
    CHECK_STR("verdict", analysis.verdict, STR("drift"));
    CHECK("drift", analysis.is_drifted && analysis.drifted_columns == 1 && analysis.evaluated_columns == 13);
    str report = STR("");
    CHECK_OK("report", meta_analysis_report(meta, id, &arena, &report, &err), &err);
    CHECK_STR("report", report, STR("{\"report\": true}"));
    struct meta_result *results = NULL;
    size_t count = 0;
    CHECK_OK("results", meta_analysis_results(meta, id, &arena, &results, &count, &err), &err);
    CHECK_INT("in order", count, 2);
    CHECK_STR("column", results[0].column, STR("age"));
    CHECK_NEAR("value", results[0].value, 0.25, 0);
    CHECK("no value is NaN", isnan(results[1].value) && isnan(results[1].threshold));
    CHECK_FAILS("an unknown analysis", meta_analysis_get(meta, 99, &arena, &analysis, &err), ERR_NOT_FOUND, &err);
    arena_done(&arena);
    meta_close(meta);
}

TEST(meta_lists_and_charts_analyses_by_model_and_time)
{
    struct meta *meta = open_meta(test_folder());
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    int64_t ids[4];
    for (int i = 0; i < 4; i++)
        ids[i] = add_analysis(meta, "wine", 1000 * (i + 1), 0.1 * i);
    (void)add_analysis(meta, "bikes", 2500, 0.5);
    const struct {
        const char *why;
        struct meta_analysis_filter filter;
        size_t count;
        int64_t first;
    } cases[] = {
        { "all of a model, newest first", { .model_name = STR("wine") }, 4, ids[3] },
        { "of a time", { .model_name = STR("wine"), .created_from_us = 2000, .created_to_us = 4000 }, 2, ids[2] },
        { "the next page", { .model_name = STR("wine"), .before_id = ids[2], .limit = 1 }, 1, ids[1] },
        { "all models", { .limit = 3 }, 3, ids[3] + 1 },
        { "no such version", { .model_version = STR("2") }, 0, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct meta_analysis *analyses = NULL;
        size_t count = 0;
        CHECK_OK(cases[i].why, meta_analysis_list(meta, &cases[i].filter, &arena, &analyses, &count, &err), &err);
        CHECK_INT(cases[i].why, count, cases[i].count);
        if (count > 0)
            CHECK_INT(cases[i].why, analyses[0].id, cases[i].first);
    }
    struct meta_series series = { .model_name = STR("wine"), .column = STR("age"), .name = STR("drift") };
    struct meta_point *points = NULL;
    size_t count = 0;
    CHECK_OK("series", meta_analysis_series(meta, &series, &arena, &points, &count, &err), &err);
    CHECK_INT("one point an analysis", count, 4);
    CHECK("oldest first", points[0].created_us == 1000 && points[3].created_us == 4000);
    CHECK_NEAR("values", points[3].value, 0.1 * 3, 1e-15);
    CHECK("verdicts", !points[0].is_drifted && points[3].is_drifted);
    series.method = STR("ks");
    CHECK_OK("another method", meta_analysis_series(meta, &series, &arena, &points, &count, &err), &err);
    CHECK_INT("has no points", count, 0);
    arena_done(&arena);
    meta_close(meta);
}

TEST(meta_retention_keeps_the_newest_analysis_of_each_model)
{
    struct meta *meta = open_meta(test_folder());
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    int64_t old = add_analysis(meta, "wine", 1000, 0);
    int64_t newer = add_analysis(meta, "wine", 2000, 0);
    int64_t only = add_analysis(meta, "bikes", 500, 0);
    uint64_t dropped = 0;
    CHECK_OK("drops", meta_drop_before(meta, 3000, &dropped, &err), &err);
    CHECK_INT("one", dropped, 1);
    struct meta_analysis analysis;
    str report;
    CHECK_FAILS("the old one", meta_analysis_get(meta, old, &arena, &analysis, &err), ERR_NOT_FOUND, &err);
    error_clear(&err);
    CHECK_FAILS("and its report", meta_analysis_report(meta, old, &arena, &report, &err), ERR_NOT_FOUND, &err);
    CHECK_OK("the newest stays", meta_analysis_get(meta, newer, &arena, &analysis, &err), &err);
    CHECK_OK("of each model", meta_analysis_report(meta, only, &arena, &report, &err), &err);
    arena_done(&arena);
    meta_close(meta);
}

TEST(meta_models_reports_and_schedules_are_put_again)
{
    struct meta *meta = open_meta(test_folder());
    struct arena arena;
    arena_init(&arena, 0);
    struct error err = { 0 };
    struct meta_model model = { STR("wine"), STR(""), 5 };
    CHECK_OK("a model", meta_model_put(meta, &model, &err), &err);
    model = (struct meta_model){ STR("wine"), STR("{\"closed\":true}"), 9 };
    CHECK_OK("again", meta_model_put(meta, &model, &err), &err);
    CHECK_OK("gets", meta_model_get(meta, STR("wine"), &arena, &model, &err), &err);
    CHECK_STR("the new schema", model.schema_json, STR("{\"closed\":true}"));
    CHECK_INT("made when it first came", model.created_us, 5);
    struct meta_model *models;
    size_t count;
    CHECK_OK("lists", meta_model_list(meta, &arena, &models, &count, &err), &err);
    CHECK_INT("one", count, 1);

    struct meta_report report = { .name = STR("daily"), .model_name = STR("wine"), .created_us = 7,
                                  .media_type = STR("text/html") };
    CHECK_OK("a report", meta_report_put(meta, &report, STR("<html>"), &err), &err);
    CHECK_OK("again", meta_report_put(meta, &report, STR("<html>2"), &err), &err);
    str body = STR("");
    CHECK_OK("gets", meta_report_get(meta, STR("daily"), &arena, &report, &body, &err), &err);
    CHECK_STR("the new body", body, STR("<html>2"));
    CHECK_INT("its size", report.bytes, 7);
    struct meta_report *reports;
    CHECK_OK("lists", meta_report_list(meta, STR("wine"), &arena, &reports, &count, &err), &err);
    CHECK_INT("one", count, 1);
    CHECK_FAILS("an unknown report", meta_report_get(meta, STR("x"), &arena, &report, NULL, &err), ERR_NOT_FOUND, &err);

    struct meta_schedule schedule = { 1, 1 };
    CHECK_OK("one that never ran", meta_schedule_get(meta, STR("nightly"), &schedule, &err), &err);
    CHECK("is zeros", schedule.last_run_us == 0 && schedule.last_rows == 0);
    CHECK_OK("puts", meta_schedule_put(meta, STR("nightly"), &(struct meta_schedule){ 42, 7 }, &err), &err);
    CHECK_OK("gets", meta_schedule_get(meta, STR("nightly"), &schedule, &err), &err);
    CHECK("as put", schedule.last_run_us == 42 && schedule.last_rows == 7);
    arena_done(&arena);
    meta_close(meta);
}

TEST(meta_refuses_what_is_no_database_or_a_newer_one)
{
    struct error err = { 0 };
    struct meta *meta = NULL;
    char path[512];
    (void)snprintf(path, sizeof path, "%s/meta.sqlite", test_folder());
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    CHECK("writes", fd >= 0 && write(fd, "this is no database, but it is long enough to be read as one....", 64) == 64);
    CHECK_INT("closes", close(fd), 0);
    CHECK_FAILS("text", meta_open(test_folder(), &meta, &err), ERR_CORRUPT, &err);
    CHECK("names the file", strstr(err.cause, "meta.sqlite") != NULL);

    CHECK_INT("removes", unlink(path), 0);
    meta_close(open_meta(test_folder()));
    fd = open(path, O_WRONLY);
    static const char version[] = { 0, 0, 3, (char)0xe7 }; /* user_version, big endian, at offset 60 of the file */
    CHECK("patches", fd >= 0 && pwrite(fd, version, 4, 60) == 4);
    CHECK_INT("closes", close(fd), 0);
    error_clear(&err);
    CHECK_FAILS("layout 999", meta_open(test_folder(), &meta, &err), ERR_CONFLICT, &err);
}
