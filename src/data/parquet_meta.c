#include "data/parquet_meta.h"

#include "base/map.h"
#include "data/read.h"
#include "data/thrift_reader.h"

/* parquet.thrift's numbers. */
enum physical { TYPE_BOOLEAN = 0, TYPE_INT32 = 1, TYPE_INT64 = 2, TYPE_FLOAT = 4, TYPE_DOUBLE = 5,
                TYPE_BYTE_ARRAY = 6 };
enum converted { CONVERTED_NONE = -1, CONVERTED_UTF8 = 0, CONVERTED_DATE = 6, CONVERTED_MILLIS = 9,
                 CONVERTED_MICROS = 10, CONVERTED_UINT_8 = 11, CONVERTED_UINT_16 = 12, CONVERTED_UINT_32 = 13,
                 CONVERTED_UINT_64 = 14, CONVERTED_INT_8 = 15, CONVERTED_INT_64 = 18 };
enum logical { LOGICAL_NONE = 0, LOGICAL_STRING = 1, LOGICAL_DATE = 6, LOGICAL_TIMESTAMP = 8, LOGICAL_INTEGER = 10 };
enum time_unit { UNIT_NONE = 0, UNIT_MILLIS = 1, UNIT_MICROS = 2, UNIT_NANOS = 3 };

/* PLAIN, PLAIN_DICTIONARY, RLE, BIT_PACKED, RLE_DICTIONARY. */
#define KNOWN_ENCODINGS (1u << 0 | 1u << 2 | 1u << 3 | 1u << 4 | 1u << 8)

struct schema_element {
    int64_t physical, repetition, children, converted, logical, unit;
    bool is_utc;
    str name;
};

/* A union is a struct with one field. */
static int64_t take_union(struct thrift_reader *reader, const struct thrift_field *at)
{
    int64_t id = 0;
    struct thrift_field field = { 0 };
    for (thrift_struct(reader, at); thrift_next(reader, &field); thrift_skip(reader, &field))
        id = field.id;
    return id;
}

static void take_timestamp(struct thrift_reader *reader, const struct thrift_field *at, struct schema_element *element)
{
    struct thrift_field field = { 0 };
    thrift_struct(reader, at);
    while (thrift_next(reader, &field)) {
        if (field.id == 1)
            element->is_utc = thrift_bool(reader, &field);
        else if (field.id == 2)
            element->unit = take_union(reader, &field);
        else
            thrift_skip(reader, &field);
    }
}

static void take_logical(struct thrift_reader *reader, const struct thrift_field *at, struct schema_element *element)
{
    struct thrift_field field = { 0 };
    thrift_struct(reader, at);
    while (thrift_next(reader, &field)) {
        element->logical = field.id;
        if (field.id == LOGICAL_TIMESTAMP)
            take_timestamp(reader, &field, element);
        else
            thrift_skip(reader, &field);
    }
}

static struct schema_element take_element(struct thrift_reader *reader)
{
    struct schema_element element = { .physical = -1, .converted = CONVERTED_NONE };
    struct thrift_field field = { 0 };
    while (thrift_next(reader, &field)) {
        switch (field.id) {
        case 1:
            element.physical = thrift_int(reader, &field);
            break;
        case 3:
            element.repetition = thrift_int(reader, &field);
            break;
        case 4:
            element.name = thrift_text(reader, &field);
            break;
        case 5:
            element.children = thrift_int(reader, &field);
            break;
        case 6:
            element.converted = thrift_int(reader, &field);
            break;
        case 10:
            take_logical(reader, &field, &element);
            break;
        default:
            thrift_skip(reader, &field);
            break;
        }
    }
    return element;
}

/* Unsigned numbers come in signed types; DuckDB goes by the older of the two annotations there, and so do we. */
static enum parquet_value integer_of(const struct schema_element *element)
{
    bool is_wide = element->physical == TYPE_INT64;
    if (element->logical != LOGICAL_NONE && element->logical != LOGICAL_INTEGER)
        return PARQUET_VALUE_COUNT;
    if (element->converted == CONVERTED_NONE)
        return element->logical != LOGICAL_NONE ? PARQUET_VALUE_COUNT : is_wide ? PARQUET_I64 : PARQUET_I32;
    if (element->converted == (is_wide ? CONVERTED_UINT_64 : CONVERTED_UINT_32))
        return is_wide ? PARQUET_U64 : PARQUET_U32;
    if (!is_wide && (element->converted == CONVERTED_UINT_8 || element->converted == CONVERTED_UINT_16))
        return PARQUET_U32;
    if (is_wide)
        return element->converted == CONVERTED_INT_64 ? PARQUET_I64 : PARQUET_VALUE_COUNT;
    return element->converted >= CONVERTED_INT_8 && element->converted < CONVERTED_INT_64 ? PARQUET_I32
                                                                                          : PARQUET_VALUE_COUNT;
}

