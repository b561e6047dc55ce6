/* net/http_message.h - one HTTP request and its response, as handlers see them, wherever they came from.
 *
 * A server (http_server.h) or a test (http_loopback.h) makes both; a handler reads the one and fills the
 * other. All texts of a request live as long as its arena: until the response was sent. */
#ifndef NET_HTTP_MESSAGE_H
#define NET_HTTP_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

#define HTTP_HEADERS_MAX 64
#define HTTP_RESPONSE_HEADERS_MAX 8
#define HTTP_PARAMS_MAX 4

/* The most that one response may hold. */
#define HTTP_RESPONSE_BYTES_MAX ((size_t)256 << 20)

/* Answers to a request take at most this much besides their body; a bound on what data may cost. */
#define HTTP_ARENA_BYTES_MAX ((size_t)1 << 30)

struct http_header {
    str name, value;
};

struct http_request {
    str method, path; /* path as sent, still percent-encoded, without the query */
    str query;        /* as sent, without '?' */
    str body; /* in memory; empty when it is in a file */
    /* Set before the body is read (http_head_handler): the new file that it shall be written to, at most so many
     * bytes. Who wants to keep the file moves it away: what still has that name after the answer is removed. */
    const char *body_file;
    uint64_t body_file_bytes_max;
    const struct http_header *headers;
    size_t header_count;
    str peer;            /* the other side's address: "127.0.0.1" */
    int64_t arrived_ns;  /* monotonic */
    struct arena *arena; /* ends when the response was sent */
    struct http_response *response;

    /* Filled by the router (http_router.h). */
    const struct http_router *router;
    const struct http_route *route;
    str params[HTTP_PARAMS_MAX]; /* decoded; in the order of the pattern */
    bool *is_answered; /* on the router's stack, while a handler runs there; http_router_answer_now() */

    /* Filled by whoever made the request: sends the response of a deferred request. */
    void (*on_complete)(struct http_request *request);
};

struct http_response {
    int status_code;          /* 0 = nobody has said yet */
    const char *content_type; /* a constant */
    struct buf body;          /* the handler appends; or one of the two below */
    str static_body;          /* lives as long as the process or the request's arena */
    const char *file_path;    /* sent from disk; lives as long as the request's arena */
    uint64_t file_from, file_bytes; /* which part of it (206); file_bytes 0 = all */
    struct http_header headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t header_count;
};

/* What a handler says about its response. DEFERRED: somebody will call http_request_complete() when it is
 * filled; the handler has handed the request over and must not touch it any more. */
enum http_outcome { HTTP_ANSWERED, HTTP_DEFERRED };

/* Fills `request->response`; never fails (errors are responses). Called from many threads. */
typedef enum http_outcome http_handler(void *self, struct http_request *request);

/* Called when a request's headers are there and its body is not: may set `body_file`, or fill the response and return
 * true: then the body is not wanted. Must be quick. Called from many threads. */
typedef bool http_head_handler(void *self, struct http_request *request);

/* Sends the response of a deferred request, once, from any thread; the request is gone afterwards. */
void http_request_complete(struct http_request *request);

/* The first header of that name (without case); data NULL when absent. */
str http_request_header(const struct http_request *request, const char *name);

/* The first query parameter of that name, decoded; data NULL when absent, and for a value that is
 * no valid percent-encoding. */
str http_request_query(const struct http_request *request, const char *name);

/* The part of the path that stands for {name} in the route's pattern; asserts that there is one. */
str http_request_param(const struct http_request *request, const char *name);

/* The media type of the body, without parameters: "application/json"; empty without Content-Type. */
str http_request_media_type(const struct http_request *request);

/* The quality (RFC 9110 12.4.2, 0 to 1) that an Accept-like header gives to `item`: "text/html" against
 * media ranges, "gzip" against codings. 0 where it is not named; an empty header gives 1. */
double http_accept_quality(str header, str item);

/* Whether the client would rather have a page than JSON: a browser. */
bool http_request_wants_html(const struct http_request *request);

/* Empty, with a body bound of HTTP_RESPONSE_BYTES_MAX. */
void http_response_init(struct http_response *response);
void http_response_done(struct http_response *response);

/* Adds a header; asserts when the places are taken. The value lives as long as the request's arena. */
void http_response_header(struct http_response *response, const char *name, str value);

#endif
