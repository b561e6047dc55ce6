/* POST /predict, /models/{name}/.../predict - one row or many, by position or by name.
 *
 *     {"features": [13.6, 3.1, ...]}                          the model's order
 *     {"features": [...], "feature_names": ["alcohol", ...]}  the caller's
 *     {"features": {"alcohol": 13.6, ...}}                    by name
 *     {"features": [[...], [...]]}, {"instances": [...]}, {"rows": [...]}, [[...], {...}]     many */
#include <string.h>

#include "api/json_value.h"
#include "api/predict_call.h"
#include "api/predict_routes.h"
#include "base/closest_name.h"
#include "base/time_text.h"

#define TAGS_MAX 32

/* ---- reading ---- */

static bool mentions(str body, const char *member)
{
    return memmem(body.data, body.size, member, strlen(member)) != NULL;
}

/* The members that decide how the others are read, wherever they stand. */
static enum status look_ahead(struct predict_call *call, struct error *err)
{
    str body = call->request->body, name;
    if (str_is_empty(body) || (!mentions(body, "\"feature_names\"") && !mentions(body, "\"model_name\"")))
        return OK;
    struct json_reader json;
    json_reader_init(&json, body, call->request->arena, err);
    if (json_peek(&json) != JSON_OBJECT)
        return OK; /* a list of rows */
    TRY(json_enter_object(&json));
    while (json_next_member(&json, &name)) {
        bool is_null = json_peek(&json) == JSON_NULL;
        if (str_equal(name, STR("feature_names")) && !is_null)
            TRY(json_take_raw(&json, &call->feature_names_json));
        else if (str_equal(name, STR("model_name")) && !is_null && str_is_empty(call->model_name))
            TRY(json_value_name(&json, &call->model_name));
    }
    return json_finish(&json);
}

static enum status take_rows(struct predict_call *call, struct json_reader *json)
{
    bool is_single;
    if (call->rows.rows > 0)
        return json_fail(json, "the rows are there already");
    if (json_peek(json) != JSON_ARRAY && json_peek(json) != JSON_OBJECT)
        return json_fail(json, "expected a list of values or a map by name, found %s", json_kind_name(json_peek(json)));
    TRY(row_reader_take_rows(&call->rows, json, &is_single));
    call->is_single = is_single;
    return OK;
}

static enum status take_list_of_rows(struct predict_call *call, struct json_reader *json)
{
    TRY(take_rows(call, json));
    call->is_single = false;
    return OK;
}

/* Checked by look_ahead, which needs it before the rows. */
static enum status pass_over(struct predict_call *call, struct json_reader *json)
{
    (void)call;
    return json_skip_value(json);
}

static enum status take_id(struct predict_call *call, struct json_reader *json)
{
    call->ids = arena_array(call->request->arena, str, 1);
    TRY(json_value_name(json, &call->ids[0]));
    return call->ids[0].size <= EVENT_ID_BYTES_MAX ? OK : json_fail(json, "an id has at most %zu bytes", EVENT_ID_BYTES_MAX);
}

/* How many elements the list has that is due. */
static enum status count_elements(const struct json_reader *json, size_t *ret_count)
{
    struct json_reader ahead = *json;
    *ret_count = 0;
    TRY(json_enter_array(&ahead));
    while (json_next_element(&ahead))
        (*ret_count)++;
    return json_status(&ahead);
}

static enum status take_ids(struct predict_call *call, struct json_reader *json)
{
    size_t count, i = 0;
    TRY(count_elements(json, &count));
    call->ids = arena_array(call->request->arena, str, count + 1);
    if (call->ids == NULL)
        return json_fail(json, "too many ids");
    TRY(json_enter_array(json));
    for (; json_next_element(json); i++) {
        TRY(json_value_name(json, &call->ids[i]));
        if (call->ids[i].size > EVENT_ID_BYTES_MAX)
            return json_fail(json, "an id has at most %zu bytes", EVENT_ID_BYTES_MAX);
    }
    call->id_count = count;
    return json_status(json);
}

