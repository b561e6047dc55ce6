/* stats/wasserstein.h - Wasserstein-1 (earth mover's) distance of two samples on a line.
 *
 *     W1 = integral of |F_R(x) - F_C(x)| dx        in the unit of the column
 *
 * Numbers of scipy.stats.wasserstein_distance. Source: [Ramdas2017]. */
#ifndef STATS_WASSERSTEIN_H
#define STATS_WASSERSTEIN_H

#include "stats/sample.h"

/* Below this spread of the reference, stats_wasserstein_normed_compat() divides by this instead (Evidently's rule). */
#define STATS_WASSERSTEIN_STD_MIN 0.001

/* NaN when a side is empty; may be +inf where the range exceeds the largest double. O(n1 + n2), compensated sum.
 * Counts < 2^32. */
double stats_wasserstein(struct stats_sample reference, struct stats_sample current);

/* W1 in units of the reference's std (ddof 0), whatever its size. A constant reference has no unit: 0 when W1 is 0,
 * else +inf. */
double stats_wasserstein_normed(double distance, double reference_std);

/* Evidently's W1 / max(std, 0.001): depends on the unit of the column when the spread is below 0.001. */
double stats_wasserstein_normed_compat(double distance, double reference_std);

#endif
