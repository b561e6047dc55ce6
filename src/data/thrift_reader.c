#include "data/thrift_reader.h"

/* Parquet nests its own structs five deep. */
#define DEPTH_MAX 16

static unsigned char take_byte(struct thrift_reader *reader)
{
    if (reader->at == reader->end) {
        reader->is_bad = true;
        return 0;
    }
    return *reader->at++;
}

/* Seven bits a byte, the lowest first, the top bit set in all but the last byte. */
static uint64_t take_varint(struct thrift_reader *reader)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        unsigned char byte = take_byte(reader);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    reader->is_bad = true;
    return 0;
}

/* Zigzag: 0, -1, 1, -2, ... are 0, 1, 2, 3, ... */
static int64_t take_zigzag(struct thrift_reader *reader)
{
    uint64_t value = take_varint(reader);
    return (int64_t)(value >> 1 ^ (0 - (value & 1)));
}

static void pass(struct thrift_reader *reader, uint64_t bytes)
{
    size_t left = (size_t)(reader->end - reader->at);
    reader->is_bad = reader->is_bad || bytes > left;
    reader->at = bytes > left ? reader->end : reader->at + bytes;
}

static bool is_type(struct thrift_reader *reader, bool is_it)
{
    reader->is_bad = reader->is_bad || !is_it;
    return !reader->is_bad;
}

bool thrift_next(struct thrift_reader *reader, struct thrift_field *field)
{
    unsigned char byte = take_byte(reader);
    enum thrift_type type = (enum thrift_type)(byte & 0x0f);
    if (reader->is_bad || type == THRIFT_STOP || !is_type(reader, type < THRIFT_TYPE_COUNT))
        return false;
    field->type = type;
    field->id = byte >> 4 != 0 ? (int64_t)((uint64_t)field->id + (byte >> 4)) : take_zigzag(reader);
    return !reader->is_bad;
}

int64_t thrift_int(struct thrift_reader *reader, const struct thrift_field *field)
{
    if (field->type == THRIFT_I8)
        return (signed char)take_byte(reader);
    bool is_int = field->type == THRIFT_I16 || field->type == THRIFT_I32 || field->type == THRIFT_I64;
    return is_type(reader, is_int) ? take_zigzag(reader) : 0;
}

bool thrift_bool(struct thrift_reader *reader, const struct thrift_field *field)
{
    return is_type(reader, field->type == THRIFT_TRUE || field->type == THRIFT_FALSE) && field->type == THRIFT_TRUE;
}

str thrift_text(struct thrift_reader *reader, const struct thrift_field *field)
{
    if (!is_type(reader, field->type == THRIFT_BINARY))
        return STR("");
    uint64_t size = take_varint(reader);
    const unsigned char *begin = reader->at;
    pass(reader, size);
    return reader->is_bad ? STR("") : (str){ (const char *)begin, (size_t)size };
}

bool thrift_struct(struct thrift_reader *reader, const struct thrift_field *field)
{
    return is_type(reader, field->type == THRIFT_STRUCT);
}

/* The count in the head of a list; its elements' type comes back too. */
static size_t take_list_head(struct thrift_reader *reader, enum thrift_type *ret_type)
{
    unsigned char head = take_byte(reader);
    uint64_t count = head >> 4 == 15 ? take_varint(reader) : head >> 4;
    *ret_type = (enum thrift_type)(head & 0x0f);
    bool fits = count <= (uint64_t)(reader->end - reader->at) && *ret_type < THRIFT_TYPE_COUNT;
    return is_type(reader, fits) ? (size_t)count : 0;
}

size_t thrift_list(struct thrift_reader *reader, const struct thrift_field *field, enum thrift_type type)
{
    if (!is_type(reader, field->type == THRIFT_LIST))
        return 0;
    enum thrift_type found;
    size_t count = take_list_head(reader, &found);
    return is_type(reader, found == type || count == 0) ? count : 0;
}

int64_t thrift_element_int(struct thrift_reader *reader)
{
    return take_zigzag(reader);
}

static void skip_value(struct thrift_reader *reader, enum thrift_type type, bool is_element, int depth);

static void skip_list(struct thrift_reader *reader, int depth)
{
    enum thrift_type type;
    size_t count = take_list_head(reader, &type);
    for (size_t i = 0; i < count && !reader->is_bad; i++)
        skip_value(reader, type, true, depth);
}

static void skip_map(struct thrift_reader *reader, int depth)
{
    uint64_t count = take_varint(reader);
    if (count == 0 || !is_type(reader, count <= (uint64_t)(reader->end - reader->at)))
        return;
    unsigned char types = take_byte(reader);
    for (uint64_t i = 0; i < count && !reader->is_bad; i++) {
        skip_value(reader, (enum thrift_type)(types >> 4), true, depth);
        skip_value(reader, (enum thrift_type)(types & 0x0f), true, depth);
    }
}

/* A boolean has a byte of its own in a list only; as a field it is its type. */
static void skip_value(struct thrift_reader *reader, enum thrift_type type, bool is_element, int depth)
{
    struct thrift_field field = { 0 };
    if (!is_type(reader, depth < DEPTH_MAX))
        return;
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        pass(reader, is_element ? 1 : 0);
        return;
    case THRIFT_I8:
        pass(reader, 1);
        return;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        (void)take_varint(reader);
        return;
    case THRIFT_DOUBLE:
        pass(reader, sizeof(double));
        return;
    case THRIFT_BINARY:
        pass(reader, take_varint(reader));
        return;
    case THRIFT_LIST:
    case THRIFT_SET:
        skip_list(reader, depth + 1);
        return;
    case THRIFT_MAP:
        skip_map(reader, depth + 1);
        return;
    case THRIFT_STRUCT:
        while (thrift_next(reader, &field))
            skip_value(reader, field.type, false, depth + 1);
        return;
    case THRIFT_STOP:
    case THRIFT_TYPE_COUNT:
        break;
    }
    reader->is_bad = true;
}

void thrift_skip(struct thrift_reader *reader, const struct thrift_field *field)
{
    skip_value(reader, field->type, false, 0);
}
