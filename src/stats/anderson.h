/* stats/anderson.h - k-sample Anderson-Darling test, midrank form, for k samples.
 *
 * Numbers of scipy.stats.anderson_ksamp(variant="midrank"). Source: [ScholzStephens1987], equations 6 and 7. */
#ifndef STATS_ANDERSON_H
#define STATS_ANDERSON_H

#include "stats/sample.h"

struct stats_anderson {
    double a2;        /* A^2_akN before standardisation */
    double statistic; /* (A^2 - (k - 1)) / sigma: what SciPy returns */
    double p;         /* interpolated in the paper's table as SciPy does, hence never outside [0.001, 0.25] */
};

#define STATS_ANDERSON_SAMPLES_MAX 64

/* NaN in all when k is below 2 or above STATS_ANDERSON_SAMPLES_MAX, a sample is empty, N < 4, or all values are equal.
 * O(N k). */
struct stats_anderson stats_anderson(const struct stats_sample *samples, size_t sample_count);

#endif
