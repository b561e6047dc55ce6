#include "net/http_router.h"

#include <pthread.h>

#include "base/test.h"
#include "net/http_loopback.h"

static enum status say(struct http_request *request, const char *text)
{
    request->response->content_type = "text/plain";
    buf_printf(&request->response->body, "%s", text);
    return OK;
}

static enum status get_home(void *self, struct http_request *request, struct error *err)
{
    (void)self, (void)err;
    return say(request, "home");
}

static enum status get_model(void *self, struct http_request *request, struct error *err)
{
    (void)self, (void)err;
    str name = http_request_param(request, "name"), part = http_request_param(request, "part");
    buf_printf(&request->response->body, "%.*s/%.*s", STR_ARG(name), STR_ARG(part));
    return OK;
}

static enum status post_model(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    return error_set(err, ERR_INVALID, "body of %zu bytes", request->body.size);
}

static enum status fail_as_asked(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    str which = http_request_query(request, "status");
    for (int status = 1; status < STATUS_COUNT; status++)
        if (str_equal(which, str_of(status_name((enum status)status))))
            return error_set(err, (enum status)status, "as asked");
    request->response->status_code = 413;
    return error_set(err, ERR_LIMIT, "the handler's own code");
}

static void *finish_later(void *argument)
{
    struct http_request *request = argument;
    (void)say(request, "later");
    http_router_finish(request, OK, NULL);
    return NULL;
}

static enum status get_later(void *self, struct http_request *request, struct error *err)
{
    (void)self;
    if (http_request_query(request, "fail").data != NULL)
        return error_set(err, ERR_UNAVAILABLE, "not even begun");
    pthread_t thread;
    if (pthread_create(&thread, NULL, finish_later, request) != 0)
        return error_set(err, ERR_UNAVAILABLE, "no thread");
    pthread_detach(thread);
    return OK;
}

static enum status get_tail(void *self, struct http_request *request, struct error *err)
{
    (void)self, (void)err;
    str kind = http_request_param(request, "kind"), path = http_request_param(request, "path");
    buf_printf(&request->response->body, "%.*s|%.*s", STR_ARG(kind), STR_ARG(path));
    return OK;
}

static const struct http_route routes[] = {
    { .method = "GET", .pattern = "/", .handler = get_home },
    { .method = "GET", .pattern = "/models/all/parts", .handler = get_home },
    { .method = "GET", .pattern = "/models/{name}/{part}", .handler = get_model },
    { .method = "POST", .pattern = "/models/{name}/{part}", .handler = post_model },
    { .method = "GET", .pattern = "/fail", .handler = fail_as_asked },
    { .method = "GET", .pattern = "/slow", .handler = get_home, .mode = HTTP_ROUTE_SLOW },
    { .method = "GET", .pattern = "/later", .handler = get_later, .mode = HTTP_ROUTE_DEFERS },
    { .method = "GET", .pattern = "/ui/", .handler = get_home },
    { .method = "GET", .pattern = "/files/{kind}/{path...}", .handler = get_tail },
    { 0 },
};

/* What the observer saw last. */
struct seen {
    char endpoint[64];
    int status_code;
};

static void observe(void *self, const struct http_request *request, const char *endpoint, const struct error *err)
{
    (void)err;
    struct seen *seen = self;
    (void)snprintf(seen->endpoint, sizeof seen->endpoint, "%s", endpoint);
    seen->status_code = request->response->status_code;
}

static struct http_router *new_router(struct seen *seen, struct pool *pool)
{
    static const struct http_route *const tables[] = { routes };
    return http_router_new(&(struct http_router_options){
        .tables = tables, .table_count = 1, .self = seen, .observer = observe, .pool = pool });
}

