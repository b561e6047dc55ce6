/* monitor/dataset_quality.h - a table as a whole: gaps, repeated rows and columns. */
#ifndef MONITOR_DATASET_QUALITY_H
#define MONITOR_DATASET_QUALITY_H

#include "base/status.h"
#include "data/frame.h"

struct dataset_quality {
    size_t rows, columns;
    size_t missing_cells, infinite_cells;
    double missing_share; /* of all cells, in [0, 1] */
    size_t empty_rows, empty_columns;
    size_t duplicated_rows;    /* repeats after the first; missing equals missing */
    size_t duplicated_columns; /* pairs of columns with equal cells */
    size_t constant_columns, almost_constant_columns; /* filled by the analysis from the profiles */
};

/* Rows that equal an earlier row in every column. Rows are found by a 64-bit hash and compared cell by cell before
 * they count, so the number is exact. O(cells); 16 bytes a row of scratch. */
must_use enum status frame_count_duplicated_rows(const struct frame *frame, size_t *ret_count, struct error *err);

/* Pairs of columns of one storage with equal cells. O(cells) for hashes, then only equal ones are compared. */
must_use enum status frame_count_duplicated_columns(const struct frame *frame, size_t *ret_pairs, struct error *err);

/* Rows where every column is missing. O(cells) at worst; at once when some column has no gaps. */
must_use enum status frame_count_empty_rows(const struct frame *frame, size_t *ret_count, struct error *err);

#endif
