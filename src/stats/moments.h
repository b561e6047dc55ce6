/* stats/moments.h - mean, spread and quantiles of a column.
 *
 * Two passes, compensated sums: the mean of 1e300 does not overflow, the spread of denormals does not vanish, and a
 * large common offset costs no digits. */
#ifndef STATS_MOMENTS_H
#define STATS_MOMENTS_H

#include <stddef.h>

#include "stats/sample.h"

struct stats_moments {
    size_t count;
    double mean;       /* NaN when count is 0 */
    double std;        /* divides by count (ddof 0); NaN when count is 0 */
    double std_sample; /* divides by count - 1 (ddof 1); NaN when count is below 2 */
    double min;        /* NaN when count is 0 */
    double max;
    double sum;       /* may overflow to infinity although the mean does not */
    double mean_rest; /* what `mean` rounded away: a difference of two means near 1e9 needs it */
};

/* Of finite values in any order. O(count), does not allocate. */
struct stats_moments stats_moments(const double *values, size_t count);

/* The q-quantile (0 <= q <= 1) with linear interpolation between order statistics (numpy's default, R type 7).
 * NaN when the sample is empty or q is outside [0, 1]. O(1). */
double stats_quantile(struct stats_sample sample, double q);

/* The value of rank `rank` (from 0) among both samples' values, and their pooled q-quantile, without merging them.
 * NaN when rank is not below the number of values. O(log(n1 + n2)). */
double stats_pooled_value(struct stats_sample a, struct stats_sample b, size_t rank);
double stats_pooled_quantile(struct stats_sample a, struct stats_sample b, double q);

/* Distinct values of the sample. O(count). */
size_t stats_distinct(struct stats_sample sample);

#endif