TEST(routes_are_found_by_method_and_path)
{
    static const struct {
        const char *why, *method, *target;
        int status_code;
        const char *body, *endpoint; /* body NULL: do not look */
    } cases[] = {
        { "the root", "GET", "/", 200, "home", "/" },
        { "parameters", "GET", "/models/wine/capture", 200, "wine/capture", "/models/{name}/{part}" },
        { "a slash inside a parameter", "GET", "/models/a%2Fb/capture", 200, "a/b/capture", "/models/{name}/{part}" },
        { "a literal before a parameter", "GET", "/models/all/parts", 200, "home", "/models/all/parts" },
        { "an escaped literal is the same path", "GET", "/mod%65ls/wine/x", 200, "wine/x", "/models/{name}/{part}" },
        { "a slash at the end is another path", "GET", "/models/wine/x/", 404, NULL, "(other)" },
        { "a folder", "GET", "/ui/", 200, "home", "/ui/" },
        { "a folder without its slash", "GET", "/ui", 200, "home", "/ui/" },
        { "slashes alone", "GET", "//", 404, NULL, "(other)" },
        { "HEAD is GET", "HEAD", "/", 200, NULL, "/" },
        { "an empty parameter matches nothing", "GET", "/models//x", 404, NULL, "(other)" },
        { "nothing there", "GET", "/nothing", 404, NULL, "(other)" },
        { "another method", "DELETE", "/models/wine/x", 405, NULL, "(other)" },
        { "a broken escape", "GET", "/models/%zz/x", 400, NULL, "(other)" },
        { "very many parts", "GET", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", 404, NULL, "(other)" },
        { "the rest of a path", "GET", "/files/run/a/b.txt", 200, "run|a/b.txt", "/files/{kind}/{path...}" },
        { "of one part", "GET", "/files/run/a", 200, "run|a", "/files/{kind}/{path...}" },
        { "decoded", "GET", "/files/r%20n/%C3%BC%20b/c%2Fd", 200, "r n|\xc3\xbc b/c/d", "/files/{kind}/{path...}" },
        { "of very many parts", "GET", "/files/run/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", 200,
          "run|a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s", "/files/{kind}/{path...}" },
        { "slashes are kept for the handler to judge", "GET", "/files/run/a//b/", 200, "run|a//b/", "/files/{kind}/{path...}" },
        { "an empty rest matches nothing", "GET", "/files/run/", 404, NULL, "(other)" },
        { "nor does none", "GET", "/files/run", 404, NULL, "(other)" },
        { "a broken escape far behind", "GET", "/files/run/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/%zz", 400, NULL, "(other)" },
        { "no path at all", "OPTIONS", "*", 404, NULL, "(other)" },
        { "options", "OPTIONS", "/models/wine/x", 204, "", "(other)" },
        { "a handler's error", "POST", "/models/wine/x", 422,
          "{\"error\":{\"code\":\"invalid\",\"message\":\"body of 0 bytes\"}}", "/models/{name}/{part}" },
        { "without a pool a slow route runs at once", "GET", "/slow", 200, "home", "/slow" },
        { "an answer from another thread", "GET", "/later", 200, "later", "/later" },
        { "a deferring route may fail at once", "GET", "/later?fail", 503, NULL, "/later" },
    };
    struct seen seen = { 0 };
    struct http_router *router = new_router(&seen, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct arena arena;
        arena_init(&arena, 0);
        struct http_loopback_call call = { .method = cases[i].method, .target = cases[i].target };
        struct http_loopback_answer answer = http_loopback(http_router_handle, router, &call, &arena);
        CHECK_INT(cases[i].why, answer.status_code, cases[i].status_code);
        CHECK_INT(cases[i].why, seen.status_code, cases[i].status_code);
        CHECK_STR(cases[i].why, str_of(seen.endpoint), str_of(cases[i].endpoint));
        if (cases[i].body != NULL)
            CHECK_STR(cases[i].why, answer.body, str_of(cases[i].body));
        arena_done(&arena);
    }
    http_router_free(router);
}

TEST(allow_lists_the_methods_of_a_path)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct seen seen;
    struct http_router *router = new_router(&seen, NULL);
    struct http_loopback_call call = { .method = "PATCH", .target = "/models/wine/x" };
    struct http_loopback_answer answer = http_loopback(http_router_handle, router, &call, &arena);
    CHECK_STR("405 names them", http_loopback_header(&answer, "Allow"), STR("GET, HEAD, POST"));
    call.target = "/models/all/parts";
    answer = http_loopback(http_router_handle, router, &call, &arena);
    CHECK_STR("a parameter's route does not lend its methods", http_loopback_header(&answer, "Allow"), STR("GET, HEAD"));
    http_router_free(router);
    arena_done(&arena);
}

