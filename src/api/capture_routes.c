/* POST /capture, /capture/batch - predictions into the event log.
 *
 * The body is read on the thread that received it; then the request sleeps until the log's group commit has made
 * its events durable, so that one fsync serves all requests that wait at the moment. */
#include <stdatomic.h>

#include "api/api_internal.h"

/* The events of one model version on their way to the log. */
struct part {
    struct capture *capture;
    struct event_group *group;
    struct arena *arena, own_arena; /* the log's while it has the part */
    enum status status;
    struct error err;
    struct event_append_result result;
};

struct capture {
    struct api *api;
    struct http_request *request;
    const struct event_reading *reading;
    bool is_single; /* POST of one event: the answer has its id, not a list */
    struct part *parts;
    atomic_size_t pending; /* acq_rel: the last one to finish sees what the others wrote */
};

static void write_ids(struct json_writer *json, const struct capture *capture)
{
    const struct event_reading *reading = capture->reading;
    str *ids = arena_array(capture->request->arena, str, reading->events);
    if (ids == NULL)
        return;
    for (size_t p = 0; p < reading->group_count; p++)
        for (size_t row = 0; row < reading->groups[p].batch.rows; row++)
            ids[reading->groups[p].event_indexes[row]] = capture->parts[p].result.prediction_ids[row];
    json_array(json, "prediction_ids");
    for (size_t i = 0; i < reading->events; i++)
        json_write_str(json, ids[i]);
    json_end_array(json);
}

static enum status write_answer(const struct capture *capture, struct error *err)
{
    const struct event_reading *reading = capture->reading;
    size_t stored = 0, duplicates = 0;
    bool has_fresh_ids = false;
    for (size_t p = 0; p < reading->group_count; p++) {
        stored += capture->parts[p].result.stored;
        duplicates += capture->parts[p].result.duplicates;
        has_fresh_ids |= reading->groups[p].has_missing_ids;
    }
    struct json_writer json;
    api_answer_begin(capture->request, &json);
    json_text(&json, "status", "stored");
    json_u64(&json, "stored", stored);
    json_u64(&json, "duplicates", duplicates);
    if (capture->is_single)
        json_str(&json, "prediction_id", capture->parts[0].result.prediction_ids[0]);
    else if (has_fresh_ids)
        write_ids(&json, capture); /* who gave ids knows them */
    return api_answer_end(&json, err);
}

/* The first failure of a part, said with how far the others came. */
static enum status failure_of(struct capture *capture, struct error *err)
{
    size_t count = capture->reading->group_count, stored = 0;
    const struct part *failed = NULL;
    for (size_t p = 0; p < count; p++) {
        stored += capture->parts[p].status == OK;
        if (failed == NULL && capture->parts[p].status != OK)
            failed = &capture->parts[p];
    }
    if (failed == NULL)
        return OK;
    *err = failed->err;
    if (count > 1)
        (void)error_while(err, "model %.*s (%zu of %zu model versions were stored)", /* keeps the status */
                          STR_ARG(failed->group->batch.model_name), stored, count);
    return failed->status;
}

static void finish(struct capture *capture)
{
    struct http_request *request = capture->request;
    struct api *api = capture->api;
    size_t count = capture->reading->group_count;
    for (size_t p = 0; p < count; p++) {
        const struct part *part = &capture->parts[p];
        const struct event_batch *batch = &part->group->batch;
        if (part->status == OK) {
            instruments_count_events(&api->instruments, part->group, &part->result);
            model_table_count(api->models, batch->model_name, batch->model_version, part->result.stored);
        } else {
            instruments_count_refused(&api->instruments, batch->model_name, part->status, batch->rows);
        }
    }
    struct error err = { 0 };
    enum status status = failure_of(capture, &err);
    if (status == OK)
        status = write_answer(capture, &err);
    for (size_t p = 0; p < count; p++)
        arena_done(&capture->parts[p].own_arena);
    http_router_finish(request, status, &err);
}

static void release(struct capture *capture)
{
    if (atomic_fetch_sub_explicit(&capture->pending, 1, memory_order_acq_rel) == 1)
        finish(capture);
}

static void part_done(void *self, enum status status, const struct event_append_result *result, const struct error *err)
{
    struct part *part = self;
    part->status = status;
    if (status == OK)
        part->result = *result;
    else
        part->err = *err;
    release(part->capture);
}

/* Hands all parts to the log. The capture counts itself while it does so: parts may be done meanwhile. */
static enum status append(struct capture *capture, struct error *err)
{
    size_t count = capture->reading->group_count;
    atomic_init(&capture->pending, count + 1);
    for (size_t p = 0; p < count; p++) {
        struct part *part = &capture->parts[p];
        arena_init(&part->own_arena, HTTP_ARENA_BYTES_MAX);
        part->arena = count == 1 ? capture->request->arena : &part->own_arena;
        part->capture = capture;
        part->group = &capture->reading->groups[p];
        enum status status = event_log_append_async(capture->api->options.log, &part->group->batch, part->arena, part_done,
                                                    part, &part->err);
        if (status == OK)
            continue;
        if (count == 1) {
            *err = part->err;
            instruments_count_refused(&capture->api->instruments, part->group->batch.model_name, status,
                                      part->group->batch.rows);
            return status;
        }
        part_done(part, status, NULL, &part->err);
    }
    release(capture);
    return OK;
}