static enum status take_time(struct predict_call *call, struct json_reader *json)
{
    call->time_us = INT64_MIN;
    return json_value_time(json, &call->time_us);
}

static enum status take_times(struct predict_call *call, struct json_reader *json)
{
    size_t count, i = 0;
    TRY(count_elements(json, &count));
    call->times_us = arena_array(call->request->arena, int64_t, count + 1);
    if (call->times_us == NULL)
        return json_fail(json, "too many times");
    TRY(json_enter_array(json));
    for (; json_next_element(json); i++) {
        call->times_us[i] = INT64_MIN;
        TRY(json_value_time(json, &call->times_us[i]));
    }
    call->time_count = count;
    return json_status(json);
}

static enum status take_tags(struct predict_call *call, struct json_reader *json)
{
    str *names = arena_alloc(call->request->arena, TAGS_MAX * sizeof *names);
    str *tags = arena_alloc(call->request->arena, TAGS_MAX * sizeof *tags);
    str name;
    size_t count = 0;
    if (json_peek(json) == JSON_NULL)
        return json_take_null(json);
    TRY(json_enter_object(json));
    for (; json_next_member(json, &name); count++) {
        bool flag = false;
        if (count == TAGS_MAX || name.size > EVENT_NAME_BYTES_MAX || str_is_empty(name))
            return json_fail(json, "at most %d tags, with names of 1 to %zu bytes", TAGS_MAX, EVENT_NAME_BYTES_MAX);
        names[count] = name;
        if (json_peek(json) == JSON_BOOL) {
            TRY(json_take_bool(json, &flag));
            tags[count] = flag ? STR("true") : STR("false");
        } else {
            TRY(json_value_name(json, &tags[count]));
        }
    }
    call->tag_names = names;
    call->tags = tags;
    call->tag_count = count;
    return json_status(json);
}

static enum status take_explain(struct predict_call *call, struct json_reader *json)
{
    return json_take_bool(json, &call->wants_explanation);
}

static const struct {
    const char *name;
    enum status (*take)(struct predict_call *call, struct json_reader *json);
} members[] = {
    { "features", take_rows },         { "instances", take_list_of_rows }, { "rows", take_list_of_rows },
    { "feature_names", pass_over },    { "model_name", pass_over },        { "prediction_id", take_id },
    { "prediction_ids", take_ids },    { "timestamp", take_time },         { "timestamps", take_times },
    { "tags", take_tags },             { "explain", take_explain },
};

static enum status refuse_member(struct json_reader *json, str name)
{
    str known[COUNT(members)];
    for (size_t i = 0; i < COUNT(members); i++)
        known[i] = str_of(members[i].name);
    str meant = closest_name(name, known, COUNT(known));
    return json_fail(json, "unknown%s%.*s%s", meant.size > 0 ? "; did you mean " : "", STR_ARG(meant),
                     meant.size > 0 ? "?" : "");
}

static enum status read_members(struct predict_call *call, struct json_reader *json)
{
    str name;
    TRY(json_enter_object(json));
    while (json_next_member(json, &name)) {
        size_t i = 0;
        while (i < COUNT(members) && !str_equal(name, str_of(members[i].name)))
            i++;
        TRY(i < COUNT(members) ? members[i].take(call, json) : refuse_member(json, name));
    }
    return json_status(json);
}

