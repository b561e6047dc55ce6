#include "api/predict_call.h"
#include "api/predict_key.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/pool.h"
#include "base/random.h"

#define NS_PER_S 1e9
#define MS_PER_S 1000.0

/* ---- which model ---- */

enum status predict_call_find(struct api *api, str name, struct served_model **ret_model, struct error *err)
{
    *ret_model = str_is_empty(name) ? model_set_default(api->serving) : model_set_find(api->serving, name);
    if (*ret_model != NULL)
        return OK;
    if (str_is_empty(name))
        return error_set(err, ERR_UNAVAILABLE, "no model is served: register one and move it to Production, or name its "
                                               "path in the configuration");
    return error_set(err, ERR_NOT_FOUND, "no model \"%.*s\" is served", STR_ARG(name));
}

/* Why a served model has no version to answer with. */
static enum status not_loaded(struct predict_call *call, str name, struct error *err)
{
    struct served_model_facts *facts = NULL;
    size_t count = 0;
    TRY(model_set_list(call->api->serving, call->request->arena, &facts, &count, err));
    for (size_t i = 0; i < count; i++)
        if (str_equal(facts[i].name, name) && !str_is_empty(facts[i].error))
            return error_set(err, ERR_UNAVAILABLE, "model \"%.*s\" is not loaded: %.*s", STR_ARG(name),
                             STR_ARG(facts[i].error));
    return error_set(err, ERR_UNAVAILABLE, "model \"%.*s\" is being loaded", STR_ARG(name));
}

/* Without waiting; `choice.version` stays NULL where that takes loading. */
static enum status choose_at_once(struct predict_call *call, struct error *err)
{
    struct served_model *model = NULL;
    if (call->has_selector) {
        (void)model_set_try(call->api->serving, &call->selector, &call->choice); /* else it is loaded on demand */
        return OK;
    }
    struct error absent = { 0 };
    enum status status = predict_call_find(call->api, call->model_name, &model, &absent);
    if (status == ERR_NOT_FOUND) { /* not followed, but perhaps registered: its newest version in Production */
        call->selector = (struct model_selector){ call->model_name, PICK_STAGE, STR("Production") };
        call->has_selector = true;
        return OK;
    }
    if (status != OK)
        return error_set(err, status, "%s", absent.cause);
    call->choice = model_set_choose(model, predict_key(call->request, model_set_sticky_key(model)));
    if (call->choice.version != NULL)
        return OK;
    /* Promoted a moment ago, or still loading: the request waits on the pool instead of being sent away. */
    call->has_selector = model_set_selector(call->api->serving, model, &call->selector);
    return call->has_selector ? OK : not_loaded(call, model_set_name(model), err);
}

/* ---- from rows to an answer ---- */

static enum status infer(struct predict_call *call, struct error *err)
{
    struct runtime *runtime = call->choice.version->runtime;
    struct runtime_rows rows = row_reader_rows(&call->rows);
    int64_t started_ns = clock_monotonic_ns();
    enum status status = runtime->methods->predict(runtime, &rows, call->request->arena, &call->answer, err);
    if (status != OK) {
        if (call->choice.counted != NULL)
            split_variant_failed(call->choice.counted, call->choice.version);
        return status;
    }
    int64_t ended_ns = clock_monotonic_ns();
    call->inference_seconds = (double)(ended_ns - started_ns) / NS_PER_S;
    call->seconds = (double)(ended_ns - call->request->arrived_ns) / NS_PER_S;
    if (!call->wants_explanation)
        return OK;
    if (runtime->methods->explain == NULL)
        return error_set(err, ERR_INVALID, "explain: a model of runtime %s cannot be explained", runtime->info.runtime);
    return runtime->methods->explain(runtime, &rows, call->request->arena, &call->explanation, err);
}

