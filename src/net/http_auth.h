/* net/http_auth.h - who may speak: a bearer token, and requests that a foreign web page made a browser send. */
#ifndef NET_HTTP_AUTH_H
#define NET_HTTP_AUTH_H

#include "base/secret.h"
#include "net/http_message.h"

/* Whether the request carries the token, as "Authorization: Bearer TOKEN" or, for browsers, as the password
 * of "Authorization: Basic". Time depends on sizes only. True for an empty token. */
bool http_auth_is_granted(const struct http_request *request, const struct secret *token);

/* Whether a page from another origin sent a request that changes something: then its user never meant it.
 * Programs send no Origin and pass. */
bool http_auth_is_cross_site(const struct http_request *request);

/* Decodes base64 (RFC 4648 4, padding may be missing) into the arena; false for other text. */
bool http_base64_decode(str text, struct arena *arena, str *ret_bytes);

#endif
