#include "net/http_router.h"

#include <assert.h>

#include "base/mem.h"
#include "format/json.h"
#include "net/http_auth.h"
#include "net/http_url.h"

#define PATH_PARTS_MAX 16
#define ALLOW_MAX 128

/* A route and the first part of its pattern: hundreds of routes are told apart by that before one is looked at. */
struct route_entry {
    const struct http_route *route;
    str first; /* data NULL: a parameter, which any part may be */
};

struct http_router {
    struct http_router_options options;
    struct route_entry *entries; /* in the order of the tables */
    size_t entry_count;
};

/* A request's path, split at '/' and then decoded, so that a %2F stays inside its part. */
struct path {
    str parts[PATH_PARTS_MAX];
    str rests[PATH_PARTS_MAX]; /* from that part to the end, still encoded: what {x...} stands for */
    size_t count;
    bool is_longer; /* than parts has room for: only {x...} can match */
};

/* What the table says about a path: the route of the method, and what other methods there are. */
struct match {
    const struct http_route *route; /* NULL: none for this method */
    const char *pattern;            /* NULL: none at all */
    char allow[ALLOW_MAX];
};

static bool is_param(str part)
{
    return part.size > 2 && part.data[0] == '{' && part.data[part.size - 1] == '}';
}

static bool is_tail(str part)
{
    return is_param(part) && str_has_suffix(part, STR("...}"));
}

bool http_route_param_index(const struct http_route *route, str name, size_t *ret_index)
{
    str rest = str_of(route->pattern), part;
    size_t index = 0;
    while (str_split(&rest, '/', &part)) {
        if (!is_param(part))
            continue;
        if (str_equal(str_slice(part, 1, part.size - (is_tail(part) ? 4 : 1)), name)) {
            *ret_index = index;
            return true;
        }
        index++;
    }
    return false;
}

static void check_tables(const struct http_router_options *options)
{
    for (size_t t = 0; t < options->table_count; t++)
        for (const struct http_route *route = options->tables[t]; route->method != NULL; route++) {
            str rest = str_of(route->pattern), part;
            size_t params = 0, parts = 0;
            assert(str_has_prefix(rest, STR("/")));
            while (str_split(&rest, '/', &part)) {
                parts++;
                params += is_param(part);
                assert(!is_tail(part) || str_is_empty(rest));
            }
            assert(route->mode != HTTP_ROUTE_SPOOLS || options->spool != NULL);
            assert(parts <= PATH_PARTS_MAX && params <= HTTP_PARAMS_MAX && route->handler != NULL);
        }
}

static void index_routes(struct http_router *router)
{
    const struct http_router_options *options = &router->options;
    size_t count = 0;
    for (size_t t = 0; t < options->table_count; t++)
        for (const struct http_route *route = options->tables[t]; route->method != NULL; route++)
            count++;
    router->entries = mem_must((count + 1) * sizeof *router->entries);
    for (size_t t = 0; t < options->table_count; t++)
        for (const struct http_route *route = options->tables[t]; route->method != NULL; route++) {
            str rest = str_slice(str_of(route->pattern), 1, SIZE_MAX), first = STR("");
            (void)str_split(&rest, '/', &first); /* "/" has an empty first part */
            router->entries[router->entry_count++] =
                (struct route_entry){ .route = route, .first = is_param(first) ? (str){ 0 } : first };
        }
}

struct http_router *http_router_new(const struct http_router_options *options)
{
    check_tables(options);
    struct http_router *router = mem_must(sizeof *router);
    router->options = *options;
    index_routes(router);
    return router;
}

void http_router_free(struct http_router *router)
{
    if (router != NULL)
        mem_free(router->entries);
    mem_free(router);
}

/* False where the path does not decode. */
static bool split_path(str path, struct arena *arena, struct path *ret_path)
{
    str part, rest = path;
    size_t from = 0;
    ret_path->count = 0;
    ret_path->is_longer = false;
    while (str_split(&path, '/', &part)) {
        size_t index = ret_path->count;
        if (index == PATH_PARTS_MAX) {
            ret_path->is_longer = true;
            break;
        }
        ret_path->rests[index] = str_slice(rest, from, rest.size);
        from += part.size + 1;
        if (!http_url_decode(part, false, arena, &ret_path->parts[index]))
            return false;
        ret_path->count++;
    }
    return http_url_decode(rest, false, arena, &rest);
}

