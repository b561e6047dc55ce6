/* api/mlflow_registry_routes.c - MLflow's model registry: registered models, versions, stages, aliases, tags. */
#include "api/mlflow_about.h"
#include "api/mlflow_model_json.h"
#include "base/number.h"

/* ---- requests ---- */

/* A version as clients send it: decimal text. */
static enum status need_version(const struct mlflow_fields *fields, int64_t *ret_version, struct error *err)
{
    str text;
    TRY(mlflow_need_str(fields, "version", &text, err));
    if (number_parse_i64(text, ret_version))
        return OK;
    return error_set(err, ERR_INVALID, "Parameter 'version' must be an integer, got '%.*s'.", STR_ARG(str_slice(text, 0, 200)));
}

/* What nearly every request names. */
struct target {
    struct mlflow_fields fields;
    str name;
    int64_t version;
};

static enum status read_model_target(struct http_request *request, struct target *ret_target, struct error *err)
{
    TRY(mlflow_read_request(request, &ret_target->fields, err));
    return mlflow_need_str(&ret_target->fields, "name", &ret_target->name, err);
}

static enum status read_version_target(struct http_request *request, struct target *ret_target, struct error *err)
{
    TRY(read_model_target(request, ret_target, err));
    return need_version(&ret_target->fields, &ret_target->version, err);
}

/* ---- answers ---- */

static enum status answer_model(struct api *api, struct http_request *request, str name, struct error *err)
{
    struct registered_model model;
    struct json_writer json;
    TRY(registered_model_get(api->options.registry, name, request->arena, &model, err));
    api_answer_begin(request, &json);
    json_write_name(&json, STR("registered_model"));
    mlflow_write_registered_model(&json, &model);
    return api_answer_end(&json, err);
}

static enum status write_version(struct http_request *request, const struct model_version *version, struct error *err)
{
    struct json_writer json;
    api_answer_begin(request, &json);
    json_write_name(&json, STR("model_version"));
    mlflow_write_model_version(&json, version);
    return api_answer_end(&json, err);
}

static enum status answer_version(struct api *api, struct http_request *request, str name, int64_t version,
                                  struct error *err)
{
    struct model_version row;
    TRY(model_version_get(api->options.registry, name, version, request->arena, &row, err));
    return write_version(request, &row, err);
}

/* ---- registered models ---- */

static enum status create_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    struct registry_pair *tags;
    size_t count;
    str description = STR("");
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_take_str(&target.fields, "description", &description, err));
    TRY(mlflow_take_pairs(&target.fields, "tags", &tags, &count, err));
    TRY(registered_model_create(api->options.registry, target.name, description, tags, count, err));
    return answer_model(api, request, target.name, err);
}

static enum status get_model(void *self, struct http_request *request, struct error *err)
{
    struct target target;
    TRY(read_model_target(request, &target, err));
    return answer_model(self, request, target.name, err);
}

static enum status update_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str description = STR("");
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_take_str(&target.fields, "description", &description, err));
    TRY(registered_model_describe(api->options.registry, target.name, description, err));
    return answer_model(api, request, target.name, err);
}

static enum status rename_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str new_name;
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "new_name", &new_name, err));
    TRY(registered_model_rename(api->options.registry, target.name, new_name, err));
    return answer_model(api, request, new_name, err);
}

static enum status delete_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    TRY(read_model_target(request, &target, err));
    TRY(registered_model_delete(api->options.registry, target.name, err));
    return mlflow_answer_nothing(request, err);
}

static enum status search_models(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct registry_page page = { .max_results = 100 };
    struct registered_model *models;
    struct json_writer json;
    size_t count;
    str token;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_page(&fields, &page, err));
    TRY(registered_model_search(api->options.registry, &page, request->arena, &models, &count, &token, err));
    api_answer_begin(request, &json);
    if (count > 0) {
        json_array(&json, "registered_models");
        for (size_t i = 0; i < count; i++)
            mlflow_write_registered_model(&json, &models[i]);
        json_end_array(&json);
    }
    mlflow_write_text(&json, "next_page_token", token);
    return api_answer_end(&json, err);
}

