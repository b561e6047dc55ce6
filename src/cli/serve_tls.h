/* cli/serve_tls.h - the certificate and key of the configuration, read once at the start. */
#ifndef CLI_SERVE_TLS_H
#define CLI_SERVE_TLS_H

#include "base/secret.h"
#include "cli/config.h"

/* Both empty: plain HTTP. */
struct serve_tls {
    struct secret certificate; /* PEM, with its chain; no secret, but kept the same way */
    struct secret key;         /* PEM */
};

/* Reads the files that the configuration names, none of them or both. ERR_INVALID names the key that is missing or the
 * file that is no PEM of its kind; whether the two fit each other is for the server to find out. serve_tls_done in any
 * case. */
must_use enum status serve_tls_load(const struct config *config, struct serve_tls *ret_tls, struct error *err);

/* Wipes the key. Zeroed memory is fine. */
void serve_tls_done(struct serve_tls *tls);

/* The server's own certificate, the first in the file, without its chain; borrowed. Empty for plain HTTP. */
str serve_tls_own_certificate(const struct serve_tls *tls);

#endif