static enum status read_events(struct api *api, struct http_request *request, struct event_reading *reading,
                               struct error *err)
{
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct event_defaults defaults = {
        .model_name = api_path_model(request),
        .fallback_name = arena_copy(request->arena, api_settings_fallback_name(settings)),
    };
    enum status status = event_reading_parse(request->body, &defaults, request->arena, reading, err);
    str model_name = str_is_empty(defaults.model_name) ? defaults.fallback_name : defaults.model_name;
    if (status == ERR_LIMIT)
        request->response->status_code = 413;
    for (size_t i = 0; status == OK && i < reading->group_count; i++) {
        struct event_group *group = &reading->groups[i];
        model_name = group->batch.model_name;
        status = model_table_admit(api->models, api_settings_model(settings, model_name), reading, group, request->arena, err);
        group->batch.model_version = arena_copy(request->arena, group->batch.model_version); /* outlives the settings */
    }
    if (status != OK)
        instruments_count_refused(&api->instruments, model_name, status, 1);
    return status;
}

static enum status post_capture(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct event_reading *reading = arena_new(request->arena, struct event_reading);
    TRY(read_events(api, request, reading, err));
    struct capture *capture = arena_new(request->arena, struct capture);
    capture->api = api;
    capture->request = request;
    capture->reading = reading;
    capture->is_single = str_is_empty(str_of(reading->list_path));
    capture->parts = arena_array(request->arena, struct part, reading->group_count + 1);
    if (capture->parts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the request");
    return append(capture, err);
}

#define EVENT_SCHEMA                                                                                                   \
    "{\"type\":\"object\",\"required\":[\"features\"],\"properties\":{"                                                \
    "\"features\":{\"description\":\"A map of feature values, or a list with feature_names beside it (or in the "      \
    "order of the reference).\",\"oneOf\":[{\"type\":\"object\"},{\"type\":\"array\"}]},"                              \
    "\"feature_names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"                                          \
    "\"prediction\":{\"description\":\"The predicted number or class.\"},"                                             \
    "\"prediction_id\":{\"type\":\"string\",\"description\":\"Makes the request idempotent, and late labels name it; " \
    "left out, a fresh one comes back.\"},"                                                                            \
    "\"timestamp\":{\"description\":\"RFC 3339, or seconds since 1970; left out, the arrival.\"},"                     \
    "\"model_name\":{\"type\":\"string\"},\"model_version\":{\"type\":\"string\"},"                                    \
    "\"probabilities\":{\"description\":\"A map of class to probability, or a list with class_names beside it.\"},"    \
    "\"class_names\":{\"type\":\"array\"},"                                                                            \
    "\"target\":{\"description\":\"The true value, where it is known already.\"},"                                     \
    "\"tags\":{\"type\":\"object\",\"description\":\"Segment keys: region, client, variant.\"},"                       \
    "\"latency_ms\":{\"type\":\"number\"}}}"

#define STORED_SCHEMA                                                                                                  \
    "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"},\"stored\":{\"type\":\"integer\"},"         \
    "\"duplicates\":{\"type\":\"integer\"},\"prediction_id\":{\"type\":\"string\"},"                                   \
    "\"prediction_ids\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}"

static const struct api_about about_capture = {
    .tag = "Capture",
    .body = EVENT_SCHEMA,
    .example = "{\"features\":{\"alcohol\":13.64,\"malic_acid\":3.1},\"prediction\":1,\"prediction_id\":\"a1\"}",
    .answer = STORED_SCHEMA,
};

static const struct api_about about_batch = {
    .tag = "Capture",
    .body = "{\"oneOf\":[{\"type\":\"array\",\"items\":" EVENT_SCHEMA "},{\"type\":\"object\",\"properties\":{"
            "\"events\":{\"type\":\"array\",\"items\":" EVENT_SCHEMA "},"
            "\"rows\":{\"type\":\"array\",\"items\":{\"type\":\"array\"}},"
            "\"feature_names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
            "\"predictions\":{\"type\":\"array\"},\"prediction_ids\":{\"type\":\"array\"},"
            "\"timestamps\":{\"type\":\"array\"},\"targets\":{\"type\":\"array\"},\"probabilities\":{\"type\":\"array\"},"
            "\"model_name\":{\"type\":\"string\"},\"model_version\":{\"type\":\"string\"}}}]}",
    .example = "{\"feature_names\":[\"alcohol\",\"malic_acid\"],\"rows\":[[13.64,3.1],[12.1,1.7]],\"predictions\":[1,0]}",
    .answer = STORED_SCHEMA,
};

const struct http_route capture_routes[] = {
    { "POST", "/capture", post_capture, HTTP_ROUTE_DEFERS, "Store one prediction (or several).", &about_capture },
    { "POST", "/capture/batch", post_capture, HTTP_ROUTE_DEFERS, "Store many predictions in one durable step.",
      &about_batch },
    { "POST", "/models/{name}/capture", post_capture, HTTP_ROUTE_DEFERS, "Store one prediction of this model.",
      &about_capture },
    { "POST", "/models/{name}/capture/batch", post_capture, HTTP_ROUTE_DEFERS, "Store many predictions of this model.",
      &about_batch },
    { 0 },
};
