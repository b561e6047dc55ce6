/* monitor/picture.h - the small distribution picture of a column: both sides over the same bins. */
#ifndef MONITOR_PICTURE_H
#define MONITOR_PICTURE_H

#include <stdint.h>

#include "base/arena.h"
#include "monitor/column_quality.h"

#define PICTURE_BINS_MAX 40
#define PICTURE_CATEGORIES_MAX 20 /* the rest is "(other)" */

struct picture {
    bool is_histogram;
    size_t count;                              /* bins or categories */
    double edges[PICTURE_BINS_MAX + 1];        /* histogram */
    str categories[PICTURE_CATEGORIES_MAX + 1]; /* most frequent of both sides first */
    uint64_t reference[PICTURE_BINS_MAX], current[PICTURE_BINS_MAX];
};

/* NULL when neither side has a value. */
struct picture *picture_make(const struct column_sides *sides, struct arena *arena);

#endif
