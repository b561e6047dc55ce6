/* /api/2.0/mlflow/experiments/... - the HTTP face of registry/experiment.h. */
#include "api/api_internal.h"
#include "api/mlflow_json.h"
#include "registry/experiment.h"
#include "registry/run_input.h"

#define AT "/api/2.0/mlflow/experiments/"

static struct registry *registry_of(void *self)
{
    struct api *api = self;
    return api->options.registry;
}

static void write_experiment(struct json_writer *json, const struct experiment *experiment)
{
    char id[32];
    (void)snprintf(id, sizeof id, "%lld", (long long)experiment->experiment_id);
    json_text(json, "experiment_id", id);
    json_str(json, "name", experiment->name);
    json_str(json, "artifact_location", experiment->artifact_location);
    json_text(json, "lifecycle_stage", experiment->is_deleted ? "deleted" : "active");
    json_i64(json, "last_update_time", experiment->updated_ms);
    json_i64(json, "creation_time", experiment->created_ms);
    mlflow_write_pairs(json, "tags", experiment->tags, experiment->tag_count);
}

static enum status answer_experiment(struct http_request *request, const struct experiment *experiment,
                                     struct error *err)
{
    struct json_writer json;
    api_answer_begin(request, &json);
    json_object(&json, "experiment");
    write_experiment(&json, experiment);
    json_end_object(&json);
    return api_answer_end(&json, err);
}

static enum status need_experiment_id(const struct mlflow_fields *fields, int64_t *ret_experiment_id, struct error *err)
{
    str text;
    TRY(mlflow_need_str(fields, "experiment_id", &text, err));
    return experiment_read_id(text, ret_experiment_id, err);
}

/* Most calls here name an experiment and need nothing else of the request first. */
static enum status read_call(struct http_request *request, struct mlflow_fields *ret_fields, int64_t *ret_experiment_id,
                             struct error *err)
{
    TRY(mlflow_read_request(request, ret_fields, err));
    return need_experiment_id(ret_fields, ret_experiment_id, err);
}

static enum status create(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct experiment_source from = { 0 };
    struct registry_pair *tags;
    int64_t experiment_id;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "name", &from.name, err));
    TRY(mlflow_take_str(&fields, "artifact_location", &from.artifact_location, err));
    TRY(mlflow_take_pairs(&fields, "tags", &tags, &from.tag_count, err));
    from.tags = tags;
    TRY(experiment_create(registry_of(self), &from, &experiment_id, err));
    struct json_writer json;
    char id[32];
    (void)snprintf(id, sizeof id, "%lld", (long long)experiment_id);
    api_answer_begin(request, &json);
    json_text(&json, "experiment_id", id);
    return api_answer_end(&json, err);
}

static enum status get(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct experiment experiment;
    int64_t experiment_id;
    TRY(read_call(request, &fields, &experiment_id, err));
    TRY(experiment_get(registry_of(self), experiment_id, request->arena, &experiment, err));
    return answer_experiment(request, &experiment, err);
}

static enum status get_by_name(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct experiment experiment;
    str name;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "experiment_name", &name, err));
    TRY(experiment_get_by_name(registry_of(self), name, request->arena, &experiment, err));
    return answer_experiment(request, &experiment, err);
}

static enum status search(void *self, struct http_request *request, struct error *err)
{
    static const char *const views[] = { "ACTIVE_ONLY", "DELETED_ONLY", "ALL" };
    struct mlflow_fields fields;
    struct registry_page page = { .max_results = 0 };
    struct experiment *experiments;
    size_t count;
    str token;
    int view = REGISTRY_ACTIVE_ONLY;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_page(&fields, &page, err));
    TRY(mlflow_take_enum(&fields, "view_type", views, COUNT(views), 1, &view, err));
    TRY(experiment_search(registry_of(self), &page, (enum registry_view)view, request->arena, &experiments, &count,
                          &token, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    if (count > 0)
        json_array(&json, "experiments");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&json);
        write_experiment(&json, &experiments[i]);
        json_end_object(&json);
    }
    if (count > 0)
        json_end_array(&json);
    mlflow_write_text(&json, "next_page_token", token);
    return mlflow_answer_end(request, &json, err);
}

static enum status delete(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    int64_t experiment_id;
    TRY(read_call(request, &fields, &experiment_id, err));
    TRY(experiment_delete(registry_of(self), experiment_id, err));
    return mlflow_answer_nothing(request, err);
}

static enum status restore(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    int64_t experiment_id;
    TRY(read_call(request, &fields, &experiment_id, err));
    TRY(experiment_restore(registry_of(self), experiment_id, err));
    return mlflow_answer_nothing(request, err);
}

static enum status update(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    int64_t experiment_id;
    str name;
    TRY(read_call(request, &fields, &experiment_id, err));
    TRY(mlflow_need_str(&fields, "new_name", &name, err));
    TRY(experiment_rename(registry_of(self), experiment_id, name, err));
    return mlflow_answer_nothing(request, err);
}

static enum status set_tag(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    int64_t experiment_id;
    str key, value = { 0 };
    TRY(read_call(request, &fields, &experiment_id, err));
    TRY(mlflow_need_str(&fields, "key", &key, err));
    if (!mlflow_has(&fields, "value"))
        return mlflow_missing(&fields, "value", err);
    TRY(mlflow_take_str(&fields, "value", &value, err));
    TRY(experiment_set_tag(registry_of(self), experiment_id, key, value, err));
    return mlflow_answer_nothing(request, err);
}

