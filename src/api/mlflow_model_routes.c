/* api/mlflow_model_routes.c - MLflow 3's logged models. */
#include "api/mlflow_about.h"
#include "api/mlflow_model_json.h"
#include "registry/experiment.h"

/* ---- answers ---- */

static enum status write_model(struct http_request *request, const struct logged_model *model, struct error *err)
{
    struct json_writer json;
    api_answer_begin(request, &json);
    json_write_name(&json, STR("model"));
    mlflow_write_logged_model(&json, model);
    return api_answer_end(&json, err);
}

static enum status answer_model(struct api *api, struct http_request *request, str model_id, bool sees_deleted,
                                struct error *err)
{
    struct logged_model model;
    TRY(logged_model_get(api->options.registry, model_id, sees_deleted, request->arena, &model, err));
    return write_model(request, &model, err);
}

/* ---- one model ---- */

static enum status create(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct logged_model_source from = { 0 };
    struct registry_pair *tags, *params;
    str experiment_id, model_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "experiment_id", &experiment_id, err));
    TRY(experiment_read_id(experiment_id, &from.experiment_id, err));
    TRY(mlflow_take_str(&fields, "name", &from.name, err));
    TRY(mlflow_take_str(&fields, "model_type", &from.model_type, err));
    TRY(mlflow_take_str(&fields, "source_run_id", &from.source_run_id, err));
    TRY(mlflow_take_pairs(&fields, "tags", &tags, &from.tag_count, err));
    TRY(mlflow_take_pairs(&fields, "params", &params, &from.param_count, err));
    from.tags = tags;
    from.params = params;
    TRY(logged_model_create(api->options.registry, &from, request->arena, &model_id, err));
    return answer_model(api, request, model_id, false, err);
}

static enum status get(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    bool sees_deleted = false;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_bool(&fields, "allow_deleted", &sees_deleted, err));
    return answer_model(self, request, http_request_param(request, "model_id"), sees_deleted, err);
}

static enum status finish(void *self, struct http_request *request, struct error *err)
{
    static const char *const names[] = { "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED" };
    struct api *api = self;
    struct mlflow_fields fields;
    str model_id = http_request_param(request, "model_id");
    int index = -1;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_enum(&fields, "status", names, COUNT(names), LOGGED_MODEL_PENDING, &index, err));
    if (index < 0)
        return mlflow_missing(&fields, "status", err);
    enum logged_model_status status = (enum logged_model_status)(index + LOGGED_MODEL_PENDING);
    TRY(logged_model_set_status(api->options.registry, model_id, status, err));
    return answer_model(api, request, model_id, false, err);
}

static enum status delete_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    TRY(logged_model_delete(api->options.registry, http_request_param(request, "model_id"), err));
    return mlflow_answer_nothing(request, err);
}

static enum status set_tags(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct registry_pair *tags;
    size_t count;
    str model_id = http_request_param(request, "model_id");
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_pairs(&fields, "tags", &tags, &count, err));
    TRY(logged_model_set_tags(api->options.registry, model_id, tags, count, err));
    return answer_model(api, request, model_id, false, err);
}

static enum status delete_tag(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str model_id = http_request_param(request, "model_id");
    TRY(logged_model_delete_tag(api->options.registry, model_id, http_request_param(request, "key"), err));
    return mlflow_answer_nothing(request, err);
}

