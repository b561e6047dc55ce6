/* api/mlflow_artifact_routes.c - files of runs and models through the server, so that clients need no credentials.
 *
 * Clients map "mlflow-artifacts:/P" to the proxy's path .../mlflow-artifacts/artifacts/P. Uploads arrive in a file of
 * the artifact store (HTTP_ROUTE_SPOOLS) and are renamed into place; downloads are sent from the disk. */
#include "api/artifact_answer.h"
#include "api/mlflow_about.h"
#include "api/mlflow_json.h"
#include "net/http_url.h"
#include "registry/logged_model.h"
#include "registry/model_version.h"
#include "registry/run.h"

#define UPLOAD_BYTES_MAX ((size_t)10 << 20) /* of the UI's upload-artifact, as in the reference */

/* ---- paths ---- */

static enum status check_path(str path, struct error *err)
{
    bool is_drive = path.size >= 2 && path.data[1] == ':';
    bool is_absolute = str_has_prefix(path, STR("/"));
    if (is_drive || is_absolute || str_find(path, '\\') < path.size || http_path_climbs(path))
        return error_set(err, ERR_INVALID, "Invalid path: '%.*s'", STR_ARG(str_slice(path, 0, 200)));
    return OK;
}

static str without_slash(str path)
{
    while (str_has_suffix(path, STR("/")))
        path.size--;
    return path;
}

/* The proxied path of a request, checked. */
static enum status need_path(const struct http_request *request, str *ret_path, struct error *err)
{
    *ret_path = http_request_param(request, "path");
    return check_path(*ret_path, err);
}

/* ---- the proxy ---- */

static enum status put_artifact(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str path;
    TRY(need_path(request, &path, err));
    if (request->body_file == NULL)
        TRY(artifact_put_bytes(api->options.artifacts, path, request->body, err));
    else
        TRY(artifact_put_file(api->options.artifacts, path, request->body_file, err));
    return mlflow_answer_nothing(request, err);
}

static enum status get_artifact(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    str path;
    TRY(need_path(request, &path, err));
    return artifact_answer_file(api->options.artifacts, request, path, err);
}

static enum status list_artifacts(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct json_writer json;
    str path = without_slash(http_request_query(request, "path"));
    TRY(check_path(path, err));
    api_answer_begin(request, &json);
    TRY(artifact_answer_list(api->options.artifacts, request, path, STR(""), &json, err));
    return api_answer_end(&json, err);
}

static enum status delete_artifact(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct error none = { 0 };
    str path;
    TRY(need_path(request, &path, err));
    enum status status = artifact_delete(api->options.artifacts, without_slash(path), &none);
    if (status != OK && status != ERR_NOT_FOUND) /* who retries a delete that was done must hear that it was */
        return error_set(err, status, "%s", none.cause);
    return mlflow_answer_nothing(request, err);
}

/* Clients that hear 501 put the whole file, which costs no memory here either way. */
static enum status refuse_in_parts(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    struct json_writer json;
    request->response->status_code = 501;
    api_answer_begin(request, &json);
    json_text(&json, "error_code", "NOT_IMPLEMENTED");
    json_text(&json, "message", "Multipart upload is not supported for the current artifact repository: put the "
                                "whole file.");
    return api_answer_end(&json, err);
}

static enum status refuse_presigned(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    struct json_writer json;
    request->response->status_code = 501;
    api_answer_begin(request, &json);
    json_text(&json, "error_code", "NOT_IMPLEMENTED");
    json_text(&json, "message", "Presigned URLs are not supported for the current artifact repository: get the file "
                                "itself.");
    return api_answer_end(&json, err);
}

/* ---- by run, logged model and version ---- */

/* The path in the store of something below a location; ERR_INVALID where that is another store. */
static enum status join(str location, str path, struct arena *arena, str *ret_path, struct error *err)
{
    TRY(check_path(path, err));
    if (!registry_store_path(location, ret_path))
        return error_set(err, ERR_INVALID, "the files of '%.*s' are not kept by this server",
                         STR_ARG(str_slice(location, 0, 200)));
    if (!str_is_empty(path))
        *ret_path = arena_printf(arena, "%.*s/%.*s", STR_ARG(*ret_path), STR_ARG(path));
    return OK;
}

