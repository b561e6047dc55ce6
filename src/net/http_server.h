/* net/http_server.h - one HTTP/1.1 server over libmicrohttpd: any number of listeners, one handler.
 *
 * A pool of threads inside reads requests; the handler is called on one of them with the whole body
 * in memory (bounded) or in a spooled file for uploads, and fills the response. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

struct http_request {
    str method, path; /* path decoded, without the query */
    str body;
    struct arena *arena; /* ends when the response was sent */
    int64_t arrived_ns;  /* monotonic */
    struct http_connection *connection; /* for the accessors below */
};

/* The first header / query parameter of that name (headers without case), decoded; data NULL when absent. */
str http_request_header(const struct http_request *request, const char *name);
str http_request_query(const struct http_request *request, const char *name);

struct http_response {
    int status_code;
    const char *content_type;
    struct buf body;         /* the handler appends; or one of the two below */
    str static_body;         /* lives as long as the process */
    const char *file_path;   /* sent from disk; copied by the server */
    size_t header_count;
    struct { const char *name; str value; } headers[8]; /* values in the request's arena */
};

/* Adds a header; asserts when the eight places are taken. */
void http_response_header(struct http_response *response, const char *name, str value);

/* Fills `response`; never fails (errors are responses). Called from many threads. */
typedef void http_handler(void *self, struct http_request *request, struct http_response *response);

struct http_server_options {
    size_t listener_count;
    const char *const *listeners; /* "127.0.0.1:8000", "[::1]:8000", port 0 = any free one */
    size_t threads;               /* 0 = one a CPU, at least 2 */
    size_t connections_max;       /* more are refused (default 1024) */
    size_t body_bytes_max;        /* longer bodies get 413 (default 64 MiB) */
    int64_t idle_timeout_s;       /* default 60 */
    http_handler *handler;
    void *self;
};

struct http_server;

/* Listens on all or none. ERR_UNAVAILABLE names the address and why ("address in use"). */
must_use enum status http_server_start(const struct http_server_options *options, struct http_server **ret_server,
                                       struct error *err);

/* The port that a listener really has. */
uint16_t http_server_port(const struct http_server *server, size_t listener_index);

/* Refuses new connections, lets running requests finish for at most `drain_ms`, then closes. NULL is fine. */
void http_server_stop(struct http_server *server, int64_t drain_ms);

#endif
