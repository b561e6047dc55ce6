/* data/frame.h - a table in memory: typed columns of equal length.
 *
 * A frame owns its memory and does not change after it was built, so threads may read it
 * together. Missing is one idea with three sources (SQL NULL, an empty CSV field, NaN), and a
 * reader of a column need not care which it was:
 *
 *     storage     values                          missing
 *     NUMBER      f64[rows]                       NaN (infinities are kept as they are)
 *     CATEGORY    codes[rows] into categories[]   code FRAME_MISSING
 *     TIME        us[rows], UTC since the epoch   FRAME_TIME_MISSING
 *
 * Text, category, id and boolean columns all use CATEGORY storage (a dictionary of distinct
 * values in byte order); what the column means is its `type`, which schema inference or the
 * user decides later. */
#ifndef DATA_FRAME_H
#define DATA_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

enum column_storage { STORAGE_NUMBER, STORAGE_CATEGORY, STORAGE_TIME, STORAGE_COUNT };

/* What the file or database said the values are, before anybody interprets them. */
enum column_source {
    SOURCE_FLOAT,
    SOURCE_INTEGER,
    SOURCE_BOOLEAN,
    SOURCE_STRING,
    SOURCE_TIME,
    SOURCE_OTHER, /* nested: lists, structs, maps */
    SOURCE_COUNT
};

#define FRAME_MISSING UINT32_MAX
#define FRAME_TIME_MISSING INT64_MIN

struct column {
    str name;
    enum column_storage storage;
    enum column_source source;
    size_t rows;
    size_t missing; /* NULL, empty or NaN cells */
    union {
        const double *f64;
        const uint32_t *codes;
        const int64_t *us;
    };
    const str *categories; /* CATEGORY only: distinct values in byte order, each valid UTF-8 */
    size_t category_count;
    const char *note; /* NULL, or what was odd while reading: "12 values are no UTF-8 and were escaped" */
};

struct frame {
    size_t rows;
    size_t column_count;
    struct column *columns;
    str origin;         /* the file name as given, for messages */
    struct arena arena; /* names, categories and notes live here */
    void **blocks;      /* and the values in these: one a column, or one for all of them */
    size_t block_count;
};

/* "number", "category", "time". */
const char *column_storage_name(enum column_storage storage);

/* "float", "integer", "boolean", "string", "time", "other". */
const char *column_source_name(enum column_source source);

/* NULL is fine. */
void frame_free(struct frame *frame);
DEFINE_CLEANUP(struct frame, frame_free);

/* The column of that name, or NULL. */
const struct column *frame_column(const struct frame *frame, str name);

/* The same column reinterpreted as numbers: CATEGORY texts that parse become numbers, others
 * become missing and are counted in `ret_failed`; booleans become 0 and 1, times seconds since the
 * epoch. New memory comes from `arena`; names, notes and a NUMBER column's values are borrowed. */
must_use enum status column_to_number(const struct column *column, struct arena *arena, struct column *ret_column,
                                      size_t *ret_failed, struct error *err);

/* The same column as categories: numbers print as their shortest text ("3", "0.5"), booleans as
 * "false"/"true", times as RFC 3339. Categories come out in value order for numbers and times, in
 * byte order for text. ERR_LIMIT above FRAME_CATEGORIES_MAX distinct values. */
must_use enum status column_to_category(const struct column *column, struct arena *arena, struct column *ret_column,
                                        struct error *err);

/* The most distinct values one column may have; a text column of a billion rows stays in bounds. */
#define FRAME_CATEGORIES_MAX ((size_t)1 << 28)

#endif
