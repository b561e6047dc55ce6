/* data/duckdb_frame.h - the rows of a DuckDB table, view or table function as a frame. */
#ifndef DATA_DUCKDB_FRAME_H
#define DATA_DUCKDB_FRAME_H

#include "data/duckdb_door.h"
#include "data/frame.h"

struct duckdb_frame_options {
    str origin;         /* the frame's */
    const str *columns; /* only these, in this order; NULL = all */
    size_t column_count;
    size_t rows_max;   /* read no more; 0 = all */
    bool is_countable; /* counting the rows costs next to nothing, as in Parquet, and so does leaving out columns: they
                          are counted first, and many columns are read some at a time */
    size_t rows_expected; /* by who has counted: their memory is taken at once. 0 = unknown; more may come */
    const struct duckdb_binding *bindings; /* for the `?` in the source */
    size_t binding_count;
    void (*on_progress)(void *context, size_t rows); /* in the calling thread; NULL = nobody watches */
    void *progress_context;
};

/* Reads `source`, which is what may stand behind FROM: "read_parquet('x')", "events", "(SELECT ...)". Order
 * is the source's. Types as data/read.h says: what a frame has no storage for is cast in SQL. Rows
 * stream through: peak memory is the frame and a few chunks. ERR_NOT_FOUND names a column that is not there;
 * ERR_CONFLICT: the source changed between two groups of columns. */
must_use enum status duckdb_frame_read(duckdb_connection connection, str source,
                                       const struct duckdb_frame_options *options, struct frame **ret_frame,
                                       struct error *err);

#endif
