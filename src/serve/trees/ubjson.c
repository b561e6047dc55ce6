/* One pointer and a level for each open array or object, as format/json_read.c. Two invariants:
 *
 *   (U1) is_value_due: `marker` is the due value's, and `at` is behind it
 *   (U2) status != OK: nothing moves any more */
#include "serve/trees/ubjson.h"

#include <stdarg.h>

static enum status fail(struct ubjson_reader *reader, const char *message)
{
    if (reader->status == OK)
        reader->status = error_set(reader->err, ERR_INVALID, "%s at byte %zu", message,
                                   (size_t)(reader->value - reader->start));
    return reader->status;
}

enum status ubjson_fail(struct ubjson_reader *reader, const char *format, ...)
{
    char message[224];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return fail(reader, message);
}

static size_t bytes_left(const struct ubjson_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

/* Bytes of a value of a fixed size behind its marker; -1 for strings, arrays and what is no marker. */
static int fixed_bytes(char marker)
{
    switch (marker) {
    case 'Z':
    case 'N':
    case 'T':
    case 'F':
        return 0;
    case 'i':
    case 'U':
    case 'C':
        return 1;
    case 'I':
        return 2;
    case 'l':
    case 'd':
        return 4;
    case 'L':
    case 'D':
        return 8;
    default:
        return -1;
    }
}

static uint64_t take_big_endian(struct ubjson_reader *reader, int bytes)
{
    uint64_t bits = 0;
    for (int i = 0; i < bytes; i++)
        bits = bits << 8 | *reader->at++;
    return bits;
}

static int64_t take_integer(struct ubjson_reader *reader, char marker)
{
    int bytes = fixed_bytes(marker);
    uint64_t bits = take_big_endian(reader, bytes);
    if (marker == 'U')
        return (int64_t)bits;
    unsigned shift = 64 - 8 * (unsigned)bytes;
    return (int64_t)(bits << shift) >> shift;
}

static bool take_marker(struct ubjson_reader *reader, char *ret_marker)
{
    do {
        reader->value = reader->at;
        if (bytes_left(reader) == 0) {
            fail(reader, "the file ends in the middle of a value");
            return false;
        }
        *ret_marker = (char)*reader->at++;
    } while (*ret_marker == 'N'); /* no-op: padding */
    return true;
}

/* A length or count: an integer of any width with its marker. */
static enum status take_length(struct ubjson_reader *reader, uint64_t *ret_length)
{
    char marker;
    if (!take_marker(reader, &marker))
        return reader->status;
    if (strchr("iUIlL", marker) == NULL || marker == '\0')
        return fail(reader, "a length is not an integer");
    if (bytes_left(reader) < (size_t)fixed_bytes(marker))
        return fail(reader, "the file ends in the middle of a length");
    int64_t length = take_integer(reader, marker);
    if (length < 0)
        return fail(reader, "a length is negative");
    *ret_length = (uint64_t)length;
    return OK;
}

static enum status take_bytes(struct ubjson_reader *reader, str *ret_bytes)
{
    uint64_t size;
    TRY(take_length(reader, &size));
    if (size > bytes_left(reader))
        return fail(reader, "a string is longer than the file");
    *ret_bytes = (str){ (const char *)reader->at, (size_t)size };
    reader->at += size;
    return OK;
}

void ubjson_reader_init(struct ubjson_reader *reader, str bytes, struct error *err)
{
    reader->start = bytes.size == 0 ? (const unsigned char *)"" : (const unsigned char *)bytes.data;
    reader->at = reader->value = reader->start;
    reader->end = reader->start + bytes.size;
    reader->err = err;
    reader->status = OK;
    reader->depth = 0;
    reader->is_value_due = take_marker(reader, &reader->marker);
}

char ubjson_peek(struct ubjson_reader *reader)
{
    return reader->status == OK && reader->is_value_due ? reader->marker : '\0';
}

/* The optional "$type" and "#count" behind a '[' or '{'. */
static enum status take_header(struct ubjson_reader *reader, struct ubjson_level *level)
{
    if (bytes_left(reader) > 0 && *reader->at == '$') {
        if (bytes_left(reader) < 3 || reader->at[2] != '#')
            return fail(reader, "a typed array without a count");
        level->type = (char)reader->at[1];
        if (level->type == 'N')
            return fail(reader, "an array of no-ops");
        reader->at += 2;
    }
    if (bytes_left(reader) == 0 || *reader->at != '#')
        return OK;
    reader->at++;
    level->is_counted = true;
    TRY(take_length(reader, &level->left));
    /* every element takes a byte at least, but for types without any: those are bounded by the file as well */
    int bytes = level->type != 0 ? fixed_bytes(level->type) : 1;
    if (level->left > bytes_left(reader) / (size_t)(bytes > 1 ? bytes : 1))
        return fail(reader, "an array is longer than the file");
    return OK;
}

static enum status enter(struct ubjson_reader *reader, bool is_object)
{
    if (reader->status != OK)
        return reader->status;
    if (!reader->is_value_due || reader->marker != (is_object ? '{' : '['))
        return fail(reader, is_object ? "an object is wanted" : "an array is wanted");
    if (reader->depth == UBJSON_DEPTH_MAX)
        return fail(reader, "more than 64 arrays and objects within each other");
    reader->is_value_due = false;
    struct ubjson_level *level = &reader->levels[++reader->depth];
    *level = (struct ubjson_level){ .is_object = is_object };
    return take_header(reader, level);
}

enum status ubjson_enter_object(struct ubjson_reader *reader)
{
    return enter(reader, true);
}

enum status ubjson_enter_array(struct ubjson_reader *reader)
{
    return enter(reader, false);
}

/* Whether the open level has another element; closes it where not. Skips a value that nobody took. */
static bool has_next(struct ubjson_reader *reader)
{
    if (reader->is_value_due)
        ubjson_skip_value(reader);
    if (reader->status != OK || reader->depth == 0)
        return false;
    struct ubjson_level *level = &reader->levels[reader->depth];
    if (!level->is_counted) {
        while (bytes_left(reader) > 0 && *reader->at == 'N')
            reader->at++;
        if (bytes_left(reader) > 0 && *reader->at == (level->is_object ? '}' : ']')) {
            reader->at++;
            reader->depth--;
            return false;
        }
    } else if (level->left == 0) {
        reader->depth--;
        return false;
    } else {
        level->left--;
    }
    level->index++;
    return true;
}

static bool begin_value(struct ubjson_reader *reader)
{
    const struct ubjson_level *level = &reader->levels[reader->depth];
    reader->value = reader->at;
    reader->marker = level->type;
    reader->is_value_due = level->type != 0 || take_marker(reader, &reader->marker);
    return reader->is_value_due;
}

bool ubjson_next_member(struct ubjson_reader *reader, str *ret_key)
{
    return has_next(reader) && take_bytes(reader, ret_key) == OK && begin_value(reader);
}

bool ubjson_next_element(struct ubjson_reader *reader)
{
    return has_next(reader) && begin_value(reader);
}

enum status ubjson_take_str(struct ubjson_reader *reader, str *ret_value)
{
    if (reader->status != OK)
        return reader->status;
    if (!reader->is_value_due || (reader->marker != 'S' && reader->marker != 'H'))
        return fail(reader, "a string is wanted");
    reader->is_value_due = false;
    return take_bytes(reader, ret_value);
}

enum status ubjson_take_number(struct ubjson_reader *reader, double *ret_value)
{
    if (reader->status != OK)
        return reader->status;
    char marker = reader->marker;
    if (!reader->is_value_due || marker == '\0' || strchr("iUIlLdDTF", marker) == NULL)
        return fail(reader, "a number is wanted");
    int bytes = fixed_bytes(marker);
    if (bytes_left(reader) < (size_t)bytes)
        return fail(reader, "the file ends in the middle of a number");
    reader->is_value_due = false;
    if (marker == 'd') {
        uint32_t bits = (uint32_t)take_big_endian(reader, 4);
        float value;
        memcpy(&value, &bits, sizeof value);
        *ret_value = (double)value;
    } else if (marker == 'D') {
        uint64_t bits = take_big_endian(reader, 8);
        memcpy(ret_value, &bits, sizeof *ret_value);
    } else if (marker == 'T' || marker == 'F') {
        *ret_value = marker == 'T';
    } else {
        *ret_value = (double)take_integer(reader, marker);
    }
    return OK;
}

enum status ubjson_skip_value(struct ubjson_reader *reader)
{
    unsigned outside = reader->depth;
    do {
        if (reader->status != OK)
            return reader->status;
        str text;
        int bytes = fixed_bytes(reader->marker);
        if (reader->is_value_due && (reader->marker == '{' || reader->marker == '[')) {
            enter(reader, reader->marker == '{');
        } else if (reader->is_value_due && (reader->marker == 'S' || reader->marker == 'H')) {
            ubjson_take_str(reader, &text);
        } else if (reader->is_value_due && bytes >= 0 && bytes_left(reader) >= (size_t)bytes) {
            reader->at += bytes;
            reader->is_value_due = false;
        } else if (reader->is_value_due) {
            return fail(reader, bytes < 0 ? "a byte that begins no value" : "the file ends in the middle of a value");
        }
        /* (U1) holds: what was due is taken; now on to the next value inside of what we opened */
        while (reader->status == OK && reader->depth > outside && !reader->is_value_due)
            (void)(reader->levels[reader->depth].is_object ? ubjson_next_member(reader, &text)
                                                           : ubjson_next_element(reader)); /* the loop looks */
    } while (reader->is_value_due && reader->depth > outside);
    return reader->status;
}

size_t ubjson_numbers_left(const struct ubjson_reader *reader)
{
    const struct ubjson_level *level = &reader->levels[reader->depth];
    return reader->depth > 0 && level->is_counted && level->type != 0 ? (size_t)level->left : 0;
}

enum status ubjson_finish(struct ubjson_reader *reader)
{
    if (reader->is_value_due)
        ubjson_skip_value(reader);
    if (reader->status == OK && reader->depth > 0)
        return fail(reader, "the value was left open");
    reader->value = reader->at;
    if (reader->status == OK && bytes_left(reader) > 0)
        return fail(reader, "more bytes after the end");
    return reader->status;
}
