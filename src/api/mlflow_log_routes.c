/* /api/2.0/mlflow/runs/log-... and tags - what runs write; the hot path of training loops. */
#include "api/api_internal.h"
#include "api/mlflow_run_json.h"
#include "registry/run_log.h"

#define AT "/api/2.0/mlflow/runs/"

static struct registry *registry_of(void *self)
{
    struct api *api = self;
    return api->options.registry;
}

static enum status read_point(const struct mlflow_fields *fields, struct metric_point *point, struct error *err)
{
    TRY(mlflow_need_str(fields, "key", &point->key, err));
    TRY(mlflow_need_f64(fields, "value", &point->value, err));
    TRY(mlflow_need_i64(fields, "timestamp", &point->timestamp_ms, err));
    TRY(mlflow_take_i64(fields, "step", &point->step, err));
    TRY(mlflow_take_str(fields, "model_id", &point->model_id, err));
    TRY(mlflow_take_str(fields, "dataset_name", &point->dataset_name, err));
    return mlflow_take_str(fields, "dataset_digest", &point->dataset_digest, err);
}

static enum status log_metric(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct metric_point point = { 0 };
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_run_id(&fields, &run_id, err));
    TRY(read_point(&fields, &point, err));
    struct run_batch batch = { .metrics = &point, .metric_count = 1, .is_single = true };
    TRY(run_log(registry_of(self), run_id, &batch, err));
    return mlflow_answer_nothing(request, err);
}

static enum status log_parameter(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct registry_pair param = { 0 };
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_run_id(&fields, &run_id, err));
    TRY(mlflow_need_str(&fields, "key", &param.key, err));
    TRY(mlflow_take_str(&fields, "value", &param.value, err));
    struct run_batch batch = { .params = &param, .param_count = 1, .is_single = true };
    TRY(run_log(registry_of(self), run_id, &batch, err));
    return mlflow_answer_nothing(request, err);
}

static enum status set_tag(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct registry_pair tag = { 0 };
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_run_id(&fields, &run_id, err));
    TRY(mlflow_need_str(&fields, "key", &tag.key, err));
    TRY(mlflow_take_str(&fields, "value", &tag.value, err));
    struct run_batch batch = { .tags = &tag, .tag_count = 1, .is_single = true };
    TRY(run_log(registry_of(self), run_id, &batch, err));
    return mlflow_answer_nothing(request, err);
}

static enum status delete_tag(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    str run_id, key;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
    TRY(mlflow_need_str(&fields, "key", &key, err));
    TRY(run_delete_tag(registry_of(self), run_id, key, err));
    return mlflow_answer_nothing(request, err);
}

