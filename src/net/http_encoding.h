/* net/http_encoding.h - gzip (RFC 1952) for responses that are worth it; one of the two doors to zlib. */
#ifndef NET_HTTP_ENCODING_H
#define NET_HTTP_ENCODING_H

#include <stdbool.h>

#include "net/http_message.h"

/* Shorter bodies are sent as they are: the packets saved would not pay for the work. */
#define HTTP_GZIP_BYTES_MIN 2048

/* Compresses the body in place where the client takes gzip and the body is text of some length; does
 * nothing otherwise, or where a Content-Encoding is set already. */
void http_encode_response(const struct http_request *request);

/* Whether the client takes gzip, for handlers that have such bytes ready. */
bool http_request_takes_gzip(const struct http_request *request);

#endif
