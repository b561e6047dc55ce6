/* stats/anderson.h - k-sample Anderson-Darling test, midrank form, for k samples.
 *
 * Numbers of scipy.stats.anderson_ksamp(variant="midrank"). Source: [ScholzStephens1987], equations 6 and 7. */
#ifndef STATS_ANDERSON_H
#define STATS_ANDERSON_H

#include "stats/sample.h"

struct stats_anderson {
    double a2;          /* A^2_akN before standardisation */
    double statistic;   /* (A^2 - (k - 1)) / sigma: what SciPy returns */
    double p;           /* interpolated as SciPy does and clipped to [0.001, 0.25] */
    double p_unclipped; /* the same interpolation where it is trusted, extrapolated outside; a rough figure, at most 1 */
};

/* NaN in all when k < 2, a sample is empty, N < 4, or all values are equal. O(N k) with k pointers; k <= 64. */
struct stats_anderson stats_anderson(const struct stats_sample *samples, size_t sample_count);

/* The 1-based significance levels' critical values for k samples: what the p-values are interpolated from. */
#define STATS_ANDERSON_SAMPLES_MAX 64

#endif