/* Ids and times that belong to rows: as many, or one for one. */
static enum status fit_to_rows(struct predict_call *call, struct error *err)
{
    size_t rows = call->rows.rows;
    if (call->id_count > 0 && call->id_count != rows)
        return error_set(err, ERR_INVALID, "prediction_ids: %zu ids for %zu rows", call->id_count, rows);
    if (call->time_count > 0 && call->time_count != rows)
        return error_set(err, ERR_INVALID, "timestamps: %zu times for %zu rows", call->time_count, rows);
    if (call->ids != NULL && call->id_count == 0 && rows != 1)
        return error_set(err, ERR_INVALID, "prediction_id: one id for %zu rows; prediction_ids takes a list", rows);
    if (call->times_us != NULL || call->time_us == 0)
        return OK;
    call->times_us = arena_array(call->request->arena, int64_t, rows);
    for (size_t row = 0; call->times_us != NULL && row < rows; row++)
        call->times_us[row] = call->time_us;
    return call->times_us != NULL ? OK : error_set(err, ERR_LIMIT, "no memory for %zu rows", rows);
}

enum status predict_body_read(struct predict_call *call, struct error *err)
{
    struct arena *arena = call->request->arena;
    struct json_reader json;
    if (str_is_empty(call->feature_names_json))
        TRY(look_ahead(call, err)); /* a path that names its model has not looked yet */
    if (!str_is_empty(call->feature_names_json)) {
        json_reader_init(&json, call->feature_names_json, arena, err);
        if (row_reader_take_names(&call->rows, &json) != OK)
            return error_while(err, "feature_names");
    }
    json_reader_init(&json, call->request->body, arena, err);
    if (json_peek(&json) == JSON_ARRAY)
        TRY(take_list_of_rows(call, &json));
    else
        TRY(read_members(call, &json));
    TRY(json_finish(&json));
    if (call->rows.rows == 0)
        return error_set(err, ERR_INVALID, "features: %s", call->rows.schema->count > 0 ? "there are none" : "missing");
    return fit_to_rows(call, err);
}

/* ---- answering ---- */

static void write_parts(struct json_writer *json, const struct predict_call *call, const double *parts)
{
    const struct row_schema *schema = &call->choice.version->schema;
    json_begin_object(json);
    json_f64(json, "bias", parts[schema->count]);
    json_object(json, "contributions");
    for (size_t i = 0; i < schema->count; i++) {
        json_write_name(json, schema->inputs[i].name);
        json_write_f64(json, parts[i]);
    }
    json_end_object(json);
    json_end_object(json);
}

/* One set of contributions, or one a class. */
static void write_explanation(struct json_writer *json, const struct predict_call *call, size_t row)
{
    const struct runtime_explanation *explanation = &call->explanation;
    const struct runtime_info *info = &call->choice.version->runtime->info;
    size_t width = explanation->inputs + 1;
    const double *parts = explanation->contributions + row * explanation->outputs * width;
    if (explanation->outputs == 1) {
        write_parts(json, call, parts);
        return;
    }
    json_begin_object(json);
    for (size_t i = 0; i < explanation->outputs; i++) {
        char place[24];
        int size = i < info->class_count ? 0 : snprintf(place, sizeof place, "%zu", i);
        json_write_name(json, i < info->class_count ? info->class_names[i] : (str){ place, (size_t)size });
        write_parts(json, call, parts + i * width);
    }
    json_end_object(json);
}

static void write_single(struct json_writer *json, const struct predict_call *call)
{
    json_write_name(json, STR("prediction"));
    predict_call_write_value(json, call, 0);
    if (call->answer.probabilities != NULL) {
        json_write_name(json, STR("probabilities"));
        predict_call_write_probabilities(json, call, 0);
    }
    json_str(json, "prediction_id", call->ids[0]);
    if (call->wants_explanation) {
        json_write_name(json, STR("explanation"));
        write_explanation(json, call, 0);
    }
}

static void write_batch(struct json_writer *json, const struct predict_call *call)
{
    size_t rows = call->rows.rows;
    json_array(json, "predictions");
    for (size_t row = 0; row < rows; row++)
        predict_call_write_value(json, call, row);
    json_end_array(json);
    if (call->answer.probabilities != NULL) {
        json_array(json, "probabilities");
        for (size_t row = 0; row < rows; row++)
            predict_call_write_probabilities(json, call, row);
        json_end_array(json);
    }
    json_array(json, "prediction_ids");
    for (size_t row = 0; row < rows; row++)
        json_write_str(json, call->ids[row]);
    json_end_array(json);
    if (call->wants_explanation) {
        json_array(json, "explanations");
        for (size_t row = 0; row < rows; row++)
            write_explanation(json, call, row);
        json_end_array(json);
    }
    json_u64(json, "count", rows);
}

