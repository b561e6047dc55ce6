/* data/csv_column.h - one column of a CSV while it is read: its type so far, and its values. */
#ifndef DATA_CSV_COLUMN_H
#define DATA_CSV_COLUMN_H

#include "data/column_builder.h"
#include "data/csv_cell.h"

/* What the first rows hold. */
struct csv_tally {
    size_t counts[CSV_TYPE_COUNT];
};

struct csv_column {
    str name;
    enum csv_type type; /* MISSING: no value seen yet */
    bool is_misjudged;  /* a value did not fit; it takes no more, and is to be read again as text */
    size_t odd_line;    /* of the first value that did not fit, 0 = none */
    str odd_text;
    size_t rounded; /* integers beyond 2^53 */
    struct column_builder builder;
};

/* The narrowest type that fits all that was tallied, or else most of it; TEXT where there is none. */
enum csv_type csv_tally_type(const struct csv_tally *tally);

/* Starts (again) without values; texts go to `arena`. */
void csv_column_start(struct csv_column *column, enum csv_type type, struct arena *arena);
void csv_column_done(struct csv_column *column);

/* Appends one cell. A value that fits no number, boolean or time makes the column misjudged. */
must_use enum status csv_column_put(struct csv_column *column, str text, size_t line, struct error *err);

/* What the reader should know about the column, or NULL; in `arena`. `name_note` may be NULL. */
const char *csv_column_note(const struct csv_column *column, const char *name_note, struct arena *arena);

#endif
