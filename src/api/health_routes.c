/* GET / and /health - is it well, and what is it. */
#include "api/api_internal.h"

static const char *const links[] = { "/docs", "/ui/", "/health", "/metrics", "/predict", "/model/info", "/reports", "/capture", "/capture/batch",
                                     "/labels", "/reference", "/analyze", "/openapi.json" };

static enum status get_root(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "service", "kedge");
    json_text(&json, "version", api->options.version);
    json_text(&json, "message", "Monitoring of machine-learning models in production.");
    json_array(&json, "endpoints");
    for (size_t i = 0; i < COUNT(links); i++)
        json_write_str(&json, str_of(links[i]));
    json_end_array(&json);
    return api_answer_end(&json, err);
}

static void write_store(struct json_writer *json, struct api *api, const struct error *failure)
{
    struct event_log_stats stats;
    event_log_stats_now(api->options.log, &stats);
    json_object(json, "store");
    json_text(json, "status", failure == NULL ? "ok" : "failed");
    if (failure != NULL)
        json_text(json, "error", failure->cause);
    json_u64(json, "events_stored", stats.events_total);
    json_u64(json, "journal_bytes", stats.journal_bytes);
    json_u64(json, "queue_bytes", stats.queue_bytes);
    json_u64(json, "disk_bytes", stats.disk_bytes);
    json_end_object(json);
}

/* A probe that writes nothing: whether the metadata answers and the log takes events. */
static enum status probe(struct api *api, struct arena *arena, struct error *err)
{
    struct meta_model *models = NULL;
    size_t count = 0;
    TRY(meta_model_list(api->options.meta, arena, &models, &count, err));
    struct event_model *events = NULL;
    return event_log_models(api->options.log, arena, &events, &count, err);
}

static enum status get_health(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    CLEANUP(api_settings_unref_slot) struct api_settings *settings = api_settings_now(api);
    struct model_facts *models = NULL;
    size_t count = 0;
    TRY(model_table_list(api->models, request->arena, &models, &count, err));
    str main_model = api_settings_fallback_name(settings);
    const struct model_facts *shown = count > 0 ? &models[0] : NULL;
    uint64_t events = 0;
    for (size_t i = 0; i < count; i++) {
        events += models[i].events;
        if (str_equal(models[i].name, main_model))
            shown = &models[i];
    }
    struct error failure = { 0 };
    bool is_well = probe(api, request->arena, &failure) == OK;

    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "status", is_well ? "healthy" : "unhealthy");
    struct served_model *served = model_set_default(api->serving);
    struct model_choice choice = { 0 };
    if (served != NULL)
        choice = model_set_choose_own(served);
    if (choice.version != NULL) {
        json_bool(&json, "model_loaded", true);
        json_str(&json, "model_name", choice.version->location.name);
        json_str(&json, "model_version", choice.version->location.version);
    } else {
        json_bool(&json, "model_loaded", shown != NULL && shown->has_reference);
        json_str(&json, "model_name", shown != NULL ? shown->name : main_model);
        json_str(&json, "model_version", shown != NULL && !str_is_empty(shown->version)
                                             ? shown->version
                                             : api_settings_model(settings, main_model)->version);
    }
    model_set_release(&choice);
    json_f64(&json, "uptime_seconds", (double)(clock_monotonic_ns() - api->started_ns) / 1e9);
    json_bool(&json, "reference_loaded", shown != NULL && shown->has_reference);
    json_u64(&json, "models", count);
    json_u64(&json, "production_data_count", events);
    write_store(&json, api, is_well ? NULL : &failure);
    json_text(&json, "version", api->options.version);
    if (!is_well)
        request->response->status_code = 503;
    return api_answer_end(&json, err);
}

static enum status say(struct http_request *request, int status_code, const char *text)
{
    request->response->status_code = status_code;
    request->response->content_type = "text/plain; charset=utf-8";
    buf_printf(&request->response->body, "%s\n", text);
    return OK;
}

static enum status get_healthy(void *self, struct http_request *request, struct error *err)
{
    (void)self, (void)err;
    return say(request, 200, "Kedge is healthy.");
}

static enum status get_ready(void *self, struct http_request *request, struct error *err)
{
    (void)err;
    struct api *api = self;
    bool is_stopping = atomic_load_explicit(&api->is_stopping, memory_order_relaxed);
    return is_stopping ? say(request, 503, "Kedge is stopping.") : say(request, 200, "Kedge is ready.");
}

static const struct api_about about = {
    .tag = "Health",
    .answer = "{\"type\":\"object\",\"properties\":{\"status\":{\"type\":\"string\"},\"model_loaded\":{\"type\":\"boolean\"},"
              "\"model_name\":{\"type\":\"string\"},\"model_version\":{\"type\":\"string\"},"
              "\"uptime_seconds\":{\"type\":\"number\"},\"store\":{\"type\":\"object\"}}}",
};
static const struct api_about about_root = { .tag = "Health" };
static const struct api_about about_text = { .tag = "Health", .answer_type = "text/plain" };

const struct http_route health_routes[] = {
    { "GET", "/", get_root, HTTP_ROUTE_QUICK, "What this is and where things are.", &about_root },
    { "GET", "/health", get_health, HTTP_ROUTE_SLOW, "Whether the service and its stores are well; 503 where not.",
      &about },
    { "GET", "/-/healthy", get_healthy, HTTP_ROUTE_QUICK, "Whether the process answers.", &about_text },
    { "GET", "/-/ready", get_ready, HTTP_ROUTE_QUICK, "Whether requests are welcome; 503 while it stops.", &about_text },
    { 0 },
};
