/* cli/simulate_send.h - requests that wait when the server asks for it, and try again. */
#ifndef CLI_SIMULATE_SEND_H
#define CLI_SIMULATE_SEND_H

#include <signal.h>

#include "base/buf.h"
#include "cli/simulate_options.h"
#include "net/http_client.h"

/* One server and one model on it. */
struct simulate_sender {
    struct http_client *client;
    const char *base_url; /* ".../models/NAME", percent-encoded */
    const char *token;    /* NULL: none */
    const char *ca_file;  /* NULL: whom the system trusts */
    struct buf answer;    /* of the last call */
    size_t waits;         /* 429 and 503 answered so far */
    bool has_answered;    /* the server was there once, so a lost connection is worth longer tries */
    int64_t patience_ms;  /* how long to try before it first answers */
    const volatile sig_atomic_t *is_stopped; /* ends waiting early */
};

/* `arena` holds the URL. simulate_sender_done in any case. */
void simulate_sender_init(struct simulate_sender *sender, const struct simulate_options *options, struct arena *arena,
                          const volatile sig_atomic_t *is_stopped);
void simulate_sender_done(struct simulate_sender *sender);

/* Posts `body` to `path` below the model ("/capture/batch") and leaves the answer in the sender. Waits as Retry-After says
 * after 429 and 503, a second where it says nothing, and tries again; a request that carries prediction ids may arrive
 * twice without harm. A server that is just starting is tried ten times a second. ERR_INVALID with the server's own words for other codes than 2xx, ERR_LIMIT after a
 * minute of refusals, ERR_UNAVAILABLE without an answer. */
must_use enum status simulate_post(struct simulate_sender *sender, const char *path, str body, const char *content_type,
                                   struct error *err);

/* Sleeps until clock_monotonic_ns() has come so far; returns early when stopped. */
void simulate_wait_until(int64_t due_ns, const volatile sig_atomic_t *is_stopped);

#endif
