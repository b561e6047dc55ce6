/* stats/lanes_internal.h - two doubles side by side, which every 64-bit CPU adds at once, in the same order whatever
 * else it has: sums come out the same on every machine. Loops keep two or more of them, so that an addition need not
 * wait for the one before. */
#ifndef STATS_LANES_INTERNAL_H
#define STATS_LANES_INTERNAL_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/* The lower and the higher; where `value` is NaN, `other`. One instruction that compilers do not find by themselves. */
static inline lanes lanes_lower(lanes value, lanes other)
{
#ifdef __SSE2__
    return _mm_min_pd(value, other);
#else
    return lanes_where(value < other, value, other);
#endif
}

static inline lanes lanes_higher(lanes value, lanes other)
{
#ifdef __SSE2__
    return _mm_max_pd(value, other);
#else
    return lanes_where(value > other, value, other);
#endif
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
