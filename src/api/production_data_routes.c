/* GET and DELETE /production-data - how many events are there, and away with them. */
#include "api/api_internal.h"

static enum status get_data(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct event_model *models = NULL;
    size_t count = 0;
    TRY(event_log_models(api->options.log, request->arena, &models, &count, err));
    str only = http_request_query(request, "model_name");
    uint64_t total = 0;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "models");
    for (size_t i = 0; i < count; i++) {
        if (!str_is_empty(only) && !str_equal(models[i].name, only))
            continue;
        total += models[i].rows;
        json_begin_object(&json);
        json_str(&json, "model_name", models[i].name);
        json_u64(&json, "rows", models[i].rows);
        json_u64(&json, "labels", models[i].labels);
        api_json_time(&json, "first", models[i].first_us);
        api_json_time(&json, "last", models[i].last_us);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_u64(&json, "rows", total);
    return api_answer_end(&json, err);
}

/* Without a model name the data of all models goes, as users of the drift service know it. */
static enum status delete_data(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str model_name = api_path_model(request);
    if (str_is_empty(model_name))
        model_name = http_request_query(request, "model_name");
    uint64_t rows = 0;
    TRY(event_log_clear(api->options.log, model_name, &rows, err));
    model_table_forget_events(api->models, model_name);
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "status", "deleted");
    json_u64(&json, "rows", rows);
    return api_answer_end(&json, err);
}

static const struct api_about about = { .tag = "Capture", .query = "model_name: only of this model\n" };

const struct http_route production_data_routes[] = {
    { "GET", "/production-data", get_data, HTTP_ROUTE_SLOW, "Count the stored events by model.", &about },
    { "DELETE", "/production-data", delete_data, HTTP_ROUTE_SLOW, "Delete the stored events, of one model or all.",
      &about },
    { "DELETE", "/models/{name}/production-data", delete_data, HTTP_ROUTE_SLOW, "Delete this model's events.", &about },
    { 0 },
};
