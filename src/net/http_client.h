/* net/http_client.h - requests to other servers; the one door to libcurl.
 *
 * A client keeps its connections open between requests. One thread at a time. */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

struct http_client;

/* Ends the process only where libcurl has no memory left. */
struct http_client *http_client_new(void);

/* NULL is fine. */
void http_client_free(struct http_client *client);
DEFINE_CLEANUP(struct http_client, http_client_free);

struct http_call {
    const char *method, *url;
    str body;                 /* empty = none */
    const char *content_type; /* NULL = application/json where there is a body */
    const char *bearer_token; /* NULL = none */
    const char *ca_file;      /* PEM, whom to trust over https; NULL = whom the system trusts */
    bool trusts_any_name;     /* ca_file holds the server's own certificate, whatever name is on it */
    int64_t timeout_ms;       /* of the whole call; 0 = 30 s */
};

/* Sends and waits. `body` gets the answer's bytes, up to its maximum (ERR_LIMIT beyond); any HTTP
 * code is OK and comes back in `ret_code`. ERR_UNAVAILABLE says why no answer came. Only http and
 * https; no redirects. */
must_use enum status http_client_call(struct http_client *client, const struct http_call *call, struct buf *body,
                                      int *ret_code, struct error *err);

/* What the last answer's Retry-After asked for, in milliseconds (429 and 503 carry it); 0 = nothing. */
int64_t http_client_retry_after_ms(const struct http_client *client);

#endif