static enum parquet_value time_of(const struct schema_element *element)
{
    if (element->logical == LOGICAL_NONE)
        return element->converted == CONVERTED_MILLIS ? PARQUET_TIME_MS : PARQUET_TIME_US;
    if (element->unit == UNIT_NANOS)
        return element->is_utc ? PARQUET_TIME_NS_UTC : PARQUET_TIME_NS;
    return element->unit == UNIT_MILLIS ? PARQUET_TIME_MS
           : element->unit == UNIT_MICROS ? PARQUET_TIME_US : PARQUET_VALUE_COUNT;
}

/* PARQUET_VALUE_COUNT for a type that is not ours. */
static enum parquet_value value_of(const struct schema_element *element)
{
    bool is_plain = element->converted == CONVERTED_NONE && element->logical == LOGICAL_NONE;
    bool is_date = element->converted == CONVERTED_DATE &&
                   (element->logical == LOGICAL_NONE || element->logical == LOGICAL_DATE);
    bool is_time = element->logical == LOGICAL_TIMESTAMP ||
                   (element->logical == LOGICAL_NONE &&
                    (element->converted == CONVERTED_MILLIS || element->converted == CONVERTED_MICROS));
    switch (element->physical) {
    case TYPE_BOOLEAN:
        return is_plain ? PARQUET_BOOLEAN : PARQUET_VALUE_COUNT;
    case TYPE_INT32:
        return is_date ? PARQUET_DATE : integer_of(element);
    case TYPE_INT64:
        return is_time ? time_of(element) : integer_of(element);
    case TYPE_FLOAT:
        return is_plain ? PARQUET_F32 : PARQUET_VALUE_COUNT;
    case TYPE_DOUBLE:
        return is_plain ? PARQUET_F64 : PARQUET_VALUE_COUNT;
    case TYPE_BYTE_ARRAY:
        return element->converted == CONVERTED_UTF8 &&
                       (element->logical == LOGICAL_NONE || element->logical == LOGICAL_STRING)
                   ? PARQUET_TEXT
                   : PARQUET_VALUE_COUNT;
    default:
        return PARQUET_VALUE_COUNT;
    }
}

/* Names as SQL compares them. A second column of one name would be renamed. */
static bool is_new_name(struct map *names, str name, struct arena *arena)
{
    str lower = arena_copy(arena, name);
    char *bytes = (char *)lower.data;
    for (size_t i = 0; i < lower.size; i++)
        bytes[i] = (char)(bytes[i] >= 'A' && bytes[i] <= 'Z' ? bytes[i] + ('a' - 'A') : bytes[i]);
    size_t known = names->count;
    struct map_entry *entry;
    bool is_sound = lower.size != 0 && str_is_utf8(lower, NULL) && str_find(lower, '\0') == lower.size;
    return is_sound && map_insert(names, lower, &entry, NULL) == OK && names->count > known;
}

/* The root, then its columns: a table without nesting. */
static bool take_schema(struct thrift_reader *reader, const struct thrift_field *at, struct arena *arena,
                        struct parquet_meta *meta)
{
    size_t count = thrift_list(reader, at, THRIFT_STRUCT);
    if (count < 2 || count - 1 > READ_COLUMNS_MAX)
        return false;
    struct schema_element root = take_element(reader);
    meta->columns = arena_array(arena, struct parquet_column, count - 1);
    if (root.children != (int64_t)(count - 1) || meta->columns == NULL)
        return false;
    struct map names;
    map_init(&names, arena, READ_COLUMNS_MAX);
    for (size_t i = 0; i + 1 < count; i++) {
        struct schema_element element = take_element(reader);
        enum parquet_value value = value_of(&element);
        bool is_flat = element.children == 0 && (element.repetition == 0 || element.repetition == 1);
        if (reader->is_bad || !is_flat || value == PARQUET_VALUE_COUNT || !is_new_name(&names, element.name, arena))
            return false;
        meta->columns[i] = (struct parquet_column){ element.name, value, element.repetition == 1 };
    }
    meta->column_count = count - 1;
    return true;
}

static bool take_encodings(struct thrift_reader *reader, const struct thrift_field *at)
{
    size_t count = thrift_list(reader, at, THRIFT_I32);
    bool are_known = true;
    for (size_t i = 0; i < count; i++) {
        int64_t encoding = thrift_element_int(reader);
        are_known = are_known && encoding >= 0 && encoding < 32 && (KNOWN_ENCODINGS >> encoding & 1) != 0;
    }
    return are_known;
}

