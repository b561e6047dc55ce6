/* stats/hellinger.h - Hellinger distance of two binned samples [Hellinger1909].
 *
 *     H = sqrt(1 - BC),  BC = sum over bins of sqrt(r * c)
 *
 * Computed as sqrt(sum (sqrt r - sqrt c)^2 / 2), which is the same number without the rounding noise
 * of 1e-8 that 1 - BC has for nearly equal sides. In [0, 1]. */
#ifndef STATS_HELLINGER_H
#define STATS_HELLINGER_H

#include <stddef.h>
#include <stdint.h>

#include "stats/binning.h"

/* reference, current: row counts, shape [bins], over the same bins or categories. NaN when a side has
 * no rows. O(bins). */
double stats_hellinger(const uint64_t *reference, const uint64_t *current, size_t bins);

/* The same from densities over equal-width bins, as Evidently does for numbers: a bin's density is
 * count / (its own width * n), and BC sums with the mean width. It differs from stats_hellinger only
 * where rounding makes the widths differ (values like 1e15 + small). Evidently cuts these bins for N =
 * the number of distinct values of the union: see stats_distinct_union(). Counts have the shape
 * [bins->count]. NaN when a side has no rows. */
double stats_hellinger_density(const struct stats_bins *bins, const uint64_t *reference, const uint64_t *current);

#endif
