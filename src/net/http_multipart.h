/* net/http_multipart.h - the parts of a multipart/form-data body (RFC 7578, RFC 2046), without copying. */
#ifndef NET_HTTP_MULTIPART_H
#define NET_HTTP_MULTIPART_H

#include <stdbool.h>

#include "base/status.h"
#include "base/str.h"

#define HTTP_PARTS_MAX 64

/* Borrowed from the body. */
struct http_part {
    str name;         /* of the form field */
    str file_name;    /* data NULL for a field that is no file; no path below ours is ever made of it */
    str content_type; /* empty where the part does not say */
    str content;
};

/* The boundary of a Content-Type header; false where it is not multipart/form-data with one of 1 to 70 bytes. */
bool http_multipart_boundary(str content_type, str *ret_boundary);

/* Takes the body apart. ERR_INVALID says what is missing, with the byte offset; ERR_LIMIT above HTTP_PARTS_MAX. */
must_use enum status http_multipart_parse(str body, str boundary, struct http_part parts[HTTP_PARTS_MAX],
                                          size_t *ret_count, struct error *err);

/* The first part of that name, or NULL. */
const struct http_part *http_multipart_find(const struct http_part *parts, size_t count, const char *name);

#endif
