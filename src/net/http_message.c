#include "net/http_message.h"

#include <assert.h>

#include "base/number.h"
#include "net/http_router.h"
#include "net/http_url.h"

void http_request_complete(struct http_request *request)
{
    request->on_complete(request);
}

str http_request_header(const struct http_request *request, const char *name)
{
    str wanted = str_of(name);
    for (size_t i = 0; i < request->header_count; i++)
        if (str_equal_ignoring_case(request->headers[i].name, wanted))
            return request->headers[i].value;
    return (str){ 0 };
}

str http_request_query(const struct http_request *request, const char *name)
{
    str rest = request->query, found, value;
    while (http_query_next(&rest, request->arena, &found, &value))
        if (str_equal(found, str_of(name)))
            return value;
    return (str){ 0 };
}

str http_request_param(const struct http_request *request, const char *name)
{
    size_t index;
    bool is_there = http_route_param_index(request->route, str_of(name), &index);
    assert(is_there);
    return is_there ? request->params[index] : (str){ 0 };
}

str http_request_media_type(const struct http_request *request)
{
    str type = http_request_header(request, "Content-Type");
    return str_trim(str_slice(type, 0, str_find(type, ';')));
}

/* How well a range of an Accept-like header fits: 0 not at all, 1 any, 2 any subtype, 3 exactly. */
static int match_rank(str range, str item)
{
    if (str_equal_ignoring_case(range, item))
        return 3;
    if (str_equal(range, STR("*/*")) || str_equal(range, STR("*")))
        return 1;
    size_t slash = str_find(item, '/');
    bool is_any_subtype = str_has_suffix(range, STR("/*")) && slash < item.size &&
                          str_equal_ignoring_case(str_slice(range, 0, range.size - 1), str_slice(item, 0, slash + 1));
    return is_any_subtype ? 2 : 0;
}

/* The q of "text/html;level=1;q=0.5"; 1 where there is none, 0 where it reads badly. */
static double range_quality(str parameters)
{
    str parameter;
    while (str_split(&parameters, ';', &parameter)) {
        parameter = str_trim(parameter);
        if (!str_equal_ignoring_case(str_slice(parameter, 0, 2), STR("q=")))
            continue;
        double quality;
        bool is_number = number_parse_f64(str_slice(parameter, 2, parameter.size), &quality);
        return is_number && quality >= 0 && quality <= 1 ? quality : 0;
    }
    return 1;
}

double http_accept_quality(str header, str item)
{
    if (str_is_empty(str_trim(header)))
        return 1;
    int best_rank = 0;
    double quality = 0;
    str range;
    while (str_split(&header, ',', &range)) {
        size_t semicolon = str_find(range, ';');
        int rank = match_rank(str_trim(str_slice(range, 0, semicolon)), item);
        if (rank > best_rank) {
            best_rank = rank;
            quality = range_quality(str_slice(range, semicolon + 1, range.size));
        }
    }
    return quality;
}

bool http_request_wants_html(const struct http_request *request)
{
    str accept = http_request_header(request, "Accept");
    double html = http_accept_quality(accept, STR("text/html"));
    return html > http_accept_quality(accept, STR("application/json"));
}

void http_response_init(struct http_response *response)
{
    *response = (struct http_response){ 0 };
    buf_init(&response->body, HTTP_RESPONSE_BYTES_MAX);
}

void http_response_done(struct http_response *response)
{
    buf_done(&response->body);
}

void http_response_header(struct http_response *response, const char *name, str value)
{
    assert(response->header_count < HTTP_RESPONSE_HEADERS_MAX);
    response->headers[response->header_count++] = (struct http_header){ str_of(name), value };
}
