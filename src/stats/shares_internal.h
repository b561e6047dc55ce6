/* stats/shares_internal.h - what the divergences have in common: counts become shares of their side. */
#ifndef STATS_SHARES_INTERNAL_H
#define STATS_SHARES_INTERNAL_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/kl_divergence.h"

static inline uint64_t counts_sum(const uint64_t *counts, size_t bins)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < bins; i++)
        sum += counts[i];
    return sum;
}

/* The share that stands for this side's empty bins; `total` > 0 is the sum of `counts`. */
static inline double share_of_empty(const uint64_t *counts, size_t bins, double total)
{
    uint64_t smallest = UINT64_MAX;
    for (size_t i = 0; i < bins; i++)
        if (counts[i] > 0 && counts[i] < smallest)
            smallest = counts[i];
    double share = (double)smallest / total;
    return share <= STATS_SHARE_EMPTY ? share / 1e6 : STATS_SHARE_EMPTY;
}

static inline double share_filled(uint64_t count, double total, double empty)
{
    return count > 0 ? (double)count / total : empty;
}

#endif