static enum status write_answer(struct predict_call *call, struct error *err)
{
    const struct model_location *location = &call->choice.version->location;
    struct json_writer json;
    api_answer_begin(call->request, &json);
    if (call->is_single)
        write_single(&json, call);
    else
        write_batch(&json, call);
    json_str(&json, "model_name", location->name);
    json_str(&json, "model_version", location->version);
    if (!str_is_empty(call->choice.variant))
        json_str(&json, "variant", call->choice.variant);
    api_json_time(&json, "timestamp", call->now_us);
    json_f64(&json, "latency_ms", (double)(int64_t)(call->seconds * 1e6 + 0.5) / 1000); /* whole microseconds */
    return api_answer_end(&json, err);
}

static const struct predict_protocol protocol = { .look = look_ahead, .read = predict_body_read, .write = write_answer };

static enum status post_predict(void *self, struct http_request *request, struct error *err)
{
    return predict_call_run(self, request, &protocol, err);
}

#define ANSWER_SCHEMA                                                                                                  \
    "{\"type\":\"object\",\"properties\":{\"prediction\":{\"description\":\"A class, or a number.\"},"                 \
    "\"predictions\":{\"type\":\"array\",\"description\":\"Of many rows.\"},"                                          \
    "\"probabilities\":{\"description\":\"By class; a list of those for many rows.\"},"                                \
    "\"prediction_id\":{\"type\":\"string\"},\"prediction_ids\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}," \
    "\"explanation\":{\"type\":\"object\"},\"explanations\":{\"type\":\"array\"},"                                     \
    "\"model_name\":{\"type\":\"string\"},\"model_version\":{\"type\":\"string\"},"                                    \
    "\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"},\"latency_ms\":{\"type\":\"number\"}}}"

static const struct api_about about = {
    .tag = "Predict",
    .body = "{\"type\":\"object\",\"properties\":{"
            "\"features\":{\"description\":\"Values in the model's order, a map by name, or a list of either.\"},"
            "\"feature_names\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
            "\"instances\":{\"type\":\"array\",\"description\":\"Many rows.\"},"
            "\"prediction_id\":{\"type\":\"string\"},\"prediction_ids\":{\"type\":\"array\"},"
            "\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"},\"timestamps\":{\"type\":\"array\"},"
            "\"tags\":{\"type\":\"object\"},\"explain\":{\"type\":\"boolean\"},\"model_name\":{\"type\":\"string\"}}}",
    .example = "{\"features\":{\"alcohol\":13.64,\"malic_acid\":3.1}}",
    .answer = ANSWER_SCHEMA,
    .query = "explain: true adds what each feature contributed (tree models)\nmodel_name: the model, where several are served",
};

const struct http_route predict_routes[] = {
    { "POST", "/predict", post_predict, HTTP_ROUTE_DEFERS, "Ask the served model; the prediction is captured.", &about },
    { "POST", "/models/{name}/predict", post_predict, HTTP_ROUTE_DEFERS, "Ask this model.", &about },
    { "POST", "/models/{name}/versions/{version}/predict", post_predict, HTTP_ROUTE_DEFERS, "Ask a certain version.", &about },
    { "POST", "/models/{name}/stages/{stage}/predict", post_predict, HTTP_ROUTE_DEFERS, "Ask the newest version in a stage.",
      &about },
    { "POST", "/models/{name}/aliases/{alias}/predict", post_predict, HTTP_ROUTE_DEFERS, "Ask the version behind an alias.",
      &about },
    { 0 },
};
