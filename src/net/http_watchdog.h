/* net/http_watchdog.h - cuts off connections whose request only trickles in. Inside net/ only.
 *
 * libmicrohttpd closes connections that are silent, but one byte a minute keeps one open for ever, with
 * its memory. The watchdog looks at every connection once a second and shuts down the socket of those
 * that take too long; the server's own thread then sees the end of the stream and tidies up. */
#ifndef NET_HTTP_WATCHDOG_H
#define NET_HTTP_WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum http_phase {
    HTTP_PHASE_HEAD, /* waiting for a request, or reading its head */
    HTTP_PHASE_BODY,
    HTTP_PHASE_ANSWER, /* ours to hurry up, or libmicrohttpd's to send */
};

/* One connection. The atomics are relaxed: written by the thread that serves the connection, read by
 * the watchdog, and a look that comes a second late does no harm. */
struct http_watched {
    int fd;
    atomic_int phase;
    atomic_int_fast64_t since_ns; /* when the phase began */
    atomic_size_t body_bytes;     /* that came so far */
    struct http_watched *next, *previous;
};

struct http_watchdog;

/* Starts the thread. How long a connection may wait for a request, and how much longer its head may take. */
struct http_watchdog *http_watchdog_start(int64_t idle_timeout_s, int64_t head_timeout_s);

/* Ends the thread and waits for it; no connection may be left. NULL is fine. */
void http_watchdog_stop(struct http_watchdog *watchdog);

/* Between the two, `watched` may be shut down; it must not be closed before it was removed. */
void http_watchdog_add(struct http_watchdog *watchdog, struct http_watched *watched);

/* The connection is about to be closed. Its time is no longer looked at. */
void http_watchdog_remove(struct http_watchdog *watchdog, struct http_watched *watched);

/* Begins a phase now. */
void http_watched_enter(struct http_watched *watched, enum http_phase phase, int64_t now_ns);

/* Whether the connection has had its time at `now_ns`. */
bool http_watched_is_late(const struct http_watched *watched, int64_t now_ns, int64_t idle_timeout_s,
                          int64_t head_timeout_s);

/* Connections shut down since the start. */
uint64_t http_watchdog_cut_off_total(struct http_watchdog *watchdog);

/* Connections that are there now. */
uint64_t http_watchdog_count(struct http_watchdog *watchdog);

#endif