/* Whether the path is of the pattern; its params go to `params`, a tail still encoded. */
static bool matches(const char *pattern, const struct path *path, str *params)
{
    str rest = str_of(pattern), part;
    size_t index = 0, param_count = 0;
    while (str_split(&rest, '/', &part)) {
        if (is_tail(part) && index < path->count && !str_is_empty(path->rests[index])) {
            params[param_count] = path->rests[index];
            return true;
        }
        bool is_folder = str_is_empty(part) && rest.data == NULL && index == path->count && index > 1;
        if (is_folder)
            break; /* "/ui" is "/ui/" */
        if (index == path->count)
            return false;
        str got = path->parts[index++];
        if (is_param(part) && !str_is_empty(got))
            params[param_count++] = got;
        else if (!str_equal(part, got))
            return false;
    }
    return index == path->count && !path->is_longer;
}

/* The tail is decoded for the one route that was found; that it decodes was found out before. */
static void decode_tail(struct http_request *request)
{
    str rest = str_of(request->route->pattern), part;
    for (size_t index = 0; str_split(&rest, '/', &part);) {
        if (is_tail(part) && !http_url_decode(request->params[index], false, request->arena, &request->params[index]))
            request->params[index] = (str){ 0 };
        index += is_param(part);
    }
}

static void add_allowed(struct match *match, const char *method)
{
    size_t used = strlen(match->allow);
    (void)snprintf(match->allow + used, sizeof match->allow - used, "%s%s", used > 0 ? ", " : "", method);
    if (strcmp(method, "GET") == 0)
        add_allowed(match, "HEAD");
}

static void find_route(const struct http_router *router, const struct path *path, struct http_request *request,
                       struct match *match)
{
    str method = str_equal(request->method, STR("HEAD")) ? STR("GET") : request->method;
    str first = path->count > 1 ? path->parts[1] : STR("");
    for (size_t i = 0; i < router->entry_count; i++) {
        const struct route_entry *entry = &router->entries[i];
        const struct http_route *route = entry->route;
        str params[HTTP_PARAMS_MAX] = { 0 };
        bool may_match = entry->first.data == NULL || str_equal(entry->first, first);
        if (!may_match || !matches(route->pattern, path, params))
            continue;
        if (match->pattern == NULL)
            match->pattern = route->pattern;
        bool is_same_pattern = strcmp(match->pattern, route->pattern) == 0; /* {name} does not lend its methods */
        if (is_same_pattern)
            add_allowed(match, route->method);
        if (match->route == NULL && str_equal(str_of(route->method), method)) {
            match->route = route;
            memcpy(request->params, params, sizeof params);
        }
    }
}

int http_code_of(enum status status)
{
    switch (status) {
    case OK:
        return 200;
    case ERR_INVALID:
        return 422;
    case ERR_NOT_FOUND:
        return 404;
    case ERR_CONFLICT:
        return 409;
    case ERR_LIMIT:
        return 429;
    case ERR_UNAVAILABLE:
        return 503;
    case ERR_CORRUPT:
    case STATUS_COUNT:
        break;
    }
    return 500;
}

void http_respond_error(struct http_response *response, int status_code, const char *code, const char *message)
{
    buf_clear(&response->body);
    response->static_body = (str){ 0 };
    response->file_path = NULL;
    response->status_code = status_code;
    response->content_type = "application/json";
    response->header_count = 0;
    if (status_code == 429 || status_code == 503)
        http_response_header(response, "Retry-After", STR("1"));

    struct json_writer json;
    json_writer_init(&json, &response->body, JSON_COMPACT);
    json_begin_object(&json);
    json_object(&json, "error");
    json_text(&json, "code", code);
    json_text(&json, "message", message);
    json_end_object(&json);
    json_end_object(&json);
    if (!json_writer_end(&json))
        buf_clear(&response->body); /* no memory left: the code alone has to do */
}

/* `status` OK: a refusal of the router's own. `status_code` 0: the one that belongs to the status. */
static void respond_error(struct http_request *request, int status_code, enum status status, const char *code,
                          const char *message)
{
    const struct http_router_options *options = &request->router->options;
    if (options->render_error != NULL &&
        options->render_error(options->self, request, status_code, status, message))
        return;
    http_respond_error(request->response, status_code != 0 ? status_code : http_code_of(status), code, message);
}

/* Gives the response its final form and tells the observer. */
static void conclude(struct http_request *request, enum status status, const struct error *err)
{
    const struct http_router *router = request->router;
    struct http_response *response = request->response;
    if (status == OK && buf_is_overfull(&response->body))
        http_respond_error(response, 500, "too_large", "the answer is too large; ask for less");
    else if (status != OK) {
        char text[sizeof err->cause + sizeof err->context + 3];
        int code = response->status_code >= 400 ? response->status_code : 0;
        respond_error(request, code, status, status_name(status), error_text(err, text, sizeof text));
    } else if (response->status_code == 0) {
        response->status_code = 200;
    }
    const char *endpoint = request->route != NULL ? request->route->pattern : "(other)";
    if (router->options.observer != NULL)
        router->options.observer(router->options.self, request, endpoint, status == OK ? NULL : err);
}

