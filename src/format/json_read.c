/* The JSON reader. It keeps one pointer into the text and a level for each open array or object; a value is
 * decoded when it is taken and never before, so that nothing is built only to be copied. Invariants:
 *
 *   (R1) is_value_due: `at` is at or before (white space) the first byte of an untaken value
 *   (R2) status != OK: nothing moves any more, and every loop over members or elements ends
 *   (R3) [start, at) has been checked; what lies between taken values never goes unchecked */
#include "format/json.h"

#include <assert.h>
#include <stdarg.h>

#include "format/json_internal.h"

const char *json_kind_name(enum json_kind kind)
{
    switch (kind) {
    case JSON_NONE:
        return "nothing";
    case JSON_NULL:
        return "null";
    case JSON_BOOL:
        return "true or false";
    case JSON_NUMBER:
        return "a number";
    case JSON_STRING:
        return "a string";
    case JSON_ARRAY:
        return "an array";
    case JSON_OBJECT:
        return "an object";
    case JSON_KIND_COUNT:
        break;
    }
    return "unknown";
}

void json_reader_init(struct json_reader *reader, str text, struct arena *arena, struct error *err)
{
    /* not cleared as a whole: levels are 2.6 kB, and each is set when it is opened */
    reader->start = text.size == 0 ? "" : text.data;
    reader->at = reader->start;
    reader->end = reader->start + text.size;
    reader->arena = arena;
    reader->err = err;
    reader->status = OK;
    reader->is_value_due = true;
    reader->depth = 0;
    reader->levels[0] = (struct json_level){ .value = reader->start };
}

enum status json_status(const struct json_reader *reader)
{
    return reader->status;
}

void json_path(const struct json_reader *reader, char *text, size_t text_bytes)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 1; i <= reader->depth && used < text_bytes; i++) {
        const struct json_level *level = &reader->levels[i];
        int written = 0;
        if (level->index == SIZE_MAX || (level->is_object && level->key.data == NULL))
            break;
        if (level->is_object)
            written = snprintf(text + used, text_bytes - used, "%s%.*s", used > 0 ? "." : "",
                               (int)MIN_OF(level->key.size, 64), level->key.data);
        else
            written = snprintf(text + used, text_bytes - used, "[%zu]", level->index);
        used += (size_t)MAX_OF(written, 0);
    }
}

/* Stops the reader with "path: message at line 1 column 17 (byte 16)". Columns count characters. */
static enum status stop_at(struct json_reader *reader, const char *where, const char *message)
{
    char path[160];
    json_path(reader, path, sizeof path);
    size_t line = 1, column = 1;
    for (const char *at = reader->start; at < where; at++) {
        line += *at == '\n';
        column = *at == '\n' ? 1 : column + (((unsigned char)*at & 0xC0) != 0x80);
    }
    reader->status = ERR_INVALID;
    return error_set(reader->err, ERR_INVALID, "%s%s%s at line %zu column %zu (byte %zu)", path,
                     path[0] != '\0' ? ": " : "", message, line, column, (size_t)(where - reader->start));
}

static enum status fail_at(struct json_reader *reader, const char *where, const char *format, ...) printf_like(3, 4);
static enum status fail_at(struct json_reader *reader, const char *where, const char *format, ...)
{
    char message[224];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return stop_at(reader, where, message);
}

enum status json_fail(struct json_reader *reader, const char *format, ...)
{
    if (reader->status != OK)
        return reader->status;
    char message[224];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* as above */
    va_end(args);
    return stop_at(reader, reader->levels[reader->depth].value, message);
}

/* The four bytes that RFC 8259 section 2 calls white space, and no other. */
static inline void skip_space(struct json_reader *reader)
{
    const char *at = reader->at;
    while (at < reader->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    reader->at = at;
}

/* The first byte tells the kind; whether the rest keeps the promise is seen when it is taken. */
static enum json_kind kind_of(const char *at, const char *end)
{
    if (at == end)
        return JSON_NONE;
    switch (*at) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
    case 'f':
        return JSON_BOOL;
    case 'n':
        return JSON_NULL;
    default:
        return *at == '-' || (*at >= '0' && *at <= '9') ? JSON_NUMBER : JSON_NONE;
    }
}

