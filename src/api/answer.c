/* Reading parameters and writing answers: what all routes do alike. */
#include "api/api_internal.h"
#include "base/number.h"
#include "base/time_text.h"
#include "net/http_encoding.h"

struct api_settings *api_settings_now(struct api *api)
{
    pthread_mutex_lock(&api->lock);
    struct api_settings *settings = api_settings_ref(api->settings);
    pthread_mutex_unlock(&api->lock);
    return settings;
}

str api_path_model(const struct http_request *request)
{
    size_t index;
    return http_route_param_index(request->route, STR("name"), &index) ? request->params[index] : (str){ 0 };
}

str api_request_model(const struct api_settings *settings, const struct http_request *request)
{
    str model = api_path_model(request);
    if (str_is_empty(model))
        model = http_request_query(request, "model_name");
    if (str_is_empty(model))
        model = http_request_query(request, "model");
    return str_is_empty(model) ? api_settings_fallback_name(settings) : model;
}

enum status api_query_u64(const struct http_request *request, const char *name, uint64_t fallback, uint64_t *ret_value,
                          struct error *err)
{
    str text = http_request_query(request, name);
    *ret_value = fallback;
    if (text.data == NULL || number_parse_u64(text, ret_value))
        return OK;
    return error_set(err, ERR_INVALID, "query parameter %s: expected a whole number, found \"%.*s\"", name, STR_ARG(text));
}

enum status api_query_time(const struct http_request *request, const char *name, int64_t fallback, int64_t *ret_time_us,
                           struct error *err)
{
    str text = http_request_query(request, name);
    *ret_time_us = fallback;
    if (text.data == NULL || time_text_parse(text, ret_time_us, err) == OK)
        return OK;
    return error_while(err, "query parameter %s", name);
}

void api_answer_begin(struct http_request *request, struct json_writer *json)
{
    request->response->content_type = "application/json";
    json_writer_init(json, &request->response->body, JSON_COMPACT);
    json_begin_object(json);
}

enum status api_answer_end(struct json_writer *json, struct error *err)
{
    json_end_object(json);
    return json_writer_end(json) ? OK : error_set(err, ERR_LIMIT, "the answer is too long; ask for less");
}

void api_json_time(struct json_writer *json, const char *name, int64_t time_us)
{
    char text[TIME_TEXT_MAX];
    if (time_us == INT64_MIN)
        json_null(json, name);
    else
        json_str(json, name, (str){ text, time_text_print(time_us, text) });
}

enum status api_answer_page(struct http_request *request, const struct api_page *page)
{
    struct http_response *response = request->response;
    response->content_type = "text/html; charset=utf-8";
    http_response_header(response, "ETag", page->etag);
    http_response_header(response, "Cache-Control", STR("no-cache"));
    http_response_header(response, "Vary", STR("Accept-Encoding"));
    str known = http_request_header(request, "If-None-Match");
    if (!str_is_empty(page->etag) && str_equal(known, page->etag)) {
        response->status_code = 304;
    } else if (page->gzip.size > 0 && http_request_takes_gzip(request)) {
        response->static_body = page->gzip;
        http_response_header(response, "Content-Encoding", STR("gzip"));
    } else {
        response->static_body = page->html;
    }
    return OK;
}
