/* GET /model/info, POST /model/reload: what is served, from where, since when, and what went wrong. */
#include "api/predict_call.h"

static const char *task_text(enum model_task task)
{
    switch (task) {
    case MODEL_REGRESSION:
        return "regression";
    case MODEL_BINARY:
        return "binary";
    case MODEL_MULTICLASS:
        return "multiclass";
    case MODEL_TASK_UNKNOWN:
        break;
    }
    return NULL;
}

static void write_columns(struct json_writer *json, const struct served_version *version)
{
    const struct runtime_info *info = &version->runtime->info;
    json_text(json, "task", task_text(info->task));
    json_array(json, "feature_names");
    for (size_t i = 0; i < info->input_count; i++)
        json_write_str(json, info->inputs[i].name);
    json_end_array(json);
    json_array(json, "inputs");
    for (size_t i = 0; i < info->input_count; i++) {
        json_begin_object(json);
        json_str(json, "name", info->inputs[i].name);
        json_text(json, "type", field_type_name(info->inputs[i].type));
        json_bool(json, "required", info->inputs[i].is_required);
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "classes");
    for (size_t i = 0; i < info->class_count; i++)
        json_write_str(json, info->class_names[i]);
    json_end_array(json);
    json_bool(json, "explainable", version->runtime->methods->explain != NULL);
    json_bool(json, "captured", version->ring != NULL);
}

static void write_selector(struct json_writer *json, const struct served_model_facts *facts)
{
    static const char *const names[] = { [PICK_VERSION] = "version", [PICK_STAGE] = "stage", [PICK_ALIAS] = "alias",
                                         [PICK_NEWEST] = "newest" };
    json_object(json, "follows");
    if (!str_is_empty(facts->path))
        json_str(json, "path", facts->path);
    else
        json_str(json, names[facts->selector.pick], facts->selector.value);
    json_end_object(json);
}

static void write_facts(struct json_writer *json, const struct served_model_facts *facts)
{
    json_str(json, "model_name", facts->name);
    json_bool(json, "model_loaded", facts->is_loaded);
    if (facts->is_loaded) {
        json_str(json, "model_version", facts->location.version);
        json_str(json, "model_stage", facts->location.stage);
        json_str(json, "run_id", facts->location.run_id);
        json_str(json, "model_id", facts->location.model_id);
        json_str(json, "runtime", facts->runtime);
        json_str(json, "flavor", facts->flavor);
        api_json_time(json, "loaded_at", facts->loaded_us);
        json_f64(json, "load_time_seconds", facts->load_seconds);
    } else {
        json_null(json, "model_version");
    }
    write_selector(json, facts);
    if (str_is_empty(facts->error)) {
        json_null(json, "error");
    } else {
        json_str(json, "error", facts->error);
        api_json_time(json, "error_at", facts->error_us);
    }
}

static enum status write_info(struct api *api, struct http_request *request, str name, struct error *err)
{
    struct served_model *model = NULL;
    struct served_model_facts *facts = NULL;
    size_t count = 0;
    TRY(predict_call_find(api, name, &model, err));
    TRY(model_set_list(api->serving, request->arena, &facts, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    for (size_t i = 0; i < count; i++)
        if (str_equal(facts[i].name, model_set_name(model)))
            write_facts(&json, &facts[i]);
    struct model_choice choice = model_set_choose_own(model);
    if (choice.version != NULL)
        write_columns(&json, choice.version);
    model_set_release(&choice);
    json_array(&json, "models");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        write_facts(&json, &facts[i]);
        json_end_object(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

/* The model of the path, else of the query. */
static str asked_name(const struct http_request *request)
{
    str name = api_path_model(request);
    return str_is_empty(name) ? http_request_query(request, "model_name") : name;
}

static enum status get_info(void *self, struct http_request *request, struct error *err)
{
    return write_info(self, request, asked_name(request), err);
}

static enum status post_reload(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str name = asked_name(request);
    TRY(model_set_reload(api->serving, name, err));
    return write_info(api, request, name, err);
}

static const struct api_about about = {
    .tag = "Predict",
    .answer = "{\"type\":\"object\",\"properties\":{\"model_name\":{\"type\":\"string\"},\"model_version\":{\"description\":"
              "\"null where none is loaded\"},\"model_loaded\":{\"type\":\"boolean\"},\"runtime\":{\"type\":\"string\"},"
              "\"inputs\":{\"type\":\"array\"},\"classes\":{\"type\":\"array\"},\"models\":{\"type\":\"array\"}}}",
    .query = "model_name: the model, where several are served",
};

const struct http_route model_info_routes[] = {
    { "GET", "/model/info", get_info, HTTP_ROUTE_QUICK, "The served model: version, runtime, columns, classes.", &about },
    { "GET", "/models/{name}/info", get_info, HTTP_ROUTE_QUICK, "The same of this model.", &about },
    { "POST", "/model/reload", post_reload, HTTP_ROUTE_SLOW, "Load anew what the served models follow; the old version "
      "answers until the new one is there.", &about },
    { "POST", "/models/{name}/reload", post_reload, HTTP_ROUTE_SLOW, "The same of this model.", &about },
    { 0 },
};
