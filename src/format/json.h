/* format/json.h - JSON (RFC 8259): a pull reader over bytes, a writer onto a buf. Nothing else in the
 * tree reads or writes JSON.
 *
 *     struct json_reader json;
 *     json_reader_init(&json, body, arena, err);
 *     str key;
 *     json_enter_object(&json);
 *     while (json_next_member(&json, &key)) {
 *         if (str_equal(key, STR("threshold")))
 *             json_take_f64(&json, &threshold);
 *         else if (str_equal(key, STR("columns")))
 *             for (json_enter_array(&json); json_next_element(&json);)
 *                 json_take_str(&json, &columns[count++]);
 *     }                                    // a member that nobody takes is skipped
 *     return json_finish(&json);
 *
 * The first error sticks: it goes to `err` with its path, line and column, every later call
 * returns the same status, and the loops end. So the results need a look only at the end. */
#ifndef FORMAT_JSON_H
#define FORMAT_JSON_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/number.h"
#include "base/status.h"
#include "base/str.h"

/* Arrays and objects within each other. */
#define JSON_READ_DEPTH_MAX 64
#define JSON_WRITE_DEPTH_MAX 128

enum json_kind {
    JSON_NONE, /* the end of the text, an error, or bytes that start no value */
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_KIND_COUNT
};

/* "a number", "an object", ...: for messages. */
const char *json_kind_name(enum json_kind kind);

/* The document, or an open array or object in it: where in it the reader is, for messages. */
struct json_level {
    const char *value;   /* the current element's first byte */
    str key;             /* of the current member, as written between the quotes; object only */
    size_t index;        /* of the current element or member; SIZE_MAX before the first */
    bool is_object;
};

/* Read its fields through the functions below. No allocation but for strings with escapes. */
struct json_reader {
    const char *at, *end, *start;
    struct arena *arena;
    struct error *err;
    enum status status;
    bool is_value_due; /* a member or element (or the document) has not been taken yet */
    unsigned depth;
    struct json_level levels[JSON_READ_DEPTH_MAX + 1]; /* [0] is the document */
};

/* Starts at the one value of `text`, which must outlive the reader and all that is taken from it.
 * Strings with escapes are decoded into `arena`. `err` may be NULL. */
void json_reader_init(struct json_reader *reader, str text, struct arena *arena, struct error *err);

/* OK when the document's value has been read, all levels are closed and only white space is left;
 * otherwise the first error. */
must_use enum status json_finish(struct json_reader *reader);

/* The first error so far, or OK. */
enum status json_status(const struct json_reader *reader);

/* The kind of the value to be taken next. Looks at one byte. */
enum json_kind json_peek(struct json_reader *reader);

/* Opens the value; an error where it is of another kind. json_next_* then walks it and closes it. */
enum status json_enter_object(struct json_reader *reader);
enum status json_enter_array(struct json_reader *reader);

/* Goes to the next member or element of the innermost open object or array. False at its end,
 * which closes it, and after an error. Duplicate keys are the caller's to find. */
bool json_next_member(struct json_reader *reader, str *ret_key);
bool json_next_element(struct json_reader *reader);

/* Each json_take_ takes the value that is due, once, and fails where it is of another kind. On failure
 * the output stays as it was. */

/* Borrowed from the text, or in the arena where it had escapes; may hold NUL. */
enum status json_take_str(struct json_reader *reader, str *ret_value);

/* The nearest double; a number beyond the largest one fails. */
enum status json_take_f64(struct json_reader *reader, double *ret_value);

/* Want a number without fraction and exponent that fits: 1.0 and 1e3 fail, so that ids never round. */
enum status json_take_i64(struct json_reader *reader, int64_t *ret_value);
enum status json_take_u64(struct json_reader *reader, uint64_t *ret_value);

enum status json_take_bool(struct json_reader *reader, bool *ret_value);
enum status json_take_null(struct json_reader *reader);

/* As json_take_f64, and null gives NaN: how columns spell a missing number. */
enum status json_take_f64_or_null(struct json_reader *reader, double *ret_value);

/* A number in all its forms, too large ones included (is_finite); `ret_text`, where not NULL, gets
 * its spelling. */
enum status json_take_number(struct json_reader *reader, struct number *ret_number, str *ret_text);

/* Passes over the value and checks its syntax; raw gets its bytes as written. */
enum status json_skip_value(struct json_reader *reader);
enum status json_take_raw(struct json_reader *reader, str *ret_text);

/* The caller's own complaint about the value last taken: ERR_INVALID, "path: message at line ...". */
enum status json_fail(struct json_reader *reader, const char *format, ...) printf_like(2, 3);

/* "features.alcohol", "rows[3].x" of the current value, cut to fit; "" at the document's own value. */
void json_path(const struct json_reader *reader, char *text, size_t text_bytes);

enum json_style { JSON_COMPACT, JSON_PRETTY /* two spaces a level */ };

/* Writes onto `out`. Names, nesting and balance are asserted: getting them wrong is our mistake. */
struct json_writer {
    struct buf *out;
    enum json_style style;
    unsigned depth;
    bool has_name, is_done;
    bool has_items[JSON_WRITE_DEPTH_MAX + 1];
    bool is_object[JSON_WRITE_DEPTH_MAX + 1];
};

void json_writer_init(struct json_writer *writer, struct buf *out, enum json_style style);

/* Asserts that one whole value was written; false when `out` was too small for it. */
must_use bool json_writer_end(struct json_writer *writer);

/* Values: the document, elements of an array, or what follows json_write_name. */

/* Open and close an object or an array; at most JSON_WRITE_DEPTH_MAX within each other. */
void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);

/* The name of the next member, which any one value must follow. */
void json_write_name(struct json_writer *writer, str name);

/* Text with the escapes that JSON wants; each byte that is not UTF-8 becomes U+FFFD. */
void json_write_str(struct json_writer *writer, str value);

/* The shortest text that reads back to the same double; NaN and infinities become null, as in
 * JavaScript, since JSON can't spell them. */
void json_write_f64(struct json_writer *writer, double value);

/* All digits. JavaScript reads those beyond 2^53 inexactly; ids of such size belong in text. */
void json_write_i64(struct json_writer *writer, int64_t value);
void json_write_u64(struct json_writer *writer, uint64_t value);

void json_write_bool(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);

/* One JSON value as it is, from json_take_raw or another writer; not looked at. */
void json_write_raw(struct json_writer *writer, str json);

/* Members: name and value in one call; names are our own constants. */

/* Open a member that json_end_object or json_end_array closes. */
void json_object(struct json_writer *writer, const char *name);
void json_array(struct json_writer *writer, const char *name);

/* As json_write_str; of a terminated string, NULL writes null. */
void json_str(struct json_writer *writer, const char *name, str value);
void json_text(struct json_writer *writer, const char *name, const char *value);

/* As the json_write_ of the same ending. */
void json_f64(struct json_writer *writer, const char *name, double value);
void json_i64(struct json_writer *writer, const char *name, int64_t value);
void json_u64(struct json_writer *writer, const char *name, uint64_t value);
void json_bool(struct json_writer *writer, const char *name, bool value);
void json_null(struct json_writer *writer, const char *name);
void json_raw(struct json_writer *writer, const char *name, str json);

#endif
