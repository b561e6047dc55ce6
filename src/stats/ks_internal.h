/* stats/ks_internal.h - the widest gap between two distribution functions, for the walks of ks.c and ks_unsorted.c. */
#ifndef STATS_KS_INTERNAL_H
#define STATS_KS_INTERNAL_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "stats/ks.h"

/* The gap is kept as i n2 - j n1 for i values of R and j of C: whole, so that equal gaps are equal. */
struct ks_widest {
    int64_t gap;
    double at;
};

static inline void ks_widest_update(struct ks_widest *widest, int64_t gap, double at)
{
    if (llabs(gap) > llabs(widest->gap))
        *widest = (struct ks_widest){ gap, at };
}

static inline struct stats_ks ks_widest_result(struct ks_widest widest, size_t n1, size_t n2)
{
    if (n1 == 0 || n2 == 0)
        return (struct stats_ks){ NAN, NAN, 0 };
    double statistic = (double)llabs(widest.gap) / ((double)n1 * (double)n2);
    return (struct stats_ks){ statistic, widest.at, (widest.gap > 0) - (widest.gap < 0) };
}

#endif
