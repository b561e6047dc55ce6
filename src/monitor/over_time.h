/* monitor/over_time.h - drift inside the current window: the same column, slice after slice. */
#ifndef MONITOR_OVER_TIME_H
#define MONITOR_OVER_TIME_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "monitor/column_quality.h"

#define OVER_TIME_SLICES_MAX 20
#define OVER_TIME_SLICE_ROWS_MIN 50 /* fewer rows a slice say nothing */

struct over_time {
    bool is_by_time;
    size_t count;
    int64_t from[OVER_TIME_SLICES_MAX], to[OVER_TIME_SLICES_MAX]; /* row numbers, or microseconds */
    double score[OVER_TIME_SLICES_MAX];                           /* Jensen-Shannon against the reference */
    double mean[OVER_TIME_SLICES_MAX];                            /* NaN for categories */
    double missing_share[OVER_TIME_SLICES_MAX];
};

/* Rows of the current data in slices of equal size, by time where there is a timestamp. Made once a report. */
struct slices {
    size_t count;
    size_t bounds[OVER_TIME_SLICES_MAX + 1]; /* positions in `order` (or rows) */
    const uint32_t *order;                   /* rows in time order; NULL: as they are */
    bool is_by_time;
    int64_t from[OVER_TIME_SLICES_MAX], to[OVER_TIME_SLICES_MAX];
};

/* `timestamp` may be NULL (row order). Rows without a time are left out. count = 0 when there are too few rows. */
must_use enum status slices_make(size_t rows, const struct column *timestamp, struct arena *arena,
                                 struct slices *ret_slices, struct error *err);

/* What one column's slices are compared with. */
struct over_time_input {
    const struct slices *slices;
    const struct column *rows; /* current, in the storage of the profile's type */
    struct column_sides sides; /* both there, with sorted values */
    struct arena *arena;
};

/* NULL without slices, without reference values, or for types without a distance. ERR_LIMIT without memory. O(rows). */
must_use enum status over_time_make(const struct over_time_input *input, struct over_time **ret_over_time,
                                    struct error *err);

#endif