/* An id for each row that has none. */
static enum status number_rows(struct predict_call *call, struct error *err)
{
    size_t rows = call->rows.rows;
    if (call->ids == NULL)
        call->ids = arena_array(call->request->arena, str, rows);
    char *texts = arena_array(call->request->arena, char, rows * RANDOM_UUID_MAX);
    if (call->ids == NULL || texts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the ids of %zu predictions", rows);
    for (size_t row = 0; row < rows; row++) {
        if (!str_is_empty(call->ids[row]))
            continue;
        char *text = texts + row * RANDOM_UUID_MAX;
        random_uuid_v7(call->now_us, text);
        call->ids[row] = (str){ text, RANDOM_UUID_MAX - 1 };
    }
    return OK;
}

/* A full ring is counted there; it is no reason to fail the answer. */
static void capture(const struct predict_call *call)
{
    const struct served_version *version = call->choice.version;
    const struct runtime_answer *answer = &call->answer;
    size_t inputs = version->schema.count;
    if (version->ring == NULL)
        return;
    for (size_t row = 0; row < call->rows.rows; row++) {
        struct prediction prediction = {
            .numbers = call->rows.numbers + row * inputs,
            .texts = call->rows.texts != NULL ? call->rows.texts + row * inputs : NULL,
            .value = answer->values[row],
            .label = answer->labels != NULL ? answer->labels[row] : (str){ 0 },
            .probabilities = answer->probabilities != NULL ? answer->probabilities + row * answer->class_count : NULL,
            .prediction_id = call->ids[row],
            .timestamp_us = call->times_us != NULL ? call->times_us[row] : call->now_us,
            .latency_ms = call->seconds * MS_PER_S,
            .variant = call->choice.variant,
            .tag_count = call->tag_count,
            .tag_names = call->tag_names,
            .tags = call->tags,
        };
        (void)prediction_ring_put(version->ring, &prediction);
    }
}

/* After the answer, which is on its way or at least complete. */
static void ask_shadows(struct predict_call *call)
{
    const struct shadow_question question = { .schema = &call->choice.version->schema,
                                              .rows = row_reader_rows(&call->rows),
                                              .ids = call->ids,
                                              .now_us = call->now_us,
                                              .times_us = call->times_us };
    if (call->ids != NULL)
        model_set_ask_shadows(call->api->serving, &call->choice, &question);
}

static enum status answer(struct predict_call *call, struct error *err)
{
    const struct served_version *version = call->choice.version;
    TRY(row_reader_init(&call->rows, &version->schema, call->request->arena, err));
    TRY(call->protocol->read(call, err));
    TRY(infer(call, err));
    call->now_us = clock_now_us();
    TRY(number_rows(call, err));
    version_instruments_count(&version->instruments, &version->runtime->info, &call->answer, call->seconds,
                              call->inference_seconds);
    if (call->choice.counted != NULL)
        split_variant_answered(call->choice.counted, version, &call->answer, call->seconds);
    capture(call);
    return call->protocol->write(call, err);
}

/* Ends the call: counts a failure, says it in the protocol's words, gives the version back. */
static enum status conclude(struct predict_call *call, enum status status, const struct error *err)
{
    if (status != OK) {
        const struct served_version *version = call->choice.version;
        str name = version != NULL ? version->location.name
                   : model_set_find(call->api->serving, call->model_name) != NULL ? call->model_name
                                                                                 : STR("(none)"); /* bounds the label */
        serve_instruments_refused(model_set_instruments(call->api->serving), name, status, 1);
        if (status == ERR_LIMIT && call->rows.schema != NULL)
            call->request->response->status_code = 413;
        if (call->protocol->refuse != NULL) {
            call->protocol->refuse(call->request, status, err);
            status = OK;
        }
    }
    if (call->choice.split != NULL && call->answer.rows > 0)
        ask_shadows(call);
    model_set_release(&call->choice);
    return status;
}

/* ---- on the pool ---- */

static enum status answer_slowly(struct predict_call *call, struct error *err)
{
    if (call->choice.version == NULL)
        TRY(model_set_acquire(call->api->serving, &call->selector, &call->choice, err));
    return answer(call, err);
}

static void run_slowly(void *argument)
{
    struct predict_call *call = argument;
    struct error err = { 0 };
    enum status status = answer_slowly(call, &err);
    status = conclude(call, status, &err);
    http_router_finish(call->request, status, &err);
}

/* ---- the handler ---- */

/* "/models/{name}/versions/{version}/...": what the path picks. */
static void read_path(struct predict_call *call)
{
    static const struct {
        const char *param;
        enum model_pick pick;
    } picks[] = { { "version", PICK_VERSION }, { "stage", PICK_STAGE }, { "alias", PICK_ALIAS } };
    const struct http_request *request = call->request;
    call->model_name = api_path_model(request);
    for (size_t i = 0; i < COUNT(picks) && !str_is_empty(call->model_name); i++) {
        size_t index;
        if (!http_route_param_index(request->route, str_of(picks[i].param), &index))
            continue;
        call->selector = (struct model_selector){ call->model_name, picks[i].pick, request->params[index] };
        call->has_selector = true;
    }
    if (str_is_empty(request->query))
        return;
    if (str_is_empty(call->model_name))
        call->model_name = http_request_query(request, "model_name");
    str explain = http_request_query(request, "explain");
    call->wants_explanation = str_equal(explain, STR("true")) || str_equal(explain, STR("1"));
}

static enum status prepare(struct predict_call *call, struct error *err)
{
    read_path(call);
    if (str_is_empty(call->model_name) && call->protocol->look != NULL)
        TRY(call->protocol->look(call, err));
    return choose_at_once(call, err);
}

enum status predict_call_run(struct api *api, struct http_request *request, const struct predict_protocol *protocol,
                             struct error *err)
{
    struct predict_call *call = arena_new(request->arena, struct predict_call);
    call->api = api;
    call->request = request;
    call->protocol = protocol;
    enum status status = prepare(call, err);
    bool waits = status == OK && (call->choice.version == NULL || call->choice.version->runtime->info.may_wait);
    if (waits) {
        if (pool_submit(api->predict_pool, run_slowly, call))
            return OK;
        status = error_set(err, ERR_LIMIT, "too many predictions are waiting; try again later");
    }
    if (status == OK)
        status = answer(call, err);
    http_router_answer_now(request);
    return conclude(call, status, err);
}

/* ---- values ---- */

void predict_call_write_value(struct json_writer *json, const struct predict_call *call, size_t row)
{
    str label = call->answer.labels != NULL ? call->answer.labels[row] : (str){ 0 };
    struct event_value value = prediction_value_of(&call->choice.version->runtime->info, call->answer.values[row], label);
    if (value.kind == EVENT_INTEGER)
        json_write_i64(json, value.integer);
    else if (value.kind == EVENT_TEXT)
        json_write_str(json, value.text);
    else
        json_write_f64(json, value.kind == EVENT_NUMBER ? value.number : (double)NAN);
}

void predict_call_write_probabilities(struct json_writer *json, const struct predict_call *call, size_t row)
{
    const struct runtime_info *info = &call->choice.version->runtime->info;
    size_t count = call->answer.class_count;
    const double *shares = call->answer.probabilities + row * count;
    json_begin_object(json);
    for (size_t i = 0; i < count; i++) {
        char place[24];
        int size = i < info->class_count ? 0 : snprintf(place, sizeof place, "%zu", i);
        json_write_name(json, i < info->class_count ? info->class_names[i] : (str){ place, (size_t)size });
        json_write_f64(json, shares[i]);
    }
    json_end_object(json);
}
