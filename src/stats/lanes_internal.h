/* stats/lanes_internal.h - two doubles side by side, which every 64-bit CPU adds at once, in the same order whatever else
 * it has: sums come out the same on every machine. Loops keep two or more of them, so that an addition need not wait
 * for the one before. */
#ifndef STATS_LANES_INTERNAL_H
#define STATS_LANES_INTERNAL_H

#include <stdint.h>

typedef double lanes __attribute__((vector_size(16), aligned(8), may_alias));
typedef int64_t lane_mask __attribute__((vector_size(16), aligned(8), may_alias)); /* all bits, or none */
#define LANES 2

static inline lanes lanes_load(const double *from)
{
    return *(const lanes *)from;
}

static inline lanes lanes_where(lane_mask mask, lanes yes, lanes no)
{
    return (lanes)((mask & (lane_mask)yes) | (~mask & (lane_mask)no));
}

static inline lanes lanes_magnitude(lanes x)
{
    return (lanes)((lane_mask)x & INT64_MAX);
}

static inline double lanes_sum(lanes sums)
{
    return sums[0] + sums[1];
}

#endif