void http_router_finish(struct http_request *request, enum status status, const struct error *err)
{
    conclude(request, status, err);
    http_request_complete(request);
}

static enum status call_handler(struct http_request *request, struct error *err)
{
    return request->route->handler(request->router->options.self, request, err);
}

static void run_slow(void *argument)
{
    struct http_request *request = argument;
    struct error err = { 0 };
    enum status status = call_handler(request, &err);
    http_router_finish(request, status, &err);
}

/* The pool that a route's handler runs on; NULL = at once, on this thread. */
static struct pool *pool_of(const struct http_router_options *options, enum http_route_mode mode)
{
    switch (mode) {
    case HTTP_ROUTE_SLOW:
    case HTTP_ROUTE_SPOOLS:
        return options->pool;
    case HTTP_ROUTE_DISK:
        return options->disk_pool;
    case HTTP_ROUTE_QUICK:
    case HTTP_ROUTE_DEFERS:
        break;
    }
    return NULL;
}

static enum http_outcome run(struct http_request *request)
{
    struct error err = { 0 };
    enum http_route_mode mode = request->route->mode;
    struct pool *pool = pool_of(&request->router->options, mode);
    if (pool != NULL) {
        if (pool_submit(pool, run_slow, request))
            return HTTP_DEFERRED;
        enum status busy = error_set(&err, ERR_LIMIT, "too many requests of this kind are waiting; try again later");
        conclude(request, busy, &err);
        return HTTP_ANSWERED;
    }
    bool defers = mode == HTTP_ROUTE_DEFERS, is_answered = false;
    request->is_answered = &is_answered;
    enum status status = call_handler(request, &err);
    if (defers && status == OK && !is_answered)
        return HTTP_DEFERRED; /* the request may be gone by now */
    conclude(request, status, &err);
    return HTTP_ANSWERED;
}

void http_router_answer_now(struct http_request *request)
{
    *request->is_answered = true;
}

/* Refusals that need no route. True when the response is filled. */
static bool refuse(struct http_request *request, const struct match *match)
{
    struct http_response *response = request->response;
    if (!http_auth_is_granted(request, request->router->options.token)) {
        respond_error(request, 401, OK, "unauthorized", "this server wants its token: Authorization: Bearer TOKEN");
        http_response_header(response, "WWW-Authenticate", STR("Basic realm=\"kedge\", charset=\"UTF-8\""));
    } else if (http_auth_is_cross_site(request)) {
        respond_error(request, 403, OK, "cross_site", "a page of another site may not change anything here");
    } else if (match->pattern == NULL) {
        respond_error(request, 404, OK, "not_found", "there is nothing at this path; /docs lists what there is");
    } else if (str_equal(request->method, STR("OPTIONS"))) {
        response->status_code = 204;
        http_response_header(response, "Allow", arena_copy(request->arena, str_of(match->allow)));
    } else if (match->route == NULL) {
        respond_error(request, 405, OK, "method_not_allowed", "this path does not take that method; see Allow");
        http_response_header(response, "Allow", arena_copy(request->arena, str_of(match->allow)));
    } else {
        return false;
    }
    return true;
}

enum http_outcome http_router_handle(void *self, struct http_request *request)
{
    request->router = self;
    struct path path;
    struct match match = { 0 };
    if (split_path(request->path, request->arena, &path)) {
        find_route(self, &path, request, &match);
        request->route = match.route;
        if (match.route != NULL)
            decode_tail(request);
        if (!refuse(request, &match))
            return run(request);
    } else {
        respond_error(request, 400, OK, "bad_request", "the path is not valid percent-encoded UTF-8");
    }
    conclude(request, OK, NULL);
    return HTTP_ANSWERED;
}

static bool has_spools(const struct http_router *router, str method)
{
    for (size_t i = 0; i < router->entry_count; i++) {
        const struct http_route *route = router->entries[i].route;
        if (route->mode == HTTP_ROUTE_SPOOLS && str_equal(method, str_of(route->method)))
            return true;
    }
    return false;
}

bool http_router_head(void *self, struct http_request *request)
{
    struct http_router *router = self;
    struct path path;
    struct match match = { 0 };
    if (!has_spools(router, request->method) || !split_path(request->path, request->arena, &path))
        return false;
    find_route(router, &path, request, &match);
    if (match.route == NULL || match.route->mode != HTTP_ROUTE_SPOOLS)
        return false;
    request->router = router;
    request->route = match.route;
    if (refuse(request, &match)) {
        conclude(request, OK, NULL);
        return true;
    }
    request->body_file = router->options.spool(router->options.self, request, &request->body_file_bytes_max);
    return false;
}
