/* net/http_server.h - one HTTP/1.1 server: any number of listeners, one handler.
 *
 * A few threads inside wait for all connections (epoll); the handler is called on one of them with the whole body
 * in memory, or in a file where the head handler says so: that way its length costs no memory. A handler that has
 * to wait defers its answer: the connection sleeps without a thread until http_request_complete(). Everything that
 * a client can make us hold has a bound:
 *
 *     connections            refused above connections_max
 *     request line, headers  HTTP_HEAD_BYTES_MAX: 414, 431
 *     one body, all bodies   413, 503
 *     silence                idle_timeout_s; a head or body that only trickles is cut off as well
 *
 * http_server_mhd.c is the one door to libmicrohttpd. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include "net/http_message.h"

#define HTTP_HEAD_BYTES_MAX ((size_t)32 * 1024)

/* Zero everywhere takes the default. */
struct http_server_options {
    size_t listener_count;
    const char *const *listeners; /* "127.0.0.1:8000", "[::1]:8000", port 0 = any free one */
    size_t threads;               /* a listener; 0 = one a CPU, at least 2 */
    size_t connections_max;       /* a listener (default 1024) */
    size_t body_bytes_max;        /* default 64 MiB */
    size_t bodies_bytes_max;      /* all bodies being read or answered; default four times body_bytes_max, at least 64 MiB */
    const char *tls_certificate;  /* PEM, the chain below it; with tls_key all listeners speak TLS 1.2 and 1.3 only. */
    const char *tls_key;          /* PEM. Both are borrowed until the server stops; NULL = plain HTTP */
    int64_t idle_timeout_s;       /* default 60 */
    int64_t head_timeout_s;       /* from the first byte to the end of the headers, beyond the idle time; default 10 */
    http_handler *handler;
    http_head_handler *head; /* or NULL: all bodies are read into memory */
    void *self;
};

/* A body must come at this rate on average, after a first grace of head_timeout_s. */
#define HTTP_BODY_BYTES_PER_S_MIN 1024

struct http_server;

/* Listens on all or none. ERR_INVALID for a listener that is no address, and for a certificate and key that are none
 * or do not fit each other; ERR_UNAVAILABLE names the address and why ("address in use"). */
must_use enum status http_server_start(const struct http_server_options *options, struct http_server **ret_server,
                                       struct error *err);

/* The port that a listener really has. */
uint16_t http_server_port(const struct http_server *server, size_t listener_index);

/* Refuses new connections, lets requests whose headers have arrived come in and finish for at most `drain_ms`, then
 * closes: who sends a body for longer is cut off. Waits for deferred requests however long they take: their
 * completion is our own code's duty. NULL is fine. */
void http_server_stop(struct http_server *server, int64_t drain_ms);

struct http_server_stats {
    uint64_t connections, requests_running;
    uint64_t refused_bodies_total, cut_off_total;
};

/* Counts of this moment and since the start. Any thread, while the server runs. */
void http_server_stats_now(const struct http_server *server, struct http_server_stats *ret_stats);

#endif