static enum status set_model_tag(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str key, value = STR("");
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "key", &key, err));
    TRY(mlflow_take_str(&target.fields, "value", &value, err));
    TRY(registered_model_set_tag(api->options.registry, target.name, key, value, err));
    return mlflow_answer_nothing(request, err);
}

static enum status delete_model_tag(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str key;
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "key", &key, err));
    TRY(registered_model_delete_tag(api->options.registry, target.name, key, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- aliases ---- */

static enum status set_alias(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str alias;
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "alias", &alias, err));
    TRY(need_version(&target.fields, &target.version, err));
    TRY(registered_model_set_alias(api->options.registry, target.name, alias, target.version, err));
    return mlflow_answer_nothing(request, err);
}

static enum status delete_alias(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str alias;
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "alias", &alias, err));
    TRY(registered_model_delete_alias(api->options.registry, target.name, alias, err));
    return mlflow_answer_nothing(request, err);
}

/* An alias that is not there is, to MLflow's clients, a wrong parameter; a model that is not there is not. */
static enum status get_alias(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct registry *registry = api->options.registry;
    struct target target;
    struct model_version version;
    struct error none = { 0 };
    str alias;
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "alias", &alias, err));
    enum status status = registry_resolve_alias(registry, target.name, alias, request->arena, &version, &none);
    if (status == OK)
        return answer_version(api, request, version.model_name, version.version, err);
    struct registered_model model;
    if (status == ERR_NOT_FOUND)
        TRY(registered_model_get(registry, target.name, request->arena, &model, err));
    return error_set(err, status == ERR_NOT_FOUND ? ERR_INVALID : status, "%s", none.cause);
}

/* ---- versions ---- */

static enum status create_version(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    struct model_version_source from = { 0 };
    struct registry_pair *tags;
    TRY(read_model_target(request, &target, err));
    const struct mlflow_fields *fields = &target.fields;
    from.model_name = target.name;
    TRY(mlflow_need_str(fields, "source", &from.source, err));
    TRY(mlflow_take_str(fields, "run_id", &from.run_id, err));
    TRY(mlflow_take_str(fields, "model_id", &from.model_id, err));
    TRY(mlflow_take_str(fields, "run_link", &from.run_link, err));
    TRY(mlflow_take_str(fields, "description", &from.description, err));
    TRY(mlflow_take_pairs(fields, "tags", &tags, &from.tag_count, err));
    from.tags = tags;
    TRY(model_version_create(api->options.registry, &from, &target.version, err));
    return answer_version(api, request, target.name, target.version, err);
}

static enum status get_version(void *self, struct http_request *request, struct error *err)
{
    struct target target;
    TRY(read_version_target(request, &target, err));
    return answer_version(self, request, target.name, target.version, err);
}

static enum status update_version(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str description = STR("");
    TRY(read_version_target(request, &target, err));
    TRY(mlflow_take_str(&target.fields, "description", &description, err));
    TRY(model_version_describe(api->options.registry, target.name, target.version, description, err));
    return answer_version(api, request, target.name, target.version, err);
}

static enum status transition_stage(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    enum model_stage stage;
    bool archives_others = false;
    str text;
    TRY(read_version_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "stage", &text, err));
    TRY(mlflow_take_bool(&target.fields, "archive_existing_versions", &archives_others, err));
    TRY(model_stage_parse(text, &stage, err));
    TRY(model_version_transition(api->options.registry, target.name, target.version, stage, archives_others, err));
    return answer_version(api, request, target.name, target.version, err);
}

static enum status delete_version(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    TRY(read_version_target(request, &target, err));
    TRY(model_version_delete(api->options.registry, target.name, target.version, err));
    return mlflow_answer_nothing(request, err);
}