enum json_kind json_peek(struct json_reader *reader)
{
    if (reader->status != OK || !reader->is_value_due)
        return JSON_NONE;
    skip_space(reader);
    return kind_of(reader->at, reader->end);
}

/* "expected a number, found a string", or what else is there. */
static enum status fail_expecting(struct json_reader *reader, const char *wanted)
{
    const char *at = reader->at;
    enum json_kind found = kind_of(at, reader->end);
    if (found != JSON_NONE)
        return fail_at(reader, at, "expected %s, found %s", wanted, json_kind_name(found));
    if (at == reader->end)
        return fail_at(reader, at, "expected %s, found the end of the text", wanted);
    unsigned char byte = (unsigned char)*at;
    if (byte > ' ' && byte < 0x7F)
        return fail_at(reader, at, "expected %s, found '%c'", wanted, byte);
    return fail_at(reader, at, "expected %s, found the byte 0x%02x", wanted, byte);
}

/* Moves to the value to be taken; an error where it is of another kind. */
static inline enum status expect(struct json_reader *reader, enum json_kind kind)
{
    if (reader->status != OK)
        return reader->status;
    assert(reader->is_value_due); /* each value is taken once, after json_next_* */
    skip_space(reader);
    reader->levels[reader->depth].value = reader->at;
    if (kind_of(reader->at, reader->end) != kind)
        return fail_expecting(reader, json_kind_name(kind));
    return OK;
}

/* Opens a level. Only its frame is written: the others keep what older levels left in them. */
static enum status enter(struct json_reader *reader, enum json_kind kind)
{
    TRY(expect(reader, kind));
    if (reader->depth == JSON_READ_DEPTH_MAX)
        return fail_at(reader, reader->at, "more than %d arrays and objects within each other", JSON_READ_DEPTH_MAX);
    reader->at++;
    reader->is_value_due = false;
    reader->levels[++reader->depth] =
        (struct json_level){ .value = reader->at, .index = SIZE_MAX, .is_object = kind == JSON_OBJECT };
    return OK;
}

enum status json_enter_object(struct json_reader *reader)
{
    return enter(reader, JSON_OBJECT);
}

enum status json_enter_array(struct json_reader *reader)
{
    return enter(reader, JSON_ARRAY);
}

/* Goes over the comma to the next member or element of the innermost level, or over `close`, its end. */
static inline bool next(struct json_reader *reader, char close)
{
    if (reader->status != OK || (reader->is_value_due && json_skip_value(reader) != OK))
        return false;
    struct json_level *level = &reader->levels[reader->depth];
    assert(reader->depth > 0 && level->is_object == (close == '}')); /* walk what was entered */
    skip_space(reader);
    char byte = reader->at < reader->end ? *reader->at : '\0';
    bool is_first = level->index == SIZE_MAX;
    if (byte == close) {
        reader->at++;
        reader->depth--;
        return false;
    }
    if (!is_first) {
        if (byte != ',') {
            (void)fail_expecting(reader, close == '}' ? "',' or '}'" : "',' or ']'"); /* the status stays */
            return false;
        }
        reader->at++;
        skip_space(reader);
    }
    level->index++;
    level->value = reader->at;
    return true;
}

bool json_next_element(struct json_reader *reader)
{
    if (!next(reader, ']'))
        return false;
    reader->is_value_due = true;
    return true;
}

/* Reads the string at `at` up to behind its closing quote; `ret_raw` is what stands between. */
static enum status scan_string(struct json_reader *reader, str *ret_raw, bool *ret_has_escapes)
{
    const char *first = reader->at + 1, *at = first;
    unsigned char seen = 0;
    *ret_has_escapes = false;
    for (;;) {
        at = json_find_special(at, reader->end, &seen);
        if (at == reader->end)
            return fail_at(reader, reader->at, "the string that starts here does not end");
        if (*at == '"')
            break;
        if (*at != '\\')
            return fail_at(reader, at, "the control character 0x%02x in a string must be escaped", (unsigned char)*at);
        *ret_has_escapes = true;
        at += reader->end - at > 1 ? 2 : 1; /* what is escaped is checked when it is decoded */
    }
    *ret_raw = (str){ first, (size_t)(at - first) };
    size_t bad;
    if ((seen & 0x80) != 0 && !str_is_utf8(*ret_raw, &bad))
        return fail_at(reader, first + bad, "the string is not UTF-8");
    reader->at = at + 1;
    return OK;
}