/* {"root_uri", "files"}, whose paths are relative to the root. */
static enum status answer_tree(struct api *api, struct http_request *request, str root, str path, struct error *err)
{
    struct json_writer json;
    str folder;
    path = without_slash(path);
    TRY(join(root, path, request->arena, &folder, err));
    api_answer_begin(request, &json);
    json_str(&json, "root_uri", root);
    TRY(artifact_answer_list(api->options.artifacts, request, folder, path, &json, err));
    return api_answer_end(&json, err);
}

static enum status run_root(struct api *api, struct http_request *request, const struct mlflow_fields *fields,
                            str *ret_root, struct error *err)
{
    struct run run;
    str run_id;
    TRY(mlflow_need_run_id(fields, &run_id, err));
    TRY(run_get(api->options.registry, run_id, request->arena, &run, err));
    *ret_root = run.artifact_uri;
    return OK;
}

static enum status list_of_run(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    str root, path = STR("");
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_str(&fields, "path", &path, err));
    TRY(run_root(self, request, &fields, &root, err));
    return answer_tree(self, request, root, path, err);
}

static enum status list_of_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct logged_model model;
    str path = STR("");
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_take_str(&fields, "artifact_directory_path", &path, err));
    TRY(logged_model_get(api->options.registry, http_request_param(request, "model_id"), false, request->arena, &model,
                         err));
    return answer_tree(api, request, model.artifact_uri, path, err);
}

static enum status answer_file_below(struct api *api, struct http_request *request, str root, str path,
                                     struct error *err)
{
    str file;
    TRY(join(root, path, request->arena, &file, err));
    return artifact_answer_file(api->options.artifacts, request, file, err);
}

static enum status get_of_model(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct logged_model model;
    str path;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "artifact_file_path", &path, err));
    TRY(logged_model_get(api->options.registry, http_request_param(request, "model_id"), false, request->arena, &model,
                         err));
    return answer_file_below(api, request, model.artifact_uri, path, err);
}

static enum status get_of_run(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    str root, path;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "path", &path, err));
    TRY(run_root(self, request, &fields, &root, err));
    return answer_file_below(self, request, root, path, err);
}

static enum status get_of_version(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct mlflow_fields fields;
    struct model_version version;
    str name, path;
    int64_t number = 0;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_str(&fields, "name", &name, err));
    TRY(mlflow_need_i64(&fields, "version", &number, err));
    TRY(mlflow_need_str(&fields, "path", &path, err));
    TRY(registry_resolve_version(api->options.registry, name, number, request->arena, &version, err));
    return answer_file_below(api, request, version.location, path, err);
}

/* The body's bytes are no fields: those are in the query of this POST. */
static enum status upload_of_run(void *self, struct http_request *request, struct error *err)
{
    struct api *api = self;
    struct run run;
    str run_id = http_request_query(request, "run_uuid"), path = http_request_query(request, "path"), file;
    if (str_is_empty(run_id) || str_is_empty(path))
        return error_set(err, ERR_INVALID, "Missing value for required parameter '%s'. See the API docs for more "
                                           "information about request parameters.", str_is_empty(run_id) ? "run_uuid" : "path");
    if (request->body.size > UPLOAD_BYTES_MAX)
        return error_set(err, ERR_INVALID, "Artifact size is too large. Max size is %zuMB.", UPLOAD_BYTES_MAX >> 20);
    TRY(run_get(api->options.registry, run_id, request->arena, &run, err));
    TRY(join(run.artifact_uri, path, request->arena, &file, err));
    TRY(artifact_put_bytes(api->options.artifacts, file, request->body, err));
    return mlflow_answer_nothing(request, err);
}

/* ---- the table ---- */

