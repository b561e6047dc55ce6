/* What MLflow's clients ask of a server besides its data, and traces, of which Kedge keeps none: answers by which they
 * go on without. */
#include "api/api_internal.h"
#include "api/mlflow_json.h"

/* The MLflow whose protocol this is. From 3.4 on clients would send spans as OpenTelemetry. */
#define MLFLOW_VERSION "3.3.0"

static enum status get_version(void *self, struct http_request *request, struct error *err)
{
    (void)self, (void)err;
    request->response->content_type = "text/plain; charset=utf-8";
    request->response->static_body = STR(MLFLOW_VERSION);
    return OK;
}

static enum status get_server_info(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_text(&json, "store_type", "SqlStore");
    json_bool(&json, "workspaces_enabled", false);
    return api_answer_end(&json, err);
}

static enum status answer_none(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    return mlflow_answer_nothing(request, err);
}

static enum status delete_traces(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    struct json_writer json;
    api_answer_begin(request, &json);
    json_i64(&json, "traces_deleted", 0);
    return api_answer_end(&json, err);
}

static enum status get_trace(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    str id = http_request_param(request, "id");
    return error_set(err, ERR_NOT_FOUND, "Trace with ID '%.*s' not found.", (int)MIN_OF(id.size, (size_t)100), id.data);
}

static const struct api_about about_text = { .tag = "MLflow", .answer_type = "text/plain" };
static const struct api_about about = { .tag = "MLflow" };
static const struct api_about about_body = { .tag = "MLflow", .body = "{\"type\":\"object\"}" };

const struct http_route mlflow_server_routes[] = {
    { "GET", "/version", get_version, HTTP_ROUTE_QUICK, "The MLflow version whose protocol is spoken.", &about_text },
    { "GET", "/api/3.0/mlflow/server-info", get_server_info, HTTP_ROUTE_QUICK, "What kind of store this is.", &about },
    { "GET", "/api/2.0/mlflow/traces", answer_none, HTTP_ROUTE_QUICK, "Traces: there are none.", &about },
    { "POST", "/api/3.0/mlflow/traces/search", answer_none, HTTP_ROUTE_QUICK, "Traces: there are none.", &about_body },
    { "GET", "/api/2.0/mlflow/traces/{id}/info", get_trace, HTTP_ROUTE_QUICK, "Traces: there are none.", &about },
    { "GET", "/api/2.0/mlflow/traces/{id}", get_trace, HTTP_ROUTE_QUICK, "Traces: there are none.", &about },
    { "GET", "/api/3.0/mlflow/traces/{id}", get_trace, HTTP_ROUTE_QUICK, "Traces: there are none.", &about },
    { "POST", "/api/2.0/mlflow/traces/delete-traces", delete_traces, HTTP_ROUTE_QUICK, "Traces: there are none.",
      &about_body },
    { "POST", "/api/3.0/mlflow/traces/delete-traces", delete_traces, HTTP_ROUTE_QUICK, "Traces: there are none.",
      &about_body },
    { 0 },
};
