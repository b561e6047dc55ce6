/* /api/2.0/mlflow/runs/... - the life of runs, their search, their inputs and outputs. */
#include "api/api_internal.h"
#include "api/mlflow_run_json.h"
#include "registry/experiment.h"
#include "registry/run_input.h"

#define AT "/api/2.0/mlflow/runs/"

static struct registry *registry_of(void *self)
{
    struct api *api = self;
    return api->options.registry;
}

static enum status answer_run(struct http_request *request, const struct run *run, struct error *err)
{
    struct json_writer json;
    api_answer_begin(request, &json);
    json_write_name(&json, STR("run"));
    mlflow_write_run(&json, run);
    return api_answer_end(&json, err);
}

static enum status create(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct run_source from = { .start_ms = RUN_NO_TIME };
    struct registry_pair *tags;
    struct run run;
    str experiment_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "experiment_id", &experiment_id, err));
    TRY(experiment_read_id(experiment_id, &from.experiment_id, err));
    TRY(mlflow_take_str(&fields, "user_id", &from.user_id, err));
    TRY(mlflow_take_str(&fields, "run_name", &from.run_name, err));
    TRY(mlflow_take_i64(&fields, "start_time", &from.start_ms, err));
    TRY(mlflow_take_pairs(&fields, "tags", &tags, &from.tag_count, err));
    from.tags = tags;
    TRY(run_create(registry_of(self), &from, request->arena, &run, err));
    return answer_run(request, &run, err);
}

static enum status get(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct run run;
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_run_id(&fields, &run_id, err));
    TRY(run_get(registry_of(self), run_id, request->arena, &run, err));
    return answer_run(request, &run, err);
}