TEST(a_status_becomes_a_code)
{
    static const struct {
        const char *target;
        int status_code;
        const char *retry_after;
    } cases[] = {
        { "/fail?status=invalid", 422, NULL },     { "/fail?status=not_found", 404, NULL },
        { "/fail?status=conflict", 409, NULL },    { "/fail?status=limit", 429, "1" },
        { "/fail?status=unavailable", 503, "1" },  { "/fail?status=corrupt", 500, NULL },
        { "/fail?status=none", 413, NULL },
    };
    struct arena arena;
    arena_init(&arena, 0);
    struct seen seen;
    struct http_router *router = new_router(&seen, NULL);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct http_loopback_call call = { .target = cases[i].target };
        struct http_loopback_answer answer = http_loopback(http_router_handle, router, &call, &arena);
        CHECK_INT(cases[i].target, answer.status_code, cases[i].status_code);
        CHECK_STR(cases[i].target, http_loopback_header(&answer, "Retry-After"), str_of(cases[i].retry_after));
        CHECK_STR("always JSON", answer.content_type, STR("application/json"));
    }
    http_router_free(router);
    arena_done(&arena);
}

/* Holds the threads that come until it is opened. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_reached, is_open;
};

static void wait_at_gate(void *argument)
{
    struct gate *gate = argument;
    pthread_mutex_lock(&gate->lock);
    gate->is_reached = true;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->is_open)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_wait_until_reached(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    while (!gate->is_reached)
        pthread_cond_wait(&gate->changed, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static void gate_open(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->is_open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

TEST(slow_routes_run_on_the_pool_and_are_refused_when_it_is_full)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct seen seen;
    struct pool *pool = pool_new("test", 1, 4);
    struct http_router *router = new_router(&seen, pool);
    struct http_loopback_call call = { .target = "/slow" };
    struct http_loopback_answer answer = http_loopback(http_router_handle, router, &call, &arena);
    CHECK_STR("from the pool", answer.body, STR("home"));
    http_router_free(router);
    pool_free(pool);

    struct pool *full = pool_new("test", 1, 1);
    struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
    CHECK("the only thread waits at the gate", pool_submit(full, wait_at_gate, &gate));
    gate_wait_until_reached(&gate);
    CHECK("the only place is taken", pool_submit(full, wait_at_gate, &gate));
    router = new_router(&seen, full);
    answer = http_loopback(http_router_handle, router, &call, &arena);
    CHECK_INT("no place to wait", answer.status_code, 429);
    CHECK_STR("come back", http_loopback_header(&answer, "Retry-After"), STR("1"));
    http_router_free(router);
    gate_open(&gate);
    pool_free(full);
    arena_done(&arena);
}

TEST(a_token_is_asked_for)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct secret token;
    secret_init(&token, STR("s3cret"));
    static const struct http_route *const tables[] = { routes };
    struct http_router *router =
        http_router_new(&(struct http_router_options){ .tables = tables, .table_count = 1, .token = &token });
    struct http_loopback_call call = { .target = "/" };
    struct http_loopback_answer answer = http_loopback(http_router_handle, router, &call, &arena);
    CHECK_INT("without", answer.status_code, 401);
    CHECK("browsers ask for it", http_loopback_header(&answer, "WWW-Authenticate").data != NULL);
    call.headers[0] = (struct http_header){ STR("Authorization"), STR("Bearer s3cret") };
    CHECK_INT("with", http_loopback(http_router_handle, router, &call, &arena).status_code, 200);
    http_router_free(router);
    secret_done(&token);
    arena_done(&arena);
}