static enum status delete_tag(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    int64_t experiment_id;
    str key;
    TRY(read_call(request, &fields, &experiment_id, err));
    TRY(mlflow_need_str(&fields, "key", &key, err));
    TRY(experiment_delete_tag(registry_of(self), experiment_id, key, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- data sets ---- */

static enum status read_experiment_ids(const struct mlflow_fields *fields, int64_t **ret_ids, size_t *ret_count,
                                       struct error *err)
{
    str *texts;
    TRY(mlflow_take_strs(fields, "experiment_ids", &texts, ret_count, err));
    if (*ret_count == 0)
        return mlflow_missing(fields, "experiment_ids", err);
    if (*ret_count > DATASET_SEARCH_EXPERIMENTS_MAX)
        return error_set(err, ERR_INVALID,
                         "SearchDatasets request cannot specify more than %d experiment_ids. Received %zu "
                         "experiment_ids.",
                         DATASET_SEARCH_EXPERIMENTS_MAX, *ret_count);
    *ret_ids = arena_alloc(fields->arena, *ret_count * sizeof **ret_ids); /* few, as checked */
    for (size_t i = 0; i < *ret_count; i++)
        TRY(experiment_read_id(texts[i], &(*ret_ids)[i], err));
    return OK;
}

static enum status search_datasets(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct dataset_summary *summaries;
    int64_t *ids = NULL;
    size_t id_count, count;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(read_experiment_ids(&fields, &ids, &id_count, err));
    TRY(dataset_search(registry_of(self), ids, id_count, request->arena, &summaries, &count, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "dataset_summaries");
    for (size_t i = 0; i < count; i++) {
        char id[32];
        (void)snprintf(id, sizeof id, "%lld", (long long)summaries[i].experiment_id);
        json_begin_object(&json);
        json_text(&json, "experiment_id", id);
        json_str(&json, "name", summaries[i].name);
        json_str(&json, "digest", summaries[i].digest);
        mlflow_write_text(&json, "context", summaries[i].context);
        json_end_object(&json);
    }
    json_end_array(&json);
    return api_answer_end(&json, err);
}

#define ID_BODY                                                                                                        \
    "{\"type\":\"object\",\"required\":[\"experiment_id\"],\"properties\":{\"experiment_id\":{\"type\":\"string\"},"   \
    "\"new_name\":{\"type\":\"string\"},\"key\":{\"type\":\"string\"},\"value\":{\"type\":\"string\"}}}"

static const struct api_about about_create = {
    .tag = "MLflow",
    .body =
        "{\"type\":\"object\",\"required\":[\"name\"],\"properties\":{\"name\":{\"type\":\"string\"},"
        "\"artifact_location\":{\"type\":\"string\"},\"tags\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}",
    .example = "{\"name\":\"churn\"}",
    .answer = "{\"type\":\"object\",\"properties\":{\"experiment_id\":{\"type\":\"string\"}}}",
};
static const struct api_about about_get = { .tag = "MLflow", .query = "experiment_id: its id\n" };
static const struct api_about about_get_by_name = { .tag = "MLflow", .query = "experiment_name: its name\n" };
static const struct api_about about_search_get = {
    .tag = "MLflow",
    .query = "max_results: at most so many\nfilter: name LIKE 'c%' AND tags.team = 'a'\norder_by: name, creation_time, "
             "last_update_time, experiment_id; with DESC\nview_type: ACTIVE_ONLY, DELETED_ONLY, ALL\n"
             "page_token: next_page_token of the page before\n",
};
static const struct api_about about_search = {
    .tag = "MLflow",
    .body =
        "{\"type\":\"object\",\"required\":[\"max_results\"],\"properties\":{\"max_results\":{\"type\":\"integer\"},"
        "\"filter\":{\"type\":\"string\"},\"order_by\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
        "\"view_type\":{\"type\":\"string\"},\"page_token\":{\"type\":\"string\"}}}",
    .example = "{\"max_results\":100,\"filter\":\"name LIKE 'c%'\"}",
};
static const struct api_about about_change = { .tag = "MLflow", .body = ID_BODY };
static const struct api_about about_datasets = {
    .tag = "MLflow",
    .body =
        "{\"type\":\"object\",\"required\":[\"experiment_ids\"],\"properties\":{\"experiment_ids\":{\"type\":\"array\","
        "\"items\":{\"type\":\"string\"}}}}",
};

const struct http_route mlflow_experiment_routes[] = {
    { "POST", AT "create", create, HTTP_ROUTE_DISK, "Create an experiment.", &about_create },
    { "GET", AT "get", get, HTTP_ROUTE_DISK, "One experiment, by id.", &about_get },
    { "GET", AT "get-by-name", get_by_name, HTTP_ROUTE_DISK, "One experiment, by name.", &about_get_by_name },
    { "GET", AT "search", search, HTTP_ROUTE_DISK, "Experiments that match a filter.", &about_search_get },
    { "POST", AT "search", search, HTTP_ROUTE_DISK, "Experiments that match a filter.", &about_search },
    { "POST", AT "delete", delete, HTTP_ROUTE_DISK, "Delete an experiment with its runs; restore brings it back.",
      &about_change },
    { "POST", AT "restore", restore, HTTP_ROUTE_DISK, "Restore a deleted experiment with its runs.", &about_change },
    { "POST", AT "update", update, HTTP_ROUTE_DISK, "Rename an experiment.", &about_change },
    { "POST", AT "set-experiment-tag", set_tag, HTTP_ROUTE_DISK, "Set a tag of an experiment.", &about_change },
    { "POST", AT "delete-experiment-tag", delete_tag, HTTP_ROUTE_DISK, "Delete a tag of an experiment.",
      &about_change },
    { "POST", AT "search-datasets", search_datasets, HTTP_ROUTE_DISK, "Data sets that experiments' runs used.",
      &about_datasets },
    { 0 },
};