static enum status add_params(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct registry_pair *params;
    size_t count;
    str model_id = http_request_param(request, "model_id");
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_pairs(&fields, "params", &params, &count, err));
    TRY(logged_model_add_params(api->options.registry, model_id, params, count, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- search ---- */

static enum status take_orders(const struct mlflow_fields *fields, struct logged_model_search *search,
                               struct error *err)
{
    struct mlflow_fields *objects;
    TRY(mlflow_take_objects(fields, "order_by", &objects, &search->order_count, err));
    struct logged_model_order *orders = arena_array(fields->arena, struct logged_model_order, search->order_count + 1);
    if (orders == NULL)
        return error_set(err, ERR_LIMIT, "no memory for an order of %zu", search->order_count);
    for (size_t i = 0; i < search->order_count; i++) {
        bool is_ascending = true;
        TRY(mlflow_need_str(&objects[i], "field_name", &orders[i].field, err));
        TRY(mlflow_take_bool(&objects[i], "ascending", &is_ascending, err));
        TRY(mlflow_take_str(&objects[i], "dataset_name", &orders[i].dataset_name, err));
        TRY(mlflow_take_str(&objects[i], "dataset_digest", &orders[i].dataset_digest, err));
        orders[i].is_descending = !is_ascending;
    }
    search->orders = orders;
    return OK;
}

static enum status take_datasets(const struct mlflow_fields *fields, struct logged_model_search *search,
                                 struct error *err)
{
    struct mlflow_fields *objects;
    TRY(mlflow_take_objects(fields, "datasets", &objects, &search->dataset_count, err));
    struct logged_model_metric *datasets = arena_array(fields->arena, struct logged_model_metric,
                                                       search->dataset_count + 1);
    if (datasets == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu data sets", search->dataset_count);
    for (size_t i = 0; i < search->dataset_count; i++) {
        TRY(mlflow_need_str(&objects[i], "dataset_name", &datasets[i].dataset_name, err));
        TRY(mlflow_take_str(&objects[i], "dataset_digest", &datasets[i].dataset_digest, err));
    }
    search->datasets = datasets;
    return OK;
}

static enum status search(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct logged_model_search wanted = { .max_results = LOGGED_MODEL_SEARCH_DEFAULT };
    struct logged_model *models;
    struct json_writer json;
    size_t count;
    str *experiment_ids, token;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_strs(&fields, "experiment_ids", &experiment_ids, &wanted.experiment_count, err));
    if (wanted.experiment_count == 0)
        return mlflow_missing(&fields, "experiment_ids", err);
    wanted.experiment_ids = experiment_ids;
    TRY(mlflow_take_str(&fields, "filter", &wanted.filter, err));
    TRY(mlflow_take_i64(&fields, "max_results", &wanted.max_results, err));
    TRY(mlflow_take_str(&fields, "page_token", &wanted.token, err));
    TRY(take_orders(&fields, &wanted, err));
    TRY(take_datasets(&fields, &wanted, err));
    TRY(logged_model_search(api->options.registry, &wanted, request->arena, &models, &count, &token, err));
    api_answer_begin(request, &json);
    if (count > 0) {
        json_array(&json, "models");
        for (size_t i = 0; i < count; i++)
            mlflow_write_logged_model(&json, &models[i]);
        json_end_array(&json);
    }
    mlflow_write_text(&json, "next_page_token", token);
    return api_answer_end(&json, err);
}

/* ---- the table ---- */

#define LOGGED MLFLOW_PATH "logged-models"

const struct http_route mlflow_model_routes[] = {
    { "POST", LOGGED, create, HTTP_ROUTE_DISK, "Make a logged model, whose files are to come.",
      MLFLOW_BODY(MLFLOW_TEXT("experiment_id") "," MLFLOW_TEXT("name") "," MLFLOW_TEXT("model_type") "," MLFLOW_TEXT(
                      "source_run_id") "," MLFLOW_PAIRS("params") "," MLFLOW_PAIRS("tags"), "\"experiment_id\"") },
    { "POST", LOGGED "/search", search, HTTP_ROUTE_DISK, "Find logged models.",
      MLFLOW_BODY(MLFLOW_TEXTS("experiment_ids") "," MLFLOW_TEXT("filter") "," MLFLOW_OBJECTS("order_by") "," MLFLOW_OBJECTS(
                      "datasets") "," MLFLOW_INTEGER("max_results") "," MLFLOW_TEXT("page_token"), "\"experiment_ids\"") },
    { "GET", LOGGED "/{model_id}", get, HTTP_ROUTE_DISK, "A logged model.",
      MLFLOW_QUERY("allow_deleted: true shows a deleted one too\n") },
    { "PATCH", LOGGED "/{model_id}", finish, HTTP_ROUTE_DISK, "Say that the files of a logged model are there, or "
                                                              "failed.",
      MLFLOW_BODY(MLFLOW_TEXT("model_id") "," MLFLOW_TEXT("status"), "\"status\"") },
    { "DELETE", LOGGED "/{model_id}", delete_model, HTTP_ROUTE_DISK, "Delete a logged model; its files stay.",
      MLFLOW_QUERY("") },
    { "PATCH", LOGGED "/{model_id}/tags", set_tags, HTTP_ROUTE_DISK, "Set tags of a logged model.",
      MLFLOW_BODY(MLFLOW_PAIRS("tags"), "") },
    { "DELETE", LOGGED "/{model_id}/tags/{key}", delete_tag, HTTP_ROUTE_DISK, "Delete a tag of a logged model.",
      MLFLOW_QUERY("") },
    { "POST", LOGGED "/{model_id}/params", add_params, HTTP_ROUTE_DISK, "Add parameters of a logged model.",
      MLFLOW_BODY(MLFLOW_PAIRS("params"), "") },
    { 0 },
};
