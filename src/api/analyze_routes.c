/* POST /analyze - compare a window of stored events with the reference, now; the answer is the whole report. */
#include <math.h>

#include "api/api_internal.h"
#include "api/json_value.h"
#include "base/time_text.h"

#define SEGMENTS_MAX 16

/* What a body may say, over what the model's settings do. */
struct analyze_body {
    struct analysis_request request;
    str segment_names[SEGMENTS_MAX], segment_values[SEGMENTS_MAX];
    int64_t last_span_us; /* INT64_MIN = not said */
};

static enum status read_segment(struct json_reader *json, struct analyze_body *body)
{
    str name;
    size_t count = 0;
    TRY(json_enter_object(json));
    while (json_next_member(json, &name)) {
        if (count == SEGMENTS_MAX)
            return json_fail(json, "more than %d segment keys", SEGMENTS_MAX);
        body->segment_names[count] = name;
        TRY(json_value_name(json, &body->segment_values[count]));
        count++;
    }
    body->request.segment_names = body->segment_names;
    body->request.segment_values = body->segment_values;
    body->request.segment_count = count;
    return json_status(json);
}

static enum status read_last(struct json_reader *json, struct analyze_body *body)
{
    str text = { 0 };
    int64_t span_ms = 0;
    struct error mistake = { 0 };
    TRY(json_take_str(json, &text));
    if (duration_parse(text, &span_ms, &mistake) != OK)
        return json_fail(json, "%s", mistake.cause);
    body->last_span_us = span_ms * 1000;
    return OK;
}

static enum status read_methods(struct json_reader *json, struct analyze_body *body)
{
    str word = { 0 };
    TRY(json_take_str(json, &word));
    if (!str_equal(word, STR("all")))
        return json_fail(json, "expected \"all\"; for one method use \"method\"");
    body->request.use_all_methods = true;
    return OK;
}

static enum status read_share(struct json_reader *json, double *ret_share)
{
    TRY(json_take_f64(json, ret_share));
    if (*ret_share < 0 || *ret_share > 1)
        return json_fail(json, "a share of drifted columns is between 0 and 1");
    return OK;
}

static enum status read_limit(struct json_reader *json, double *ret_limit)
{
    TRY(json_take_f64(json, ret_limit));
    return *ret_limit < 0 ? json_fail(json, "a threshold is not negative") : OK;
}

/* One member; false for a name that is none. */
static bool read_member(struct json_reader *json, str name, struct analyze_body *body)
{
    struct analysis_request *request = &body->request;
    if (str_equal(name, STR("model_name")))
        (void)json_value_name(json, &request->model_name); /* the reader keeps the error */
    else if (str_equal(name, STR("model_version")))
        (void)json_value_name(json, &request->model_version); /* as above, and below */
    else if (str_equal(name, STR("window_size")))
        (void)json_take_u64(json, &request->last_rows);
    else if (str_equal(name, STR("threshold")))
        (void)read_share(json, &request->drift_share);
    else if (str_equal(name, STR("drift_threshold")))
        (void)read_limit(json, &request->drift_threshold);
    else if (str_equal(name, STR("method")))
        (void)json_take_str(json, &request->method);
    else if (str_equal(name, STR("methods")))
        (void)read_methods(json, body);
    else if (str_equal(name, STR("from")))
        (void)json_value_time(json, &request->from_us);
    else if (str_equal(name, STR("to")))
        (void)json_value_time(json, &request->to_us);
    else if (str_equal(name, STR("last")))
        (void)read_last(json, body);
    else if (str_equal(name, STR("segment")))
        (void)read_segment(json, body);
    else if (str_equal(name, STR("reference_version")))
        (void)json_take_i64(json, &request->reference_version);
    else
        return false;
    return true;
}

static enum status read_body(struct http_request *request, struct analyze_body *body, struct error *err)
{
    struct json_reader json;
    str name;
    if (str_is_empty(str_trim(request->body)))
        return OK;
    json_reader_init(&json, request->body, request->arena, err);
    json_enter_object(&json);
    while (json_next_member(&json, &name))
        if (!read_member(&json, name, body)) {
            (void)json_skip_value(&json); /* so that the complaint has its path */
            return json_fail(&json, "unknown; see /docs for what POST /analyze takes");
        }
    return json_finish(&json);
}

/* The model's own window, where the body says nothing about it. */
static void complete(struct analyze_body *body, const struct model_settings *model, int64_t now_us)
{
    struct analysis_request *request = &body->request, configured;
    analysis_request_init(&configured, model, request->model_name, now_us);
    bool has_span = request->from_us != INT64_MIN || request->to_us != INT64_MAX || body->last_span_us != INT64_MIN;
    if (body->last_span_us != INT64_MIN && request->from_us == INT64_MIN)
        request->from_us = now_us - body->last_span_us;
    if (!has_span && request->last_rows == 0) {
        request->last_rows = configured.last_rows;
        request->from_us = configured.from_us;
    }
}

