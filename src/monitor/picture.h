/* monitor/picture.h - the small distribution picture of a column: both sides over the same bins. */
#ifndef MONITOR_PICTURE_H
#define MONITOR_PICTURE_H

#include <stdint.h>

#include "base/arena.h"
#include "monitor/column_profile.h"

#define PICTURE_BINS_MAX 40
#define PICTURE_CATEGORIES_MAX 20 /* the rest is "(other)" */

struct picture {
    bool is_histogram;
    size_t count;                              /* bins or categories */
    double edges[PICTURE_BINS_MAX + 1];        /* histogram */
    str categories[PICTURE_CATEGORIES_MAX + 1]; /* most frequent of both sides first */
    uint64_t reference[PICTURE_BINS_MAX], current[PICTURE_BINS_MAX];
};

/* NULL when neither side has a value. A side may be NULL. */
struct picture *picture_make(const struct column_profile *reference, const struct column_profile *current,
                             struct arena *arena);

#endif
