/* base/str.h - borrowed bytes: not terminated, may hold NUL, live as long as what they point into. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct str {
    const char *data;
    size_t size;
} str;

/* A str of a string literal, also at file scope. */
#define STR(literal) ((str){ (literal), sizeof(literal) - 1 })
/* The two arguments that printf's "%.*s" takes. */
#define STR_ARG(s) (int)(s).size, (s).data

/* A terminated string's bytes without the terminator; NULL gives the empty str. */
str str_of(const char *terminated);

bool str_is_empty(str s);
bool str_equal(str a, str b);

/* ASCII letters compare without case, as header names do. */
bool str_equal_ignoring_case(str a, str b);

/* Byte order, shorter first where one is the other's beginning; <0, 0, >0 as memcmp. */
int str_compare(str a, str b);

bool str_has_prefix(str s, str prefix);
bool str_has_suffix(str s, str suffix);

/* Bytes [from, to), both clamped to the size. */
str str_slice(str s, size_t from, size_t to);

/* Without ASCII white space at both ends. */
str str_trim(str s);

/* Index of the first `byte`, or the size where there is none. */
size_t str_find(str s, char byte);

/* Cuts the part before `separator` off the front of `rest` and returns it; the whole rest
 * where there is no separator. False when nothing is left. */
bool str_split(str *rest, char separator, str *ret_part);

/* Whether the bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
 * `ret_bad`, where not NULL, gets the index of the first byte that is not. */
bool str_is_utf8(str s, size_t *ret_bad);

#endif
