/* serve/trees/ubjson.h - UBJSON (ubjson.org, draft 12) read as a stream: XGBoost's binary model format.
 *
 * The same use as format/json.h: enter, next, take; the first error sticks, goes to `err` with the byte it happened
 * at, and ends all loops. Arrays may be optimised: [$type#count, whose elements carry no marker. XGBoost writes the
 * keys and counts as 'L' and eight bytes, big-endian as all of UBJSON. Nothing is allocated. */
#ifndef SERVE_UBJSON_H
#define SERVE_UBJSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#define UBJSON_DEPTH_MAX 64

struct ubjson_level {
    bool is_object, is_counted;
    uint64_t left; /* elements or members not yet begun; is_counted only */
    uint64_t index;
    char type; /* of all elements, 0 = each has a marker of its own */
};

struct ubjson_reader {
    const unsigned char *at, *start, *end;
    const unsigned char *value; /* where the value last begun starts, for messages */
    struct error *err;
    enum status status;
    bool is_value_due;
    char marker; /* of the value that is due */
    unsigned depth;
    struct ubjson_level levels[UBJSON_DEPTH_MAX + 1];
};

/* Starts at the one value of `bytes`, which must outlive the reader. `err` may be NULL. */
void ubjson_reader_init(struct ubjson_reader *reader, str bytes, struct error *err);

/* OK when the value has been read and nothing follows; otherwise the first error. */
must_use enum status ubjson_finish(struct ubjson_reader *reader);

/* The marker of the value to be taken next ('{', '[', 'S', 'd', ...), 0 where there is none. */
char ubjson_peek(struct ubjson_reader *reader);

/* As json_enter_*, json_next_*. */
enum status ubjson_enter_object(struct ubjson_reader *reader);
enum status ubjson_enter_array(struct ubjson_reader *reader);
bool ubjson_next_member(struct ubjson_reader *reader, str *ret_key);
bool ubjson_next_element(struct ubjson_reader *reader);

/* Borrowed from the bytes; fails where the value is no string. */
enum status ubjson_take_str(struct ubjson_reader *reader, str *ret_value);

/* Any integer, float or truth value as a double. int64 beyond 2^53 rounds. */
enum status ubjson_take_number(struct ubjson_reader *reader, double *ret_value);

/* Passes over the value, whatever it is. */
enum status ubjson_skip_value(struct ubjson_reader *reader);

/* Numbers that the open typed array still holds back to back, an upper bound that memory may be sized by; 0 where
 * the array is not typed. */
size_t ubjson_numbers_left(const struct ubjson_reader *reader);

/* The caller's own complaint, with the byte of the current value. */
enum status ubjson_fail(struct ubjson_reader *reader, const char *format, ...) printf_like(2, 3);

#endif
