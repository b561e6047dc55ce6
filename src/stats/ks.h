/* stats/ks.h - two-sample Kolmogorov-Smirnov test.
 *
 *     D = max over x of |F_R(x) - F_C(x)|
 *
 * F: share of values <= x. Numbers of scipy.stats.ks_2samp. Sources: [Viehmann2021], [Hodges1958], [Simard2011]. */
#ifndef STATS_KS_H
#define STATS_KS_H

#include "stats/kolmogorov.h"
#include "stats/sample.h"

struct stats_ks {
    double statistic; /* D; NaN when a side is empty */
    double location;  /* the smallest value at which the distance is reached; NaN when a side is empty */
    int sign;         /* +1: F_R is above there (the reference is smaller), -1: below; 0 when D is 0 */
};

/* Samples up to this size get the exact p-value, larger ones the asymptotic (SciPy's mode "auto"). */
#define STATS_KS_EXACT_MAX 10000

/* Doubles of scratch for the p-values below; the exact one needs max(n1, n2) + 2 when that is more. */
#define STATS_KS_SCRATCH STATS_KOLMOGOROV_N_SCRATCH

/* One merge pass over both samples. O(n1 + n2). */
struct stats_ks stats_ks(struct stats_sample reference, struct stats_sample current);

/* The same from raw finite arrays in any order: counts both in cells and sorts copies of those values only that lie in
 * cells where the largest distance can be (of all values, where that would be many). The same D and location as
 * stats_ks(), several times sooner than sorting. scratch: [n1 + n2 + max(n1, n2)] doubles, most of them not touched
 * unless all are sorted. O(n1 + n2). */
struct stats_ks stats_ks_unsorted(const double *reference, size_t reference_count, const double *current,
                                  size_t current_count, double *scratch);

/* P(D >= statistic) for samples of n1 and n2 values when nothing differs and there are no ties (ties make it
 * conservative). Exact up to STATS_KS_EXACT_MAX, else asymptotic. NaN when statistic is. scratch: [STATS_KS_SCRATCH].
 * Exact: O(n1 n2 D); 0 where the true value is below 1e-320. */
double stats_ks_p(double statistic, size_t n1, size_t n2, double *scratch);
double stats_ks_p_exact(double statistic, size_t n1, size_t n2, double *scratch);
double stats_ks_p_asymptotic(double statistic, size_t n1, size_t n2, double *scratch);

#endif
