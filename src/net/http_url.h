/* net/http_url.h - the pieces of a request target: percent-decoding and query strings (RFC 3986). */
#ifndef NET_HTTP_URL_H
#define NET_HTTP_URL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* "%41" becomes "A"; '+' becomes a blank where `is_query`. False for "%", "%4", "%zz", "%00", and for
 * what decodes to bytes that are no UTF-8: nobody names a model so by intention. Without anything to
 * decode `ret_text` is `text` itself, else it lives in the arena. */
bool http_url_decode(str text, bool is_query, struct arena *arena, str *ret_text);

/* Cuts the next "name=value" off the front of `rest` and decodes both; `ret_value` is empty without '='.
 * False at the end. A pair that does not decode is passed over. */
bool http_query_next(str *rest, struct arena *arena, str *ret_name, str *ret_value);

/* Whether some part between '/' or '\\' is "..", as it stands or after it was percent-decoded again, as often as
 * somebody along the way might. True also for more bytes than we look at. */
#define HTTP_PATH_CLIMBS_BYTES_MAX ((size_t)4096)
bool http_path_climbs(str path);

#endif