static enum status get_download_uri(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    struct model_version version;
    struct json_writer json;
    TRY(read_version_target(request, &target, err));
    TRY(registry_resolve_version(api->options.registry, target.name, target.version, request->arena, &version, err));
    api_answer_begin(request, &json);
    json_str(&json, "artifact_uri", version.location);
    return api_answer_end(&json, err);
}

static enum status get_latest(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    struct model_version *versions;
    struct json_writer json;
    str *names;
    size_t name_count, count;
    TRY(read_model_target(request, &target, err));
    TRY(mlflow_take_strs(&target.fields, "stages", &names, &name_count, err));
    enum model_stage *stages = arena_array(request->arena, enum model_stage, name_count + 1);
    if (stages == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu stages", name_count);
    for (size_t i = 0; i < name_count; i++)
        TRY(model_stage_parse(names[i], &stages[i], err));
    TRY(model_version_latest(api->options.registry, target.name, stages, name_count, request->arena, &versions, &count,
                             err));
    api_answer_begin(request, &json);
    mlflow_write_model_versions(&json, "model_versions", versions, count);
    return api_answer_end(&json, err);
}

static enum status search_versions(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct registry_page page = { .max_results = MODEL_VERSION_SEARCH_MAX };
    struct model_version *versions;
    struct json_writer json;
    size_t count;
    str token;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_page(&fields, &page, err));
    TRY(model_version_search(api->options.registry, &page, request->arena, &versions, &count, &token, err));
    api_answer_begin(request, &json);
    mlflow_write_model_versions(&json, "model_versions", versions, count);
    mlflow_write_text(&json, "next_page_token", token);
    return api_answer_end(&json, err);
}

static enum status set_version_tag(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str key, value = STR("");
    TRY(read_version_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "key", &key, err));
    TRY(mlflow_take_str(&target.fields, "value", &value, err));
    TRY(model_version_set_tag(api->options.registry, target.name, target.version, key, value, err));
    return mlflow_answer_nothing(request, err);
}