static enum status update(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct run_update new_values = { .status = -1, .end_ms = RUN_NO_TIME };
    struct run run;
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_run_id(&fields, &run_id, err));
    TRY(mlflow_take_enum(&fields, "status", run_status_names, RUN_STATUS_COUNT, 1, &new_values.status, err));
    TRY(mlflow_take_i64(&fields, "end_time", &new_values.end_ms, err));
    TRY(mlflow_take_str(&fields, "run_name", &new_values.run_name, err));
    TRY(run_update(registry_of(self), run_id, &new_values, request->arena, &run, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    mlflow_write_run_info(&json, "run_info", &run);
    return api_answer_end(&json, err);
}

static enum status delete(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
    TRY(run_delete(registry_of(self), run_id, err));
    return mlflow_answer_nothing(request, err);
}

static enum status restore(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
    TRY(run_restore(registry_of(self), run_id, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- search ---- */

#define EXPERIMENTS_MAX 4000

static enum status read_search(const struct mlflow_fields *fields, struct run_search *search, struct error *err)
{
    static const char *const views[] = { "ACTIVE_ONLY", "DELETED_ONLY", "ALL" };
    int view = REGISTRY_ACTIVE_ONLY;
    str *texts;
    TRY(mlflow_take_strs(fields, "experiment_ids", &texts, &search->experiment_count, err));
    TRY(mlflow_take_page(fields, &search->page, err));
    TRY(mlflow_take_enum(fields, "run_view_type", views, COUNT(views), 1, &view, err));
    search->view = (enum registry_view)view;
    if (search->experiment_count > EXPERIMENTS_MAX)
        return error_set(err, ERR_INVALID, "A search takes at most %d experiment_ids", EXPERIMENTS_MAX);
    int64_t *ids = arena_alloc(fields->arena, EXPERIMENTS_MAX * sizeof *ids);
    for (size_t i = 0; i < search->experiment_count; i++)
        TRY(experiment_read_id(texts[i], &ids[i], err));
    search->experiment_ids = ids;
    return OK;
}

static enum status search(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct run_search wanted = { .page.max_results = RUN_SEARCH_DEFAULT };
    struct run *runs;
    size_t count;
    str token;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(read_search(&fields, &wanted, err));
    TRY(run_search(registry_of(self), &wanted, request->arena, &runs, &count, &token, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    if (count > 0)
        json_array(&json, "runs");
    for (size_t i = 0; i < count && !buf_is_overfull(json.out); i++)
        mlflow_write_run(&json, &runs[i]);
    if (count > 0)
        json_end_array(&json);
    mlflow_write_text(&json, "next_page_token", token);
    return mlflow_answer_end(request, &json, err);
}

/* ---- inputs and outputs ---- */

static enum status read_dataset(const struct mlflow_fields *input, struct run_dataset *dataset, struct error *err)
{
    struct mlflow_fields fields;
    struct registry_pair *tags;
    TRY(mlflow_take_pairs(input, "tags", &tags, &dataset->tag_count, err));
    dataset->tags = tags;
    if (!mlflow_has(input, "dataset"))
        return mlflow_missing(input, "dataset", err);
    TRY(mlflow_take_object(input, "dataset", &fields, err));
    TRY(mlflow_need_str(&fields, "name", &dataset->name, err));
    TRY(mlflow_need_str(&fields, "digest", &dataset->digest, err));
    TRY(mlflow_need_str(&fields, "source_type", &dataset->source_type, err));
    TRY(mlflow_need_str(&fields, "source", &dataset->source, err));
    TRY(mlflow_take_str(&fields, "schema", &dataset->schema, err));
    return mlflow_take_str(&fields, "profile", &dataset->profile, err);
}

static enum status read_models(const struct mlflow_fields *fields, struct run_model **ret_models, size_t *ret_count,
                               struct error *err)
{
    struct mlflow_fields *objects;
    TRY(mlflow_take_objects(fields, "models", &objects, ret_count, err));
    struct run_model *models = arena_array(fields->arena, struct run_model, MAX_OF(*ret_count, (size_t)1));
    if (models == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the models of a run");
    for (size_t i = 0; i < *ret_count; i++) {
        TRY(mlflow_need_str(&objects[i], "model_id", &models[i].model_id, err));
        TRY(mlflow_take_i64(&objects[i], "step", &models[i].step, err));
    }
    *ret_models = models;
    return OK;
}

static enum status log_inputs(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields, *objects;
    struct run_inputs inputs = { 0 };
    struct run_model *models;
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
    TRY(mlflow_take_objects(&fields, "datasets", &objects, &inputs.dataset_count, err));
    struct run_dataset *datasets =
        arena_array(request->arena, struct run_dataset, MAX_OF(inputs.dataset_count, (size_t)1));
    if (datasets == NULL)
        return error_set(err, ERR_LIMIT, "no memory for the data sets of a run");
    for (size_t i = 0; i < inputs.dataset_count; i++)
        TRY(read_dataset(&objects[i], &datasets[i], err));
    TRY(read_models(&fields, &models, &inputs.model_count, err));
    inputs.datasets = datasets;
    inputs.models = models;
    TRY(run_add_inputs(registry_of(self), run_id, &inputs, err));
    return mlflow_answer_nothing(request, err);
}

static enum status log_outputs(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct run_model *models;
    size_t count;
    str run_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "run_id", &run_id, err));
    TRY(read_models(&fields, &models, &count, err));
    TRY(run_add_outputs(registry_of(self), run_id, models, count, err));
    return mlflow_answer_nothing(request, err);
}

#define RUN_BODY                                                                                                       \
    "{\"type\":\"object\",\"required\":[\"run_id\"],\"properties\":{\"run_id\":{\"type\":\"string\"},"                 \
    "\"status\":{\"type\":\"string\"},\"end_time\":{\"type\":\"integer\"},\"run_name\":{\"type\":\"string\"}}}"
#define RUN_ANSWER                                                                                                     \
    "{\"type\":\"object\",\"properties\":{\"run\":{\"type\":\"object\",\"properties\":{\"info\":{\"type\":\"object\"}" \
    ","                                                                                                                \
    "\"data\":{\"type\":\"object\"},\"inputs\":{\"type\":\"object\"},\"outputs\":{\"type\":\"object\"}}}}}"

static const struct api_about about_create = {
    .tag = "MLflow",
    .body =
        "{\"type\":\"object\",\"required\":[\"experiment_id\"],\"properties\":{\"experiment_id\":{\"type\":\"string\"},"
        "\"run_name\":{\"type\":\"string\"},\"start_time\":{\"type\":\"integer\"},\"user_id\":{\"type\":\"string\"},"
        "\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}",
    .example = "{\"experiment_id\":\"0\",\"run_name\":\"first\",\"start_time\":1700000000000}",
    .answer = RUN_ANSWER,
};
static const struct api_about about_get = { .tag = "MLflow", .query = "run_id: its id\n", .answer = RUN_ANSWER };
static const struct api_about about_change = { .tag = "MLflow", .body = RUN_BODY };
static const struct api_about about_search = {
    .tag = "MLflow",
    .body =
        "{\"type\":\"object\",\"required\":[\"experiment_ids\"],\"properties\":{\"experiment_ids\":{\"type\":\"array\","
        "\"items\":{\"type\":\"string\"}},\"filter\":{\"type\":\"string\"},\"order_by\":{\"type\":\"array\","
        "\"items\":{\"type\":\"string\"}},\"max_results\":{\"type\":\"integer\"},\"run_view_type\":{\"type\":"
        "\"string\"},"
        "\"page_token\":{\"type\":\"string\"}}}",
    .example = "{\"experiment_ids\":[\"0\"],\"filter\":\"metrics.acc > 0.9 AND params.model = 'tree'\","
               "\"order_by\":[\"metrics.acc DESC\"]}",
};
static const struct api_about about_links = {
    .tag = "MLflow",
    .body = "{\"type\":\"object\",\"required\":[\"run_id\"],\"properties\":{\"run_id\":{\"type\":\"string\"},"
            "\"datasets\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},\"models\":{\"type\":\"array\","
            "\"items\":{\"type\":\"object\"}}}}",
};

const struct http_route mlflow_run_routes[] = {
    { "POST", AT "create", create, HTTP_ROUTE_DISK, "Start a run.", &about_create },
    { "GET", AT "get", get, HTTP_ROUTE_DISK, "One run with the latest of each metric, its params, tags and inputs.",
      &about_get },
    { "POST", AT "update", update, HTTP_ROUTE_DISK, "End a run, or rename it.", &about_change },
    { "POST", AT "delete", delete, HTTP_ROUTE_DISK, "Delete a run; restore brings it back.", &about_change },
    { "POST", AT "restore", restore, HTTP_ROUTE_DISK, "Restore a deleted run.", &about_change },
    { "POST", AT "search", search, HTTP_ROUTE_DISK, "Runs that match a filter, in an order, by pages.", &about_search },
    { "POST", AT "log-inputs", log_inputs, HTTP_ROUTE_DISK, "Link data sets and models that a run reads.",
      &about_links },
    { "POST", AT "outputs", log_outputs, HTTP_ROUTE_DISK, "Link models that a run makes.", &about_links },
    { 0 },
};
