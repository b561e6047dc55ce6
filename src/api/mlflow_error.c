/* MLflow's dialect of errors, {"error_code", "message"}, on MLflow's paths; and the mirror that its web pages use. */
#include "api/api_internal.h"

/* Codes of refusals that no status stands for: the router's own, and those that a handler set. */
static const char *code_of_http(int status_code)
{
    switch (status_code) {
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 404:
    case 405: /* a client takes another way when there is no such endpoint */
        return "ENDPOINT_NOT_FOUND";
    case 409:
        return "RESOURCE_CONFLICT";
    case 501:
        return "NOT_IMPLEMENTED";
    case 503:
        return "TEMPORARILY_UNAVAILABLE";
    default:
        return status_code >= 500 ? "INTERNAL_ERROR" : "BAD_REQUEST";
    }
}

static const struct {
    int status_code;
    const char *code;
} answers[STATUS_COUNT] = {
    [OK] = { 500, "INTERNAL_ERROR" },
    [ERR_INVALID] = { 400, "INVALID_PARAMETER_VALUE" },
    [ERR_NOT_FOUND] = { 404, "RESOURCE_DOES_NOT_EXIST" },
    [ERR_CONFLICT] = { 400, "RESOURCE_ALREADY_EXISTS" },
    [ERR_LIMIT] = { 429, "RESOURCE_EXHAUSTED" },
    [ERR_UNAVAILABLE] = { 503, "TEMPORARILY_UNAVAILABLE" },
    [ERR_CORRUPT] = { 500, "DATA_LOSS" },
};

bool mlflow_render_error(void *self, struct http_request *request, int status_code, enum status status,
                         const char *message)
{
    (void)self;
    struct http_response *response = request->response;
    if (!str_has_prefix(request->path, STR("/api/2.0/mlflow")) &&
        !str_has_prefix(request->path, STR("/api/3.0/mlflow")))
        return false;
    int final_code = status_code != 0 ? status_code : answers[status].status_code;
    const char *code = status != OK ? answers[status].code : code_of_http(status_code);
    http_respond_error(response, final_code, code, ""); /* for its headers */
    buf_clear(&response->body);
    struct json_writer json;
    json_writer_init(&json, &response->body, JSON_COMPACT);
    json_begin_object(&json);
    json_text(&json, "error_code", code);
    json_text(&json, "message", message);
    json_end_object(&json);
    if (!json_writer_end(&json))
        buf_clear(&response->body); /* no memory left: the code alone has to do */
    return true;
}

void mlflow_rewrite_path(struct http_request *request)
{
    static const char mirror[] = "/ajax-api/";
    if (str_has_prefix(request->path, str_of(mirror)))
        request->path = arena_printf(request->arena, "/api/%.*s", (int)(request->path.size - (sizeof mirror - 1)),
                                     request->path.data + sizeof mirror - 1);
}
