/* net/http_loopback.h - calls a handler without a socket: how tests run handlers. */
#ifndef NET_HTTP_LOOPBACK_H
#define NET_HTTP_LOOPBACK_H

#include "net/http_message.h"

struct http_loopback_call {
    const char *method; /* NULL = GET */
    const char *target; /* path and query: "/reports?limit=3" */
    str body;
    http_head_handler *head; /* or NULL; asked first, as a server does */
    struct http_header headers[HTTP_HEADERS_MAX]; /* up to the first without a name */
};

/* Calls the handler and waits for its answer where it defers. The answer's body, from wherever the handler
 * had it, is a terminated copy in `arena`; headers as well. */
struct http_loopback_answer {
    int status_code;
    str content_type, body;
    struct http_header headers[HTTP_RESPONSE_HEADERS_MAX];
    size_t header_count;
};

/* Asks and waits. Everything that comes back lives in `arena`. */
struct http_loopback_answer http_loopback(http_handler *handler, void *self, const struct http_loopback_call *call,
                                          struct arena *arena);

/* The answer's header of that name; data NULL when absent. */
str http_loopback_header(const struct http_loopback_answer *answer, const char *name);

#endif
