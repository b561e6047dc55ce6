/* stats/mmd.h - maximum mean discrepancy of two samples, with a permutation p-value.
 *
 *     unbiased MMD^2, kernel exp(-g (x - y)^2), g = 1 / median squared distance of pairs in R (1 where that is 0)
 *
 * Evidently's `empirical_mmd` with a seed: the same input gives the same p on every machine. Source: [Gretton2012]. */
#ifndef STATS_MMD_H
#define STATS_MMD_H

#include <stdbool.h>
#include <stdint.h>

#include "stats/sample.h"

/* A side with more values is thinned to this many evenly spaced order statistics: the cost is quadratic. */
#define STATS_MMD_SAMPLE_MAX 1000
#define STATS_MMD_PERMUTATIONS 100

/* Doubles of scratch. */
#define STATS_MMD_SCRATCH (2 * STATS_MMD_SAMPLE_MAX * (STATS_MMD_PERMUTATIONS + 4))

struct stats_mmd {
    double statistic; /* MMD^2, can be below 0 */
    double p;         /* share of permutations at least as large: a multiple of 1/100, 0 is possible (compatible) */
    double p_valid;   /* (1 + hits) / (1 + permutations): never 0, a valid test at any level */
    bool is_thinned;  /* a side was thinned; say so beside the number */
};

/* NaN when a side has fewer than 2 values. O((n1 + n2)^2 permutations) after thinning, at most 0.2 s.
 * scratch: [STATS_MMD_SCRATCH]. */
struct stats_mmd stats_mmd(struct stats_sample reference, struct stats_sample current, uint64_t seed, double *scratch);

#endif
