/* format/json_internal.h - what json_string.c does for json_read.c. */
#ifndef FORMAT_JSON_INTERNAL_H
#define FORMAT_JSON_INTERNAL_H

/* The first quote, backslash or control character from `at`, or `end`. Sets the top bit of `*seen` where a
 * byte passed over has it: then the string is more than ASCII. */
const char *json_find_special(const char *at, const char *end, unsigned char *seen);

/* Decodes the escape at `*at`, a backslash, into `*out`, which has room for 4 bytes, and moves both on.
 * Returns what is wrong with it, or NULL. */
const char *json_decode_escape(const char **at, const char *end, char **out);

#endif
