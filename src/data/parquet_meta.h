/* data/parquet_meta.h - the footer of a Parquet file (apache/parquet-format, parquet.thrift): columns, and where their
 * pages are.
 *
 * Inside data/ only. Knows flat tables of plain types and no more: lists, decimals, encryption and the like are left
 * to DuckDB. */
#ifndef DATA_PARQUET_META_H
#define DATA_PARQUET_META_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* What the bytes of a value are. */
enum parquet_value {
    PARQUET_BOOLEAN, /* a bit */
    PARQUET_I32,
    PARQUET_U32,
    PARQUET_I64,
    PARQUET_U64,
    PARQUET_F32,
    PARQUET_F64,
    PARQUET_DATE, /* days, in an int32 */
    PARQUET_TIME_MS,
    PARQUET_TIME_US,
    PARQUET_TIME_NS,
    PARQUET_TIME_NS_UTC, /* the same, but DuckDB rounds these towards 1970, those towards the past */
    PARQUET_TEXT, /* a length of 4 bytes, and UTF-8 */
    PARQUET_VALUE_COUNT
};

enum parquet_codec { PARQUET_UNCOMPRESSED = 0, PARQUET_SNAPPY = 1, PARQUET_ZSTD = 6 };

struct parquet_column {
    str name; /* points into the footer */
    enum parquet_value value;
    bool is_optional; /* its pages tell which values are NULL */
};

/* One column's pages in one row group, at [offset, offset + bytes) of the file. */
struct parquet_chunk {
    enum parquet_codec codec;
    uint64_t offset, bytes;
};

struct parquet_meta {
    size_t rows, column_count, group_count;
    struct parquet_column *columns; /* [column_count] */
    size_t *group_rows;             /* [group_count], their sum is `rows` */
    struct parquet_chunk *chunks;   /* [group_count][column_count] */
};

/* Reads a footer that begins behind `data_bytes` bytes of file. False where it is damaged, or has anything that
 * this reader does not know or DuckDB would rename. Memory is bounded by the footer's size. */
bool parquet_meta_read(str footer, uint64_t data_bytes, struct arena *arena, struct parquet_meta *ret_meta);

#endif
