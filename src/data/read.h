/* data/read.h - a file becomes a frame: CSV, Parquet, JSON; plain, gzip or zstd; a path, a glob, stdin.
 *
 * Types come from the file, and from the values where the file has none:
 *
 *     Parquet    any SQL type: numbers, decimals and unsigned ones become f64; booleans, text, enums,
 *                uuids and times of day become categories; dates and timestamps become times; lists,
 *                structs and maps become their text, with a note
 *     JSON       the same after DuckDB looked at the values; NaN and Infinity are no JSON
 *     CSV        the whole column decides: boolean (true, True, TRUE), integer, float ("inf" and "nan"
 *                included), ISO 8601 time, else text. Missing is what pandas calls so (na_values): empty,
 *                NA, N/A, NaN, null, None, ... A column that looks like numbers for a thousand rows and
 *                turns out not to be one becomes text, with a note naming the first such line.
 *
 * Bytes that are no UTF-8 are shown as \xNN, with a note naming the first row. */
#ifndef DATA_READ_H
#define DATA_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "base/str.h"
#include "data/frame.h"

enum read_format {
    READ_FORMAT_AUTO, /* by the name's ending; a file that says nothing, and stdin, by the first bytes */
    READ_FORMAT_CSV,
    READ_FORMAT_PARQUET,
    READ_FORMAT_JSON, /* one array of objects, or an object a line */
    READ_FORMAT_COUNT
};

/* "auto", "csv", "parquet", "json". */
const char *read_format_name(enum read_format format);

/* The format of that name ("tsv", "jsonl", "ndjson" too); false for another word. */
bool read_format_of(str name, enum read_format *ret_format);

enum read_header { READ_HEADER_AUTO, READ_HEADER_YES, READ_HEADER_NO, READ_HEADER_COUNT };

/* All zero but `path` is a good choice. */
struct read_options {
    str path; /* a file, a glob ("2026-*.parquet"), or "-" for stdin */
    enum read_format format;
    const str *columns; /* only these, in this order; NULL = all of the file's */
    size_t column_count;
    size_t rows_max;       /* read no more rows; 0 = all */
    char delimiter;        /* of CSV; 0 = find out */
    enum read_header header; /* of CSV */
    size_t bytes_max;      /* the most that stdin or one decompressed CSV may hold; 0 = READ_BYTES_MAX */
    /* Called now and then in the reading thread with the rows so far; NULL = nobody watches. */
    void (*on_progress)(void *context, size_t rows);
    void *progress_context;
};

#define READ_BYTES_MAX ((size_t)16 << 30)
#define READ_COLUMNS_MAX ((size_t)1 << 16)

/* Reads it all. Rows keep the file's order. Columns of one name get "_1", "_2", ... behind it, and
 * nameless ones are called "column0" after their place; both with a note.
 *
 * May be called from several threads at once. Each call works in its caller's thread; peak memory is
 * the frame plus a few chunks (CSV: plus the file, mapped). ERR_NOT_FOUND: no such file, no match, a
 * column that is not there. ERR_INVALID: no rows, a ragged line, not this format. ERR_CORRUPT: cut off
 * or damaged. ERR_LIMIT: bytes, columns, memory. ERR_UNAVAILABLE: the system said no. Every message
 * names the file, and line and column where there is one. */
must_use enum status read_table(const struct read_options *options, struct frame **ret_frame, struct error *err);

#endif
