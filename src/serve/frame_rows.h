/* serve/frame_rows.h - the rows of a table as a model wants them. */
#ifndef SERVE_FRAME_ROWS_H
#define SERVE_FRAME_ROWS_H

#include "data/frame.h"
#include "serve/runtime.h"

/* Which column of the table feeds each input of the model; lives in the arena of frame_rows_match. */
struct frame_rows {
    const struct frame *frame;
    const struct runtime_info *info;
    const struct column **columns; /* [input_count]; NULL = left out, and missing */
    bool has_texts;
};

/* Matches columns to inputs by name; a model without names takes the first columns. ERR_INVALID names a column that is
 * missing or holds texts where the model wants numbers. Other columns of the table are not looked at. */
must_use enum status frame_rows_match(const struct frame *frame, const struct runtime_info *info, struct arena *arena,
                                      struct frame_rows *ret_match, struct error *err);

/* Rows [from, from + count) in `arena`. ERR_LIMIT without memory. O(count * inputs). */
must_use enum status frame_rows_take(const struct frame_rows *match, size_t from, size_t count, struct arena *arena,
                                     struct runtime_rows *ret_rows, struct error *err);

#endif