/* Decodes the escapes of `raw`. With `ret_value` NULL only checks them. An escape is never shorter
 * than what it stands for, so raw.size bytes are room enough. */
static enum status decode_string(struct json_reader *reader, str raw, str *ret_value)
{
    char one_escape[4];
    char *bytes = NULL;
    if (ret_value != NULL) {
        bytes = arena_array(reader->arena, char, raw.size + 1);
        if (bytes == NULL) {
            reader->status = ERR_LIMIT;
            return error_set(reader->err, ERR_LIMIT, "no memory for a string of %zu bytes", raw.size);
        }
    }
    char *out = bytes;
    const char *end = raw.data + raw.size;
    for (const char *at = raw.data; at < end;) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        size_t plain = (size_t)((escape == NULL ? end : escape) - at);
        if (bytes != NULL) {
            memcpy(out, at, plain);
            out += plain;
        }
        at += plain;
        if (escape == NULL)
            break;
        char *room = bytes == NULL ? one_escape : out;
        const char *wrong = json_decode_escape(&at, end, &room);
        if (wrong != NULL)
            return fail_at(reader, escape, "%s", wrong);
        if (bytes != NULL)
            out = room;
    }
    if (ret_value != NULL)
        *ret_value = (str){ bytes, (size_t)(out - bytes) };
    return OK;
}

/* Goes to the next member. Its name is decoded into `ret_key`, or only checked where that is NULL. */
static bool next_member(struct json_reader *reader, str *ret_key)
{
    if (!next(reader, '}'))
        return false;
    struct json_level *level = &reader->levels[reader->depth];
    bool has_escapes = false;
    str raw;
    level->key = (str){ 0 };
    if (reader->at == reader->end || *reader->at != '"') {
        (void)fail_expecting(reader, "a member's name in quotes"); /* the status stays */
        return false;
    }
    if (scan_string(reader, &raw, &has_escapes) != OK)
        return false;
    level->key = raw;
    if (ret_key != NULL)
        *ret_key = raw;
    if (has_escapes && decode_string(reader, raw, ret_key) != OK)
        return false;
    skip_space(reader);
    if (reader->at == reader->end || *reader->at != ':') {
        (void)fail_expecting(reader, "':'"); /* the status stays */
        return false;
    }
    reader->at++;
    reader->is_value_due = true;
    level->value = reader->at;
    return true;
}

bool json_next_member(struct json_reader *reader, str *ret_key)
{
    return next_member(reader, ret_key);
}

enum status json_take_str(struct json_reader *reader, str *ret_value)
{
    TRY(expect(reader, JSON_STRING));
    str raw;
    bool has_escapes;
    TRY(scan_string(reader, &raw, &has_escapes));
    if (has_escapes)
        TRY(decode_string(reader, raw, &raw));
    *ret_value = raw;
    reader->is_value_due = false;
    return OK;
}

enum status json_take_number(struct json_reader *reader, struct number *ret_number, str *ret_text)
{
    TRY(expect(reader, JSON_NUMBER));
    struct number number;
    if (!number_scan((str){ reader->at, (size_t)(reader->end - reader->at) }, &number))
        return fail_at(reader, reader->at, "a number lacks digits");
    if (ret_text != NULL)
        *ret_text = (str){ reader->at, number.size };
    reader->at += number.size;
    reader->is_value_due = false;
    *ret_number = number;
    return OK;
}

enum status json_take_f64(struct json_reader *reader, double *ret_value)
{
    struct number number;
    TRY(json_take_number(reader, &number, NULL));
    if (!number.is_finite)
        return json_fail(reader, "the number is beyond the largest double");
    *ret_value = number.f64;
    return OK;
}