/* A ColumnMetaData. */
static bool take_column_meta(struct thrift_reader *reader, const struct thrift_field *at, uint64_t data_bytes,
                             struct parquet_chunk *chunk)
{
    int64_t codec = -1, bytes = 0, data = 0, dictionary = 0;
    bool is_known = thrift_struct(reader, at);
    struct thrift_field field = { 0 };
    while (thrift_next(reader, &field)) {
        if (field.id == 2)
            is_known = take_encodings(reader, &field) && is_known;
        else if (field.id == 4)
            codec = thrift_int(reader, &field);
        else if (field.id == 7)
            bytes = thrift_int(reader, &field);
        else if (field.id == 9)
            data = thrift_int(reader, &field);
        else if (field.id == 11)
            dictionary = thrift_int(reader, &field);
        else
            thrift_skip(reader, &field);
    }
    /* Some writers leave a zero where there is no dictionary. */
    int64_t offset = dictionary > 0 && dictionary < data ? dictionary : data;
    *chunk = (struct parquet_chunk){ (enum parquet_codec)codec, (uint64_t)offset, (uint64_t)bytes };
    return is_known && (codec == PARQUET_UNCOMPRESSED || codec == PARQUET_SNAPPY || codec == PARQUET_ZSTD) &&
           offset > 0 && bytes > 0 && (uint64_t)bytes <= data_bytes && (uint64_t)offset <= data_bytes - (uint64_t)bytes;
}

static bool take_chunk(struct thrift_reader *reader, uint64_t data_bytes, struct parquet_chunk *chunk)
{
    bool has_meta = false, is_known = true;
    struct thrift_field field = { 0 };
    while (thrift_next(reader, &field)) {
        if (field.id == 3) {
            is_known = take_column_meta(reader, &field, data_bytes, chunk) && is_known;
            has_meta = true;
        } else {
            is_known = is_known && field.id != 1 && field.id != 8; /* in another file; encrypted */
            thrift_skip(reader, &field);
        }
    }
    return has_meta && is_known;
}

static bool take_group(struct thrift_reader *reader, uint64_t data_bytes, struct parquet_meta *meta, size_t group)
{
    bool is_known = false;
    int64_t rows = -1;
    struct thrift_field field = { 0 };
    while (thrift_next(reader, &field)) {
        if (field.id == 1) {
            is_known = thrift_list(reader, &field, THRIFT_STRUCT) == meta->column_count;
            for (size_t i = 0; is_known && i < meta->column_count; i++)
                is_known = take_chunk(reader, data_bytes, &meta->chunks[group * meta->column_count + i]);
            if (!is_known)
                return false;
        } else if (field.id == 3) {
            rows = thrift_int(reader, &field);
        } else {
            thrift_skip(reader, &field);
        }
    }
    meta->group_rows[group] = rows < 0 ? 0 : (size_t)rows;
    return is_known && rows >= 0 && !__builtin_add_overflow(meta->rows, (size_t)rows, &meta->rows);
}

static bool take_groups(struct thrift_reader *reader, const struct thrift_field *at, uint64_t data_bytes,
                        struct arena *arena, struct parquet_meta *meta)
{
    size_t count = thrift_list(reader, at, THRIFT_STRUCT), chunks;
    /* A chunk takes several bytes, so that a footer of honest size has no more of them than bytes. */
    if (__builtin_mul_overflow(count, meta->column_count, &chunks) || chunks > (size_t)(reader->end - reader->at))
        return false;
    meta->group_rows = arena_array(arena, size_t, count);
    meta->chunks = arena_array(arena, struct parquet_chunk, chunks);
    if (meta->group_rows == NULL || meta->chunks == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take_group(reader, data_bytes, meta, i))
            return false;
    meta->group_count = count;
    return true;
}

bool parquet_meta_read(str footer, uint64_t data_bytes, struct arena *arena, struct parquet_meta *ret_meta)
{
    struct thrift_reader reader = thrift_reader_of(footer);
    struct parquet_meta meta = { 0 };
    int64_t rows = -1;
    struct thrift_field field = { 0 };
    while (thrift_next(&reader, &field)) {
        bool is_known = true;
        if (field.id == 2)
            is_known = meta.columns == NULL && take_schema(&reader, &field, arena, &meta);
        else if (field.id == 3)
            rows = thrift_int(&reader, &field);
        else if (field.id == 4) /* behind the schema, as fields come in order */
            is_known = meta.columns != NULL && meta.chunks == NULL &&
                       take_groups(&reader, &field, data_bytes, arena, &meta);
        else if (field.id == 8)
            is_known = false; /* encrypted */
        else
            thrift_skip(&reader, &field);
        if (!is_known)
            return false;
    }
    *ret_meta = meta;
    return !reader.is_bad && meta.chunks != NULL && rows >= 0 && meta.rows == (size_t)rows;
}
