/* GET /api/kedge/... - models, analyses, their results over time, and SQL: what the pages under /ui/ read. */
#include <math.h>

#include "api/api_internal.h"
#include "base/number.h"
#include "base/time_text.h"

#define SQL_ROWS_DEFAULT 10000
#define SQL_ROWS_MAX 1000000

/* ---- models ---- */

/* The newest version of the model's reference, or null. */
static enum status write_reference_version(struct json_writer *json, struct api *api, str model, struct arena *arena,
                                           struct error *err)
{
    struct meta_reference reference;
    struct error absent = { 0 };
    enum status status = meta_reference_get(api->options.meta, model, 0, arena, &reference, &absent);
    if (status != OK && status != ERR_NOT_FOUND)
        return error_set(err, status, "%s", absent.cause);
    if (status == OK)
        json_i64(json, "reference_version", reference.version);
    else
        json_null(json, "reference_version");
    return OK;
}

static enum status write_model(struct json_writer *json, struct api *api, const struct model_facts *model,
                               const struct api_settings *settings, struct arena *arena, struct error *err)
{
    struct meta_analysis latest;
    struct error absent = { 0 };
    enum status status = meta_analysis_latest(api->options.meta, model->name, arena, &latest, &absent);
    if (status != OK && status != ERR_NOT_FOUND)
        return error_set(err, status, "%s", absent.cause);
    json_begin_object(json);
    json_str(json, "name", model->name);
    json_str(json, "version", str_is_empty(model->version) ? api_settings_model(settings, model->name)->version : model->version);
    json_u64(json, "events", model->events);
    json_bool(json, "has_reference", model->has_reference);
    TRY(write_reference_version(json, api, model->name, arena, err));
    json_text(json, "schema", api_settings_model(settings, model->name)->is_closed ? "closed" : "open");
    json_array(json, "features");
    for (size_t i = 0; i < model->feature_count; i++)
        json_write_str(json, model->features[i]);
    json_end_array(json);
    if (status == OK) {
        json_object(json, "last_analysis");
        json_i64(json, "id", latest.id);
        api_json_time(json, "created", latest.created_us);
        json_str(json, "verdict", latest.verdict);
        json_str(json, "verdict", latest.verdict);
        json_bool(json, "drifted", latest.is_drifted);
        json_f64(json, "drift_share", latest.drift_share);
        json_u64(json, "drifted_columns", latest.drifted_columns);
        json_u64(json, "evaluated_columns", latest.evaluated_columns);
        json_str(json, "report", arena_printf(arena, "/reports/%.*s", STR_ARG(report_name_print(&latest, arena))));
        json_end_object(json);
    } else {
        json_null(json, "last_analysis");
    }
    json_end_object(json);
    return OK;
}

