/* data/duckdb_frame.h - the rows of a DuckDB result as a frame. */
#ifndef DATA_DUCKDB_FRAME_H
#define DATA_DUCKDB_FRAME_H

#include "data/duckdb_door.h"
#include "data/frame.h"

struct duckdb_frame_options {
    str origin;       /* the frame's */
    size_t rows_hint; /* how many will come, where that is known: saves growing; 0 = not known */
    size_t rows_max;  /* read no more; 0 = all */
    void (*on_progress)(void *context, size_t rows);
    void *progress_context;
};

/* Reads every chunk of `result`, which stays the caller's to destroy. Types as data/read.h says. Each
 * value is copied once; peak memory is the frame and one chunk. Names are taken as they are. */
must_use enum status duckdb_frame_read(duckdb_result *result, const struct duckdb_frame_options *options,
                                       struct frame **ret_frame, struct error *err);

#endif
