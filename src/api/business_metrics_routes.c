/* POST /api/kedge/metrics - revenue, clicks, whatever a client wants to see beside the model's own figures. */
#include "api/api_internal.h"
#include "api/business_metrics.h"
#include "api/json_value.h"

#define SAMPLES_MAX 1000 /* of one request */

static enum status take_kind(struct json_reader *json, enum metric_kind *ret_kind)
{
    str word;
    TRY(json_take_str(json, &word));
    if (str_equal(word, STR("counter")))
        *ret_kind = METRIC_COUNTER;
    else if (str_equal(word, STR("gauge")))
        *ret_kind = METRIC_GAUGE;
    else if (str_equal(word, STR("histogram")))
        *ret_kind = METRIC_HISTOGRAM;
    else
        return json_fail(json, "expected counter, gauge or histogram, found \"%.*s\"", (int)MIN_OF(word.size, 40), word.data);
    return OK;
}

static enum status take_labels(struct json_reader *json, struct business_sample *sample)
{
    str name;
    TRY(json_enter_object(json));
    while (json_next_member(json, &name)) {
        if (sample->label_count == METRIC_LABELS_MAX)
            return json_fail(json, "at most %d labels", METRIC_LABELS_MAX);
        struct business_label *label = &sample->labels[sample->label_count++];
        *label = (struct business_label){ .name = name };
        TRY(json_value_name(json, &label->value));
    }
    return json_status(json);
}

static enum status take_sample(struct json_reader *json, struct business_sample *sample)
{
    str key;
    bool has_value = false;
    *sample = (struct business_sample){ .kind = METRIC_GAUGE };
    TRY(json_enter_object(json));
    while (json_next_member(json, &key)) {
        if (str_equal(key, STR("name")))
            TRY(json_take_str(json, &sample->name));
        else if (str_equal(key, STR("type")))
            TRY(take_kind(json, &sample->kind));
        else if (str_equal(key, STR("labels")))
            TRY(take_labels(json, sample));
        else if (str_equal(key, STR("value"))) {
            TRY(json_take_f64(json, &sample->value));
            has_value = true;
        } else
            return json_fail(json, "unknown; name, type, value and labels are known");
    }
    TRY(json_status(json));
    return has_value ? OK : json_fail(json, "\"value\" is missing");
}

static enum status push_all(struct api *api, struct json_reader *json, size_t *ret_count, struct error *err)
{
    struct business_sample sample;
    if (json_peek(json) != JSON_ARRAY) {
        TRY(take_sample(json, &sample));
        *ret_count = 1;
        return business_metrics_push(api->business, &sample, err);
    }
    TRY(json_enter_array(json));
    while (json_next_element(json)) {
        if (*ret_count == SAMPLES_MAX)
            return json_fail(json, "more than %d figures in one request", SAMPLES_MAX);
        TRY(take_sample(json, &sample));
        TRY(business_metrics_push(api->business, &sample, err));
        (*ret_count)++;
    }
    return json_status(json);
}

static enum status post_metrics(void *self, struct http_request *request, struct error *err)
{
    struct json_reader reader;
    struct json_writer json;
    size_t count = 0;
    json_reader_init(&reader, request->body, request->arena, err);
    TRY(push_all(self, &reader, &count, err));
    TRY(json_finish(&reader));
    api_answer_begin(request, &json);
    json_text(&json, "status", "stored");
    json_u64(&json, "stored", count);
    return api_answer_end(&json, err);
}

#define SAMPLE_SCHEMA                                                                                                  \
    "{\"type\":\"object\",\"required\":[\"name\",\"value\"],\"properties\":{\"name\":{\"type\":\"string\"},"           \
    "\"type\":{\"enum\":[\"counter\",\"gauge\",\"histogram\"]},\"value\":{\"type\":\"number\"},"                       \
    "\"labels\":{\"type\":\"object\"}}}"

static const struct api_about about = {
    .tag = "Metrics",
    .body = "{\"oneOf\":[" SAMPLE_SCHEMA ",{\"type\":\"array\",\"items\":" SAMPLE_SCHEMA "}]}",
    .example = "{\"name\":\"revenue_total\",\"type\":\"counter\",\"value\":19.9,\"labels\":{\"shop\":\"eu\"}}",
    .answer = "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"},\"stored\":{\"type\":\"integer\"}}}",
};

const struct http_route business_metrics_routes[] = {
    { "POST", "/api/kedge/metrics", post_metrics, HTTP_ROUTE_QUICK, "Push figures of your own into /metrics.", &about },
    { 0 },
};
