/* stats/merge_internal.h - walks two sorted samples together, one group of equal values at a time. */
#ifndef STATS_MERGE_INTERNAL_H
#define STATS_MERGE_INTERNAL_H

#include <stdbool.h>

#include "stats/sample.h"

struct merge {
    struct stats_sample r, c;
    size_t r_before, c_before; /* values below the group */
    size_t r_equal, c_equal;   /* values in the group */
};

static inline struct merge merge_start(struct stats_sample reference, struct stats_sample current)
{
    return (struct merge){ .r = reference, .c = current };
}

/* Steps to the next group; false at the end. */
static inline bool merge_next(struct merge *merge)
{
    size_t i = merge->r_before + merge->r_equal, j = merge->c_before + merge->c_equal;
    merge->r_before = i;
    merge->c_before = j;
    if (i == merge->r.count && j == merge->c.count)
        return false;
    bool from_r = j == merge->c.count || (i < merge->r.count && merge->r.values[i] <= merge->c.values[j]);
    double value = from_r ? merge->r.values[i] : merge->c.values[j];
    while (i < merge->r.count && merge->r.values[i] == value)
        i++;
    while (j < merge->c.count && merge->c.values[j] == value)
        j++;
    merge->r_equal = i - merge->r_before;
    merge->c_equal = j - merge->c_before;
    return true;
}

#endif
