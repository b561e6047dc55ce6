/* net/http_router.h - a table of routes, and the dispatcher that answers every request by it.
 *
 * A route's handler reads the request and fills the response, or fails. The dispatcher alone turns a
 * status into an HTTP code and a JSON body {"error": {"code", "message"}}, and tells the observer,
 * who counts and logs. The same table is what the API's documentation is made of. */
#ifndef NET_HTTP_ROUTER_H
#define NET_HTTP_ROUTER_H

#include "base/pool.h"
#include "base/secret.h"
#include "net/http_message.h"

/* Where a handler runs, and when its answer is there. */
enum http_route_mode {
    HTTP_ROUTE_QUICK,  /* at once, on the thread that read the request: must not wait for a disk */
    HTTP_ROUTE_SLOW,   /* on the router's pool; 429 when too many wait there */
    HTTP_ROUTE_DISK,   /* as SLOW, but on the pool of short work that waits for the disk, so that it need not wait for
                          long work; many such requests share a sync */
    HTTP_ROUTE_DEFERS, /* as QUICK, but OK means: http_router_finish() will be called for the request */
    HTTP_ROUTE_SPOOLS, /* as SLOW, and the body, however long, is in request->body_file */
};

typedef enum status http_route_handler(void *self, struct http_request *request, struct error *err);

struct http_route {
    const char *method;  /* GET also answers HEAD */
    const char *pattern; /* "/models/{name}/capture"; {x} matches one part that is not empty, {x...} at the end the
                          * rest of the path, slashes included */
    http_route_handler *handler;
    enum http_route_mode mode;
    const char *summary; /* one sentence for people */
    const void *about;   /* what the table's owner wants to remember; the router does not look */
};

/* Called once for every request after its response was filled, on any thread. `endpoint` is the route's
 * pattern, or "(other)" where none matched, so that its values are bounded. */
typedef void http_observer(void *self, const struct http_request *request, const char *endpoint, const struct error *err);

/* Fills the response to a refused or failed request where its path speaks another dialect of errors than ours (false:
 * it does not). `status` is OK for the router's own refusals: 401, 403, 404, 405, a path that does not decode. A
 * `status_code` of 0 leaves the choice to the renderer. */
typedef bool http_error_renderer(void *self, struct http_request *request, int status_code, enum status status,
                                 const char *message);

struct http_router_options {
    const struct http_route *const *tables; /* [table_count], each ending with a route without a method */
    size_t table_count;
    void *self; /* of all handlers */
    http_observer *observer; /* or NULL */
    struct pool *pool;       /* for SLOW routes; NULL runs them at once (tests) */
    struct pool *disk_pool;  /* for DISK routes; likewise */
    http_error_renderer *render_error; /* or NULL */
    /* A fresh file name in the request's arena for the body of a SPOOLS route, and how long it may be. NULL without
     * such routes. */
    const char *(*spool)(void *self, struct http_request *request, uint64_t *ret_bytes_max);
    const struct secret *token; /* required as "Authorization: Bearer ..." or as Basic password; NULL or empty = none */
};

struct http_router;

/* Everything is borrowed and must outlive the router. Asserts that the patterns are well-formed. */
struct http_router *http_router_new(const struct http_router_options *options);
void http_router_free(struct http_router *router); /* NULL is fine; no request is running */

/* An http_handler; `self` is the router. */
enum http_outcome http_router_handle(void *self, struct http_request *request);

/* An http_head_handler; `self` is the router. Refuses at once what would only fill a disk: an upload without the
 * token. */
bool http_router_head(void *self, struct http_request *request);

/* Ends a request of a DEFERS route: `status` with `err` as its handler would have returned them. Any thread;
 * the request is gone afterwards. */
void http_router_finish(struct http_request *request, enum status status, const struct error *err);

/* For the handler of a DEFERS route that turns out to have its answer at once: OK from it then means that, as of a
 * QUICK one, and nobody calls http_router_finish(). */
void http_router_answer_now(struct http_request *request);

/* The HTTP code of a status: 422 invalid, 404, 409, 429 limit, 503 unavailable, 500 corrupt. */
int http_code_of(enum status status);

/* Replaces what was in the response by an error body. `code` is for programs ("not_found"), cut and
 * escaped as JSON; `message` for people. */
void http_respond_error(struct http_response *response, int status_code, const char *code, const char *message);

/* The index in request->params of {name}; false where the pattern has none. */
bool http_route_param_index(const struct http_route *route, str name, size_t *ret_index);

#endif
