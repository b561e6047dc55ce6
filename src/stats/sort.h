/* stats/sort.h - from a raw column to a sorted finite sample, once, for every method that follows.
 *
 * Radix sorts in linear time whatever the values are; stable where it can be seen (the ranks). */
#ifndef STATS_SORT_H
#define STATS_SORT_H

#include <stddef.h>
#include <stdint.h>

struct stats_finite {
    size_t count;    /* finite values kept, in their order */
    size_t nan;      /* dropped: not a number (a missing value) */
    size_t infinite; /* dropped: + or - infinity */
};

/* Copies the finite values of values[count] to `out` (may be `values` itself). One pass, no branch a value. */
struct stats_finite stats_compact_finite(const double *values, size_t count, double *out);

/* Sorts values[count] (no NaN) ascending, in place; -0.0 sorts as 0.0 and may trade places with it.
 * scratch: [count] doubles. O(count), about 10 ns a value at 10^6 (bench/ks.py). count < 2^32. */
void stats_sort(double *values, size_t count, double *scratch);

/* The finite values of values[count], sorted, in `out`: as compacting and sorting would leave them, but a column without
 * gaps is not copied first. out, scratch: [count] doubles each; `out` may be `values` itself. */
struct stats_finite stats_sort_finite(const double *values, size_t count, double *out, double *scratch);

/* Stable argsort: order[i] becomes the index of the i-th smallest value (no NaN). `values` stays as it is.
 * scratch: [2 * count] words. count < 2^32. */
void stats_argsort(const double *values, size_t count, uint32_t *order, uint64_t *scratch);

/* Ranks from 1 of values[count] (no NaN), ties sharing their mean rank (Spearman, Mann-Whitney).
 * Returns sum of (t^3 - t) over groups of t tied values. order: [count]; scratch: [2 * count] words. */
double stats_midranks(const double *values, size_t count, double *ranks, uint32_t *order, uint64_t *scratch);

#endif