static enum status read_points(const struct mlflow_fields *fields, struct metric_point **ret_points, size_t *ret_count,
                               struct error *err)
{
    struct mlflow_fields *objects;
    TRY(mlflow_take_objects(fields, "metrics", &objects, ret_count, err));
    struct metric_point *points = arena_array(fields->arena, struct metric_point, MAX_OF(*ret_count, (size_t)1));
    if (points == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the metrics of a batch");
    for (size_t i = 0; i < *ret_count && i <= RUN_BATCH_METRICS_MAX; i++) /* one too many is refused by its number */
        TRY(read_point(&objects[i], &points[i], err));
    *ret_points = points;
    return OK;
}

enum status mlflow_read_batch(const struct mlflow_fields *fields, str *ret_run_id, struct run_batch *ret_batch,
                              struct error *err)
{
    struct metric_point *metrics = NULL;
    struct registry_pair *params, *tags;
    TRY(mlflow_need_run_id(fields, ret_run_id, err));
    TRY(read_points(fields, &metrics, &ret_batch->metric_count, err));
    TRY(mlflow_take_pairs(fields, "params", &params, &ret_batch->param_count, err));
    TRY(mlflow_take_pairs(fields, "tags", &tags, &ret_batch->tag_count, err));
    ret_batch->metrics = metrics;
    ret_batch->params = params;
    ret_batch->tags = tags;
    return OK;
}

static enum status log_batch(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct run_batch batch = { 0 };
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_read_batch(&fields, &run_id, &batch, err));
    TRY(run_log(registry_of(self), run_id, &batch, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- records of models ---- */

static enum status check_record(str model_json, struct arena *arena, struct error *err)
{
    static const char *const wanted[] = { "artifact_path", "flavors", "utc_time_created", "run_id" };
    bool has[COUNT(wanted)] = { 0 };
    struct json_reader json;
    struct error mistake = { 0 };
    str name;
    json_reader_init(&json, model_json, arena, &mistake);
    json_enter_object(&json);
    while (json_next_member(&json, &name))
        for (size_t i = 0; i < COUNT(wanted); i++)
            has[i] |= str_equal(name, str_of(wanted[i]));
    if (json_finish(&json) != OK)
        return error_set(err, ERR_INVALID, "Malformed model info. \n %s", mistake.cause);
    for (size_t i = 0; i < COUNT(wanted); i++)
        if (!has[i])
            return error_set(err, ERR_INVALID, "Model json is missing mandatory fields: {'%s'}", wanted[i]);
    return OK;
}

static enum status log_model(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    str run_id, model_json;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
    TRY(mlflow_need_str(&fields, "model_json", &model_json, err));
    TRY(check_record(model_json, request->arena, err));
    TRY(run_add_model_record(registry_of(self), run_id, str_trim(model_json), err));
    return mlflow_answer_nothing(request, err);
}

#define PAIR_BODY                                                                                                      \
    "{\"type\":\"object\",\"required\":[\"run_id\",\"key\"],\"properties\":{\"run_id\":{\"type\":\"string\"},"         \
    "\"key\":{\"type\":\"string\"},\"value\":{\"type\":\"string\"}}}"

static const struct api_about about_metric = {
    .tag = "MLflow",
    .body = "{\"type\":\"object\",\"required\":[\"run_id\",\"key\",\"value\",\"timestamp\"],\"properties\":{"
            "\"run_id\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"},\"value\":{\"type\":\"number\"},"
            "\"timestamp\":{\"type\":\"integer\"},\"step\":{\"type\":\"integer\"},\"model_id\":{\"type\":\"string\"}}}",
};
static const struct api_about about_pair = { .tag = "MLflow", .body = PAIR_BODY };
static const struct api_about about_batch = {
    .tag = "MLflow",
    .body = "{\"type\":\"object\",\"required\":[\"run_id\"],\"properties\":{\"run_id\":{\"type\":\"string\"},"
            "\"metrics\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"params\":{\"type\":\"array\","
            "\"items\":{\"type\":\"object\"}},\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}",
};
static const struct api_about about_model = {
    .tag = "MLflow",
    .body = "{\"type\":\"object\",\"required\":[\"run_id\",\"model_json\"],\"properties\":{\"run_id\":{\"type\":"
            "\"string\"},"
            "\"model_json\":{\"type\":\"string\"}}}",
};

const struct http_route mlflow_log_routes[] = {
    { "POST", AT "log-metric", log_metric, HTTP_ROUTE_DISK, "Log one value of a metric.", &about_metric },
    { "POST", AT "log-parameter", log_parameter, HTTP_ROUTE_DISK, "Log a parameter, which is written once.",
      &about_pair },
    { "POST", AT "log-batch", log_batch, HTTP_ROUTE_DISK, "Log metrics, params and tags, all or none.", &about_batch },
    { "POST", AT "set-tag", set_tag, HTTP_ROUTE_DISK, "Set a tag of a run.", &about_pair },
    { "POST", AT "delete-tag", delete_tag, HTTP_ROUTE_DISK, "Delete a tag of a run.", &about_pair },
    { "POST", AT "log-model", log_model, HTTP_ROUTE_DISK, "Note a model that a run logged (clients before MLflow 3).",
      &about_model },
    { 0 },
};