static enum status post_analyze(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct analyze_body body = {
        .request = { .model_name = api_path_model(request), .from_us = INT64_MIN, .to_us = INT64_MAX,
                     .drift_share = NAN, .drift_threshold = NAN, .minimum_rows = 1 },
        .last_span_us = INT64_MIN,
    };
    TRY(read_body(request, &body, err));
    if (str_is_empty(body.request.model_name))
        body.request.model_name = api_request_model(settings, request);
    complete(&body, api_settings_model(settings, body.request.model_name), clock_read_us(api->options.clock));

    struct analysis_outcome outcome;
    TRY(monitor_service_analyze(api->monitor, settings, &body.request, request->arena, &outcome, err));
    request->response->content_type = "application/json";
    buf_printf(&request->response->body, "{\"analysis_id\":%lld,\"report\":\"/reports/%.*s\",", (long long)outcome.id,
               STR_ARG(outcome.report_name));
    buf_append(&request->response->body, str_slice(outcome.report_json, 1, outcome.report_json.size)); /* after its '{' */
    return OK;
}

static enum status post_backfill(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    int64_t from_us, to_us;
    str by = http_request_query(request, "by");
    if (by.data != NULL && !str_equal(by, STR("day")))
        return error_set(err, ERR_INVALID, "query parameter by: expected day, found \"%.*s\"", STR_ARG(by));
    TRY(api_query_time(request, "from", INT64_MIN, &from_us, err));
    TRY(api_query_time(request, "to", INT64_MAX, &to_us, err));
    str model_name = api_request_model(settings, request);
    struct backfill_outcome outcome;
    TRY(monitor_service_backfill(api->monitor, settings, model_name, from_us, to_us, &outcome, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_str(&json, "model_name", model_name);
    json_u64(&json, "analyses", outcome.analyses);
    json_u64(&json, "days_left_out", outcome.days_left_out);
    json_u64(&json, "events_left_out", outcome.rows_left_out);
    json_u64(&json, "minimum", outcome.minimum_rows);
    return api_answer_end(&json, err);
}

static const struct api_about about_analyze = {
    .tag = "Analysis",
    .body = "{\"type\":\"object\",\"properties\":{\"model_name\":{\"type\":\"string\"},"
            "\"model_version\":{\"type\":\"string\"},"
            "\"window_size\":{\"type\":\"integer\",\"description\":\"The newest so many events.\"},"
            "\"from\":{\"type\":\"string\",\"format\":\"date-time\"},\"to\":{\"type\":\"string\",\"format\":\"date-time\"},"
            "\"last\":{\"type\":\"string\",\"description\":\"A span: 24h, 7d.\"},"
            "\"threshold\":{\"type\":\"number\",\"description\":\"Share of drifted columns that makes data set drift.\"},"
            "\"drift_threshold\":{\"type\":\"number\",\"description\":\"Threshold of every column's score.\"},"
            "\"method\":{\"type\":\"string\"},\"methods\":{\"type\":\"string\",\"enum\":[\"all\"]},"
            "\"segment\":{\"type\":\"object\"},\"reference_version\":{\"type\":\"integer\"}}}",
    .example = "{\"window_size\":500,\"threshold\":0.5}",
    .answer = "{\"type\":\"object\",\"properties\":{\"analysis_id\":{\"type\":\"integer\"},"
              "\"report\":{\"type\":\"string\"},\"verdict\":{\"type\":\"string\"},\"summary\":{\"type\":\"array\"},"
              "\"dataset_drift\":{\"type\":\"object\"},\"columns\":{\"type\":\"array\"},\"tests\":{\"type\":\"array\"}}}",
};
static const struct api_about about_backfill = {
    .tag = "Analysis",
    .query = "by: day\nfrom: first moment\nto: first moment that is not\nmodel_name: the model\n",
    .answer = "{\"type\":\"object\",\"properties\":{\"model_name\":{\"type\":\"string\"},"
              "\"analyses\":{\"type\":\"integer\"},"
              "\"days_left_out\":{\"type\":\"integer\",\"description\":\"Days that have events, but fewer than the minimum.\"},"
              "\"events_left_out\":{\"type\":\"integer\",\"description\":\"Events of those days.\"},"
              "\"minimum\":{\"type\":\"integer\",\"description\":\"window.minimum of the model.\"}}}",
};

const struct http_route analyze_routes[] = {
    { "POST", "/analyze", post_analyze, HTTP_ROUTE_SLOW, "Compare a window of events with the reference.",
      &about_analyze },
    { "POST", "/models/{name}/analyze", post_analyze, HTTP_ROUTE_SLOW,
      "Compare a window of this model's events with its reference.", &about_analyze },
    { "POST", "/api/kedge/backfill", post_backfill, HTTP_ROUTE_SLOW, "Analyse the past, one day after the other.",
      &about_backfill },
    { 0 },
};