#define PROXY "/api/2.0/mlflow-artifacts/"
#define BYTES "application/octet-stream"

static const struct api_about about_put = {
    .tag = "MLflow", .body = "{\"type\":\"string\",\"format\":\"binary\"}", .body_type = BYTES
};
static const struct api_about about_get = { .tag = "MLflow", .answer_type = BYTES };
static const struct api_about about_list = { .tag = "MLflow", .query = "path: of a folder; none is the root\n" };
static const struct api_about about_other = { .tag = "MLflow" };
static const struct api_about about_run = {
    .tag = "MLflow", .query = "run_id: of the run\npath: of a folder, relative to the run's artifacts\n"
};
static const struct api_about about_run_file = {
    .tag = "MLflow", .answer_type = BYTES, .query = "run_id: of the run\npath: of the file\n"
};
static const struct api_about about_version_file = {
    .tag = "MLflow", .answer_type = BYTES, .query = "name: of the model\nversion: of the model\npath: of the file\n"
};
static const struct api_about about_model_list = {
    .tag = "MLflow", .query = "artifact_directory_path: of a folder, relative to the model's artifacts\n"
};
static const struct api_about about_model_file = {
    .tag = "MLflow", .answer_type = BYTES, .query = "artifact_file_path: of the file\n"
};
static const struct api_about about_upload = {
    .tag = "MLflow", .body = "{\"type\":\"string\",\"format\":\"binary\"}", .body_type = BYTES,
    .query = "run_uuid: of the run\npath: of the file\n"
};

const struct http_route mlflow_artifact_routes[] = {
    { "PUT", PROXY "artifacts/{path...}", put_artifact, HTTP_ROUTE_SPOOLS, "Store a file; parents are made.",
      &about_put },
    { "GET", PROXY "artifacts/{path...}", get_artifact, HTTP_ROUTE_DISK, "Download a file, or a range of it.",
      &about_get },
    { "DELETE", PROXY "artifacts/{path...}", delete_artifact, HTTP_ROUTE_DISK, "Delete a file, or a folder with all "
                                                                               "in it.",
      &about_other },
    { "GET", PROXY "artifacts", list_artifacts, HTTP_ROUTE_DISK, "What stands in a folder.", &about_list },
    { "POST", PROXY "mpu/create/{path...}", refuse_in_parts, HTTP_ROUTE_QUICK, "Not implemented: uploads are whole.",
      &about_other },
    { "POST", PROXY "mpu/complete/{path...}", refuse_in_parts, HTTP_ROUTE_QUICK, "Not implemented: uploads are whole.",
      &about_other },
    { "POST", PROXY "mpu/abort/{path...}", refuse_in_parts, HTTP_ROUTE_QUICK, "Not implemented: uploads are whole.",
      &about_other },
    { "GET", PROXY "presigned/{path...}", refuse_presigned, HTTP_ROUTE_QUICK, "Not implemented: files are got "
                                                                              "directly.",
      &about_other },
    { "GET", MLFLOW_PATH "artifacts/list", list_of_run, HTTP_ROUTE_DISK, "What stands in a folder of a run.",
      &about_run },
    { "GET", MLFLOW_PATH "logged-models/{model_id}/artifacts/directories", list_of_model, HTTP_ROUTE_DISK,
      "What stands in a folder of a logged model.", &about_model_list },
    { "GET", MLFLOW_PATH "logged-models/{model_id}/artifacts/files", get_of_model, HTTP_ROUTE_DISK,
      "Download a file of a logged model.", &about_model_file },
    { "POST", MLFLOW_PATH "upload-artifact", upload_of_run, HTTP_ROUTE_DISK, "Store a small file of a run.",
      &about_upload },
    { "GET", "/get-artifact", get_of_run, HTTP_ROUTE_DISK, "Download a file of a run.", &about_run_file },
    { "GET", "/model-versions/get-artifact", get_of_version, HTTP_ROUTE_DISK, "Download a file of a version.",
      &about_version_file },
    { 0 },
};