enum status json_take_f64_or_null(struct json_reader *reader, double *ret_value)
{
    if (json_peek(reader) != JSON_NULL)
        return json_take_f64(reader, ret_value);
    TRY(json_take_null(reader));
    *ret_value = __builtin_nan("");
    return OK;
}

enum status json_take_i64(struct json_reader *reader, int64_t *ret_value)
{
    struct number number;
    str text;
    TRY(json_take_number(reader, &number, &text));
    if (!number.is_i64)
        return json_fail(reader, "expected a whole number of 64 bits, found %.*s", (int)MIN_OF(text.size, 32), text.data);
    *ret_value = number.i64;
    return OK;
}

enum status json_take_u64(struct json_reader *reader, uint64_t *ret_value)
{
    struct number number;
    str text;
    TRY(json_take_number(reader, &number, &text));
    if (!number_parse_u64(text, ret_value))
        return json_fail(reader, "expected a whole number from 0 to 2^64 - 1, found %.*s", (int)MIN_OF(text.size, 32),
                         text.data);
    return OK;
}

/* Whether `word` stands at `at`; moves behind it. */
static bool take_word(struct json_reader *reader, str word)
{
    if ((size_t)(reader->end - reader->at) < word.size || memcmp(reader->at, word.data, word.size) != 0)
        return false;
    reader->at += word.size;
    reader->is_value_due = false;
    return true;
}

enum status json_take_bool(struct json_reader *reader, bool *ret_value)
{
    TRY(expect(reader, JSON_BOOL));
    bool is_true = take_word(reader, STR("true"));
    if (!is_true && !take_word(reader, STR("false")))
        return fail_at(reader, reader->at, "expected true or false, found another word");
    *ret_value = is_true;
    return OK;
}

enum status json_take_null(struct json_reader *reader)
{
    TRY(expect(reader, JSON_NULL));
    if (!take_word(reader, STR("null")))
        return fail_at(reader, reader->at, "expected null, found another word");
    return OK;
}

/* As json_take_str, without the copy: skipping takes no memory. */
static enum status skip_string(struct json_reader *reader)
{
    TRY(expect(reader, JSON_STRING));
    str raw;
    bool has_escapes;
    TRY(scan_string(reader, &raw, &has_escapes));
    if (has_escapes)
        TRY(decode_string(reader, raw, NULL));
    reader->is_value_due = false;
    return OK;
}

enum status json_skip_value(struct json_reader *reader)
{
    struct number number;
    bool boolean;
    switch (json_peek(reader)) {
    case JSON_NULL:
        return json_take_null(reader);
    case JSON_BOOL:
        return json_take_bool(reader, &boolean);
    case JSON_NUMBER:
        return json_take_number(reader, &number, NULL);
    case JSON_STRING:
        return skip_string(reader);
    case JSON_ARRAY: /* json_next_* skip what is due: this recurses, JSON_READ_DEPTH_MAX deep at most */
        (void)json_enter_array(reader); /* the status stays */
        while (json_next_element(reader))
            continue;
        return reader->status;
    case JSON_OBJECT:
        (void)json_enter_object(reader); /* the status stays */
        while (next_member(reader, NULL))
            continue;
        return reader->status;
    case JSON_NONE:
    case JSON_KIND_COUNT:
        break;
    }
    return reader->status != OK ? reader->status : fail_expecting(reader, "a value");
}

enum status json_take_raw(struct json_reader *reader, str *ret_text)
{
    (void)json_peek(reader); /* moves to the value's first byte */
    const char *first = reader->at;
    TRY(json_skip_value(reader));
    *ret_text = (str){ first, (size_t)(reader->at - first) };
    return OK;
}

enum status json_finish(struct json_reader *reader)
{
    if (reader->status == OK && reader->depth == 0 && reader->is_value_due)
        (void)json_skip_value(reader); /* the status stays */
    if (reader->status != OK)
        return reader->status;
    assert(reader->depth == 0); /* walk every json_next_* loop to its end */
    skip_space(reader);
    if (reader->at != reader->end)
        return fail_expecting(reader, "nothing after the value");
    return OK;
}