static enum status delete_version_tag(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct target target;
    str key;
    TRY(read_version_target(request, &target, err));
    TRY(mlflow_need_str(&target.fields, "key", &key, err));
    TRY(model_version_delete_tag(api->options.registry, target.name, target.version, key, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- the table ---- */

#define MODELS MLFLOW_PATH "registered-models/"
#define VERSIONS MLFLOW_PATH "model-versions/"
#define NAME MLFLOW_TEXT("name")
#define VERSION NAME "," MLFLOW_TEXT("version")
#define NAME_QUERY "name: of the registered model\n"
#define VERSION_QUERY NAME_QUERY "version: of the model, a whole number\n"
#define PAGE_QUERY                                                                                                     \
    "filter: conditions joined by AND\norder_by: field and ASC or DESC; may be repeated\n"                            \
    "max_results: on a page\npage_token: of the page before\n"
#define TAG "," MLFLOW_TEXT("key") "," MLFLOW_TEXT("value")

const struct http_route mlflow_registry_routes[] = {
    { "POST", MODELS "create", create_model, HTTP_ROUTE_DISK, "Make a registered model.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXT("description") "," MLFLOW_PAIRS("tags"), "\"name\"") },
    { "GET", MODELS "get", get_model, HTTP_ROUTE_DISK, "A registered model, its latest versions, tags and aliases.",
      MLFLOW_QUERY(NAME_QUERY) },
    { "GET", MODELS "search", search_models, HTTP_ROUTE_DISK, "Find registered models.", MLFLOW_QUERY(PAGE_QUERY) },
    { "PATCH", MODELS "update", update_model, HTTP_ROUTE_DISK, "Describe a registered model.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXT("description"), "\"name\"") },
    { "POST", MODELS "rename", rename_model, HTTP_ROUTE_DISK, "Rename a registered model; versions and aliases follow.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXT("new_name"), "\"name\",\"new_name\"") },
    { "DELETE", MODELS "delete", delete_model, HTTP_ROUTE_DISK, "Delete a registered model with its versions.",
      MLFLOW_BODY(NAME, "\"name\"") },
    { "POST", MODELS "get-latest-versions", get_latest, HTTP_ROUTE_DISK, "The highest version in each of the stages.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXTS("stages"), "\"name\"") },
    { "GET", MODELS "get-latest-versions", get_latest, HTTP_ROUTE_DISK, "The highest version in each of the stages.",
      MLFLOW_QUERY(NAME_QUERY "stages: of which; may be repeated\n") },
    { "POST", MODELS "set-tag", set_model_tag, HTTP_ROUTE_DISK, "Set a tag of a registered model.",
      MLFLOW_BODY(NAME TAG, "\"name\",\"key\"") },
    { "DELETE", MODELS "delete-tag", delete_model_tag, HTTP_ROUTE_DISK, "Delete a tag of a registered model.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXT("key"), "\"name\",\"key\"") },
    { "POST", MODELS "alias", set_alias, HTTP_ROUTE_DISK, "Make an alias for a version, or move it.",
      MLFLOW_BODY(VERSION "," MLFLOW_TEXT("alias"), "\"name\",\"version\",\"alias\"") },
    { "DELETE", MODELS "alias", delete_alias, HTTP_ROUTE_DISK, "Delete an alias.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXT("alias"), "\"name\",\"alias\"") },
    { "GET", MODELS "alias", get_alias, HTTP_ROUTE_DISK, "The version behind an alias; latest is the newest.",
      MLFLOW_QUERY(NAME_QUERY "alias: of the model\n") },
    { "POST", VERSIONS "create", create_version, HTTP_ROUTE_DISK, "Register files as the next version of a model.",
      MLFLOW_BODY(NAME "," MLFLOW_TEXT("source") "," MLFLOW_TEXT("run_id") "," MLFLOW_TEXT("model_id") "," MLFLOW_TEXT(
                      "run_link") "," MLFLOW_TEXT("description") "," MLFLOW_PAIRS("tags"), "\"name\",\"source\"") },
    { "GET", VERSIONS "get", get_version, HTTP_ROUTE_DISK, "A version of a model.", MLFLOW_QUERY(VERSION_QUERY) },
    { "PATCH", VERSIONS "update", update_version, HTTP_ROUTE_DISK, "Describe a version.",
      MLFLOW_BODY(VERSION "," MLFLOW_TEXT("description"), "\"name\",\"version\"") },
    { "POST", VERSIONS "transition-stage", transition_stage, HTTP_ROUTE_DISK,
      "Move a version to None, Staging, Production or Archived.",
      MLFLOW_BODY(VERSION "," MLFLOW_TEXT("stage") "," MLFLOW_FLAG("archive_existing_versions"),
                  "\"name\",\"version\",\"stage\"") },
    { "DELETE", VERSIONS "delete", delete_version, HTTP_ROUTE_DISK, "Delete a version and its aliases.",
      MLFLOW_BODY(VERSION, "\"name\",\"version\"") },
    { "GET", VERSIONS "search", search_versions, HTTP_ROUTE_DISK, "Find versions.", MLFLOW_QUERY(PAGE_QUERY) },
    { "GET", VERSIONS "get-download-uri", get_download_uri, HTTP_ROUTE_DISK, "Where the files of a version are.",
      MLFLOW_QUERY(VERSION_QUERY) },
    { "POST", VERSIONS "set-tag", set_version_tag, HTTP_ROUTE_DISK, "Set a tag of a version.",
      MLFLOW_BODY(VERSION TAG, "\"name\",\"version\",\"key\"") },
    { "DELETE", VERSIONS "delete-tag", delete_version_tag, HTTP_ROUTE_DISK, "Delete a tag of a version.",
      MLFLOW_BODY(VERSION "," MLFLOW_TEXT("key"), "\"name\",\"version\",\"key\"") },
    { 0 },
};
