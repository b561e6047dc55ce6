/* stats/cramer_von_mises.h - two-sample Cramer-von Mises test, midranks for ties.
 *
 *     U = n1 sum (rank of R_i - i)^2 + n2 sum (rank of C_j - j)^2,   T = U / (n1 n2 N) - (4 n1 n2 - 1) / (6 N)
 *
 * Numbers of scipy.stats.cramervonmises_2samp. Sources: [Anderson1962], [Xiao2006]. */
#ifndef STATS_CRAMER_VON_MISES_H
#define STATS_CRAMER_VON_MISES_H

#include "stats/sample.h"

/* Samples up to this size get the exact p-value (SciPy's mode "auto"). */
#define STATS_CVM_EXACT_MAX 20

/* Doubles of scratch that stats_cramer_von_mises() needs for samples of n1 and n2 values: 0 where the asymptotic law
 * is used, at most 554,268 (4.4 MB) at 20 and 20. */
size_t stats_cramer_von_mises_scratch(size_t n1, size_t n2);

/* The statistic T and its p-value: exact (all C(N, n1) orders, ties as given) when both samples have at most
 * STATS_CVM_EXACT_MAX values, else the limiting law with matched mean and variance, whose p below 1e-6 is noise of
 * its series, as in SciPy. NaN when a side has fewer than 2 values. O(n1 + n2), exact O(2^(N/2)).
 * scratch: [stats_cramer_von_mises_scratch()], NULL when that is 0. */
struct stats_test stats_cramer_von_mises(struct stats_sample reference, struct stats_sample current, double *scratch);

/* The asymptotic p-value on its own. */
double stats_cramer_von_mises_p_asymptotic(double t, size_t n1, size_t n2);

#endif
