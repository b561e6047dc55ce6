/* data/thrift_reader.h - eats Thrift's compact protocol (thrift/doc/specs/thrift-compact-protocol.md), in which Parquet
 * writes its footer and page headers.
 *
 *     struct thrift_field field = { 0 };
 *     while (thrift_next(&reader, &field)) {
 *         if (field.id == 1)
 *             rows = thrift_int(&reader, &field);
 *         else
 *             thrift_skip(&reader, &field);
 *     }
 *
 * Inside data/ only. Bytes come from strangers: what is cut off or of another type than asked for marks the reader as
 * bad, which ends all loops and is looked at once, at the end. Nothing is copied. */
#ifndef DATA_THRIFT_READER_H
#define DATA_THRIFT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum thrift_type { THRIFT_STOP, THRIFT_TRUE, THRIFT_FALSE, THRIFT_I8, THRIFT_I16, THRIFT_I32, THRIFT_I64, THRIFT_DOUBLE,
                   THRIFT_BINARY, THRIFT_LIST, THRIFT_SET, THRIFT_MAP, THRIFT_STRUCT, THRIFT_TYPE_COUNT };

struct thrift_reader {
    const unsigned char *at, *end;
    bool is_bad;
};

/* All zero at the begin of each struct: ids are written as differences. */
struct thrift_field {
    int64_t id;
    enum thrift_type type;
};

static inline struct thrift_reader thrift_reader_of(str bytes)
{
    const unsigned char *begin = (const unsigned char *)bytes.data;
    return (struct thrift_reader){ .at = begin, .end = begin + bytes.size };
}

/* The struct's next field; false behind its last one, and where the reader is bad. Exactly one of the calls below
 * must take or skip each field's value. */
bool thrift_next(struct thrift_reader *reader, struct thrift_field *field);

/* The value of a field, of that type or the reader is bad (then 0, false, empty). Text points into the bytes. */
int64_t thrift_int(struct thrift_reader *reader, const struct thrift_field *field);
bool thrift_bool(struct thrift_reader *reader, const struct thrift_field *field);
str thrift_text(struct thrift_reader *reader, const struct thrift_field *field);

/* Enters a struct: loop over its fields with a thrift_field of its own. False where it is none. */
bool thrift_struct(struct thrift_reader *reader, const struct thrift_field *field);

/* The number of elements of a list of `type`, at most one a byte that is left; elements follow. */
size_t thrift_list(struct thrift_reader *reader, const struct thrift_field *field, enum thrift_type type);

/* An element of a list of integers. */
int64_t thrift_element_int(struct thrift_reader *reader);

/* Passes over a value of any type, to a bounded depth. */
void thrift_skip(struct thrift_reader *reader, const struct thrift_field *field);

#endif
