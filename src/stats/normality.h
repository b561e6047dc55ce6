/* stats/normality.h - whether values, usually a model's errors, look normally distributed. */
#ifndef STATS_NORMALITY_H
#define STATS_NORMALITY_H

#include <stddef.h>

#include "stats/sample.h"

/* Skewness and excess kurtosis (population forms) against 0 [JarqueBera1987]. */
struct stats_normality {
    double skewness, excess_kurtosis;
    double statistic; /* n/6 (skewness^2 + excess_kurtosis^2 / 4) */
    double p;         /* chi-square with 2 df; a good approximation from about 2000 values */
};

/* values: finite, in any order. All NaN for constants and fewer than 2 values. O(n), safe at 1e300. */
struct stats_normality stats_jarque_bera(const double *values, size_t count);

/* A point of a normal quantile plot. */
struct stats_qq_point {
    double theoretical, observed;
};

/* Quantile plot of a sample at Filliben's plotting positions (scipy.stats.probplot), at most `points_max` >= 2
 * points, evenly by rank, both ends included. Returns their number. O(points_max). */
size_t stats_qq_normal(struct stats_sample sample, size_t points_max, struct stats_qq_point *ret_points);

#endif