static enum status get_models(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct model_facts *models = NULL;
    size_t count = 0;
    TRY(model_table_list(api->models, request->arena, &models, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "models");
    for (size_t i = 0; i < count; i++)
        TRY(write_model(&json, api, &models[i], settings, request->arena, err));
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static enum status get_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct model_facts model;
    TRY(model_table_get(api->models, http_request_param(request, "name"), request->arena, &model, err));
    struct json_writer json;
    request->response->content_type = "application/json";
    json_writer_init(&json, &request->response->body, JSON_COMPACT);
    TRY(write_model(&json, api, &model, settings, request->arena, err));
    return json_writer_end(&json) ? OK : error_set(err, ERR_LIMIT, "the answer is too long");
}

/* ---- analyses ---- */

static void write_analysis(struct json_writer *json, const struct meta_analysis *analysis, struct arena *arena)
{
    json_begin_object(json);
    json_i64(json, "id", analysis->id);
    json_str(json, "model_name", analysis->model_name);
    json_str(json, "model_version", analysis->model_version);
    api_json_time(json, "created", analysis->created_us);
    api_json_time(json, "from", analysis->from_us);
    api_json_time(json, "to", analysis->to_us);
    json_raw(json, "window", str_is_empty(analysis->window_json) ? STR("null") : analysis->window_json);
    json_i64(json, "reference_version", analysis->reference_version);
    json_u64(json, "reference_rows", analysis->reference_rows);
    json_u64(json, "rows", analysis->current_rows);
    json_str(json, "verdict", analysis->verdict);
    json_str(json, "verdict", analysis->verdict);
    json_bool(json, "drifted", analysis->is_drifted);
    json_f64(json, "drift_share", analysis->drift_share);
    json_u64(json, "drifted_columns", analysis->drifted_columns);
    json_u64(json, "evaluated_columns", analysis->evaluated_columns);
    json_str(json, "report", arena_printf(arena, "/reports/%.*s", STR_ARG(report_name_print(analysis, arena))));
    json_end_object(json);
}

static enum status get_analyses(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct meta_analysis_filter filter = { .model_name = http_request_query(request, "model"),
                                           .model_version = http_request_query(request, "model_version") };
    uint64_t limit, before;
    TRY(api_query_u64(request, "limit", 0, &limit, err));
    TRY(api_query_u64(request, "before", 0, &before, err));
    filter.limit = limit;
    filter.before_id = (int64_t)MIN_OF(before, (uint64_t)INT64_MAX);
    struct meta_analysis *analyses = NULL;
    size_t count = 0;
    TRY(meta_analysis_list(api->options.meta, &filter, request->arena, &analyses, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "analyses");
    for (size_t i = 0; i < count; i++)
        write_analysis(&json, &analyses[i], request->arena);
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static enum status get_analysis(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    int64_t id;
    str text = http_request_param(request, "id"), document;
    if (!number_parse_i64(text, &id))
        return error_set(err, ERR_NOT_FOUND, "there is no analysis \"%.*s\"", STR_ARG(text));
    TRY(meta_analysis_report(api->options.meta, id, request->arena, &document, err));
    request->response->content_type = "application/json";
    buf_append(&request->response->body, document);
    return OK;
}

static enum status get_results(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    int64_t id;
    str text = http_request_param(request, "id");
    if (!number_parse_i64(text, &id))
        return error_set(err, ERR_NOT_FOUND, "there is no analysis \"%.*s\"", STR_ARG(text));
    struct meta_analysis analysis;
    struct meta_result *results = NULL;
    size_t count = 0;
    TRY(meta_analysis_get(api->options.meta, id, request->arena, &analysis, err)); /* says so where there is none */
    TRY(meta_analysis_results(api->options.meta, id, request->arena, &results, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "results");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        json_str(&json, "name", results[i].name);
        json_str(&json, "column", results[i].column);
        json_str(&json, "method", results[i].method);
        json_f64(&json, "value", results[i].value);
        json_f64(&json, "threshold", results[i].threshold);
        json_bool(&json, "drifted", results[i].is_drifted);
        json_end_object(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static enum status get_series(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct meta_series series = {
        .model_name = api_request_model(settings, request),
        .column = http_request_query(request, "column"),
        .name = http_request_query(request, "result"),
        .method = http_request_query(request, "method"),
    };
    if (str_is_empty(series.name))
        return error_set(err, ERR_INVALID, "query parameter result is missing: drift_share, drift_score, accuracy, ...");
    int64_t to_us;
    TRY(api_query_time(request, "from", 0, &series.created_from_us, err));
    TRY(api_query_time(request, "to", 0, &to_us, err));
    series.created_to_us = to_us;
    struct meta_point *points = NULL;
    size_t count = 0;
    TRY(meta_analysis_series(api->options.meta, &series, request->arena, &points, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_str(&json, "model_name", series.model_name);
    json_str(&json, "result", series.name);
    json_str(&json, "column", series.column);
    json_array(&json, "points");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        json_i64(&json, "analysis_id", points[i].analysis_id);
        api_json_time(&json, "created", points[i].created_us);
        api_json_time(&json, "from", points[i].from_us);
        api_json_time(&json, "to", points[i].to_us);
        json_f64(&json, "value", points[i].value);
        json_f64(&json, "threshold", points[i].threshold);
        json_bool(&json, "drifted", points[i].is_drifted);
        json_end_object(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

/* ---- SQL ---- */

static void write_cell(struct json_writer *json, const struct column *column, size_t row)
{
    char time[TIME_TEXT_MAX];
    switch (column->storage) {
    case STORAGE_NUMBER:
        json_write_f64(json, column->f64[row]); /* missing is NaN is null */
        return;
    case STORAGE_CATEGORY: {
        uint32_t code = column->codes[row];
        if (code == FRAME_MISSING)
            json_write_null(json);
        else if (column->source == SOURCE_BOOLEAN)
            json_write_bool(json, str_equal(column->categories[code], STR("true")));
        else
            json_write_str(json, column->categories[code]);
        return;
    }
    case STORAGE_TIME:
        if (column->us[row] == FRAME_TIME_MISSING)
            json_write_null(json);
        else
            json_write_str(json, (str){ time, time_text_print(column->us[row], time) });
        return;
    case STORAGE_COUNT:
        break;
    }
    json_write_null(json);
}

static enum status read_sql(struct http_request *request, str *ret_sql, uint64_t *ret_rows_max, struct error *err)
{
    struct json_reader json;
    str name;
    bool is_plain = !str_has_prefix(str_trim(request->body), STR("{")); /* the statement itself */
    if (is_plain) {
        *ret_sql = str_trim(request->body);
        return str_is_empty(*ret_sql) ? error_set(err, ERR_INVALID, "the body is empty; wanted a SELECT") : OK;
    }
    json_reader_init(&json, request->body, request->arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &name)) {
        if (str_equal(name, STR("sql")) || str_equal(name, STR("query")))
            json_take_str(&json, ret_sql);
        else if (str_equal(name, STR("limit")))
            json_take_u64(&json, ret_rows_max);
    }
    TRY(json_finish(&json));
    return str_is_empty(*ret_sql) ? error_set(err, ERR_INVALID, "sql is missing") : OK;
}

static enum status post_sql(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str sql = { 0 };
    uint64_t rows_max = SQL_ROWS_DEFAULT;
    TRY(read_sql(request, &sql, &rows_max, err));
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    api_settle(api);
    TRY(event_log_query(api->options.log, sql, MIN_OF(rows_max, (uint64_t)SQL_ROWS_MAX), &frame, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "columns");
    for (size_t i = 0; i < frame->column_count; i++)
        json_write_str(&json, frame->columns[i].name);
    json_end_array(&json);
    json_array(&json, "rows");
    for (size_t row = 0; row < frame->rows && !buf_is_overfull(json.out); row++) {
        json_begin_array(&json);
        for (size_t i = 0; i < frame->column_count; i++)
            write_cell(&json, &frame->columns[i], row);
        json_end_array(&json);
    }
    json_end_array(&json);
    json_u64(&json, "row_count", frame->rows);
    return api_answer_end(&json, err);
}

static enum status get_config(void *self, struct http_request *request, struct error *err)
{
    (void)err;
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    request->response->content_type = "text/yaml; charset=utf-8";
    buf_append(&request->response->body, settings->config_yaml);
    return OK;
}

static const struct api_about about_models = { .tag = "Models" };
static const struct api_about about_analyses = {
    .tag = "Analysis",
    .query = "model: only of this model\nmodel_version: only of this version\nlimit: at most so many, newest first\n"
             "before: only those with a smaller id\n",
};
static const struct api_about about_analysis = { .tag = "Analysis" };
static const struct api_about about_series = {
    .tag = "Analysis",
    .query = "model: the model\nresult: drift_share, drift_score, accuracy, ...\ncolumn: of this column; none = the data set\n"
             "method: only by this method\nfrom: analyses made since\nto: and before\n",
};
static const struct api_about about_sql = {
    .tag = "SQL",
    .body = "{\"type\":\"object\",\"required\":[\"sql\"],\"properties\":{\"sql\":{\"type\":\"string\"},"
            "\"limit\":{\"type\":\"integer\"}}}",
    .example = "{\"sql\":\"SELECT model_name, count(*) AS events FROM events GROUP BY 1\"}",
};
static const struct api_about about_config = { .tag = "Admin", .answer_type = "text/yaml" };

const struct http_route kedge_routes[] = {
    { "GET", "/api/kedge/models", get_models, HTTP_ROUTE_SLOW, "List the models with their last analysis.", &about_models },
    { "GET", "/api/kedge/models/{name}", get_model, HTTP_ROUTE_SLOW, "One model.", &about_models },
    { "GET", "/api/kedge/analyses", get_analyses, HTTP_ROUTE_SLOW, "List analyses, newest first.", &about_analyses },
    { "GET", "/api/kedge/analyses/{id}", get_analysis, HTTP_ROUTE_SLOW, "The report document of an analysis.",
      &about_analysis },
    { "GET", "/api/kedge/analyses/{id}/results", get_results, HTTP_ROUTE_SLOW, "The flat list of an analysis' results.",
      &about_analysis },
    { "GET", "/api/kedge/series", get_series, HTTP_ROUTE_SLOW, "One result over all analyses of a model.", &about_series },
    { "POST", "/api/kedge/sql", post_sql, HTTP_ROUTE_SLOW, "Run a SELECT over the events.", &about_sql },
    { "GET", "/api/kedge/config", get_config, HTTP_ROUTE_QUICK, "The configuration in force, secrets hidden.",
      &about_config },
    { 0 },
};
