/* POST /labels - the truth, often days late, joined to its prediction by prediction_id. */
#include <stdatomic.h>

#include "api/api_internal.h"

struct labeling {
    struct api *api;
    struct http_request *request;
    struct label_group *groups;
    size_t count;
    struct label_part {
        struct labeling *labeling;
        size_t matched;
        enum status status;
        struct error err;
    } *parts;
    atomic_size_t pending; /* acq_rel: the last one to finish sees what the others wrote */
};

static enum status write_answer(const struct labeling *labeling, struct error *err)
{
    size_t stored = 0, matched = 0;
    for (size_t i = 0; i < labeling->count; i++) {
        stored += labeling->groups[i].count;
        matched += labeling->parts[i].matched;
    }
    struct json_writer json;
    api_answer_begin(labeling->request, &json);
    json_text(&json, "status", "stored");
    json_u64(&json, "stored", stored);
    json_u64(&json, "matched", matched);
    json_u64(&json, "waiting", stored - matched); /* for events that have not arrived yet */
    return api_answer_end(&json, err);
}

static void finish(struct labeling *labeling)
{
    const struct label_part *failed = NULL;
    for (size_t i = 0; i < labeling->count; i++) {
        if (labeling->parts[i].status == OK)
            instruments_count_labels(&labeling->api->instruments, labeling->groups[i].model_name, labeling->groups[i].count);
        else if (failed == NULL)
            failed = &labeling->parts[i];
    }
    struct error err = { 0 };
    enum status status;
    if (failed != NULL) {
        err = failed->err;
        status = failed->status;
    } else {
        status = write_answer(labeling, &err);
    }
    http_router_finish(labeling->request, status, &err);
}

static void part_done(void *self, enum status status, size_t matched, const struct error *err)
{
    struct label_part *part = self;
    part->status = status;
    part->matched = matched;
    if (status != OK)
        part->err = *err;
    if (atomic_fetch_sub_explicit(&part->labeling->pending, 1, memory_order_acq_rel) == 1)
        finish(part->labeling);
}

static void submit(struct labeling *labeling)
{
    atomic_init(&labeling->pending, labeling->count + 1);
    for (size_t i = 0; i < labeling->count; i++) {
        const struct label_group *group = &labeling->groups[i];
        struct label_part *part = &labeling->parts[i];
        part->labeling = labeling;
        struct error err = { 0 };
        enum status status = event_log_label_async(labeling->api->options.log, group->model_name, group->labels,
                                                   group->count, part_done, part, &err);
        if (status != OK)
            part_done(part, status, 0, &err);
    }
    if (atomic_fetch_sub_explicit(&labeling->pending, 1, memory_order_acq_rel) == 1)
        finish(labeling);
}

static enum status post_labels(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct labeling *labeling = arena_new(request->arena, struct labeling);
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct event_defaults defaults = {
        .model_name = api_path_model(request),
        .fallback_name = arena_copy(request->arena, api_settings_fallback_name(settings)),
    };
    enum status status =
        label_reading_parse(request->body, &defaults, request->arena, &labeling->groups, &labeling->count, err);
    if (status == ERR_LIMIT)
        request->response->status_code = 413;
    TRY(status);
    labeling->api = api;
    labeling->request = request;
    labeling->parts = arena_array(request->arena, struct label_part, labeling->count + 1);
    if (labeling->parts == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the request");
    submit(labeling);
    return OK;
}

#define LABEL_SCHEMA                                                                                                   \
    "{\"type\":\"object\",\"required\":[\"prediction_id\",\"target\"],\"properties\":{"                                \
    "\"prediction_id\":{\"type\":\"string\"},\"target\":{\"description\":\"The true number or class.\"},"              \
    "\"timestamp\":{\"description\":\"When it became known; left out, now.\"},\"model_name\":{\"type\":\"string\"}}}"

static const struct api_about about_labels = {
    .tag = "Capture",
    .body = "{\"oneOf\":[" LABEL_SCHEMA ",{\"type\":\"array\",\"items\":" LABEL_SCHEMA "},"
            "{\"type\":\"object\",\"properties\":{\"labels\":{\"type\":\"array\",\"items\":" LABEL_SCHEMA "}}}]}",
    .example = "{\"prediction_id\":\"a1\",\"target\":1}",
    .answer = "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"},\"stored\":{\"type\":\"integer\"},"
              "\"matched\":{\"type\":\"integer\"},\"waiting\":{\"type\":\"integer\"}}}",
};

const struct http_route labels_routes[] = {
    { "POST", "/labels", post_labels, HTTP_ROUTE_DEFERS,
      "Store true values of predictions, before or after these arrive.", &about_labels },
    { "POST", "/models/{name}/labels", post_labels, HTTP_ROUTE_DEFERS, "Store true values of this model's predictions.",
      &about_labels },
    { 0 },
};
