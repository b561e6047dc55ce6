/* net/http_server_internal.h - what the two files over libmicrohttpd share. Inside net/ only. */
#ifndef NET_HTTP_SERVER_INTERNAL_H
#define NET_HTTP_SERVER_INTERNAL_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/http_server.h"
#include "net/http_watchdog.h"

struct http_listener {
    struct MHD_Daemon *daemon;
    uint16_t port;
};

struct http_server {
    struct http_server_options options; /* defaults filled in */
    struct http_listener *listeners;
    struct http_watchdog *watchdog;
    atomic_size_t bodies_bytes;            /* relaxed: a budget, orders nothing */
    atomic_uint_fast64_t refused_bodies;   /* relaxed: a statistic */
    atomic_bool is_stopping;               /* relaxed: answers close their connections from then on */
    pthread_mutex_t lock;                  /* everything below */
    pthread_cond_t idle;                   /* signalled when one of the counts falls to 0 */
    uint64_t reading;                      /* requests whose headers are there and whose body is on its way */
    uint64_t running;                      /* requests that were read and whose answer is not yet sent */
    uint64_t handling;                     /* those of them whose answer is not yet there */
    bool is_refusing;                      /* no handler is called any more */
    char said[160];                        /* by libmicrohttpd, the last: why a start failed */
};

/* Callbacks for MHD_start_daemon, `self` being the server; http_exchange_mhd.c. */
void http_exchange_connected(void *self, struct MHD_Connection *connection, void **socket_context,
                             enum MHD_ConnectionNotificationCode code);

/* The request line is there, its headers are not: the exchange starts anew, for the raw `target`. What it returns is
 * `*context` of the two below. */
void *http_exchange_begin(void *self, const char *target, struct MHD_Connection *connection);

/* Called with the headers, then with each piece of the body, then at its end, and again when a suspended connection
 * was resumed. MHD_NO cuts the connection. */
enum MHD_Result http_exchange_access(void *self, struct MHD_Connection *connection, const char *url, const char *method,
                                     const char *version, const char *upload, size_t *upload_bytes, void **context);

/* The request is over, whether or not it was answered. Everything of it is given back; the connection may go on. */
void http_exchange_completed(void *self, struct MHD_Connection *connection, void **context,
                             enum MHD_RequestTerminationCode reason);

#endif
