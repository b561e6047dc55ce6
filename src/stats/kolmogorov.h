/* stats/kolmogorov.h - the laws of Kolmogorov's and Smirnov's statistics.
 *
 * NaN in gives NaN; d outside [0, 1] is clipped to it. Sources: [Marsaglia2003], [PelzGood1976], [Simard2011]. */
#ifndef STATS_KOLMOGOROV_H
#define STATS_KOLMOGOROV_H

/* Doubles of scratch that stats_kolmogorov_n_sf() needs: two matrices of the Marsaglia-Tsang-Wang method. */
#define STATS_KOLMOGOROV_N_SCRATCH (2 * 120 * 120 + 2 * 120)

/* Limiting law of sqrt(n) D_n: P(K > x) = 2 sum_{k>=1} (-1)^{k-1} exp(-2 k^2 x^2). 1 for x <= 0. */
double stats_kolmogorov_sf(double x);

/* One-sided exact law P(D_n^+ >= d) of n values (n >= 1, whole). O(min(n, 8192)). */
double stats_smirnov_sf(double n, double d);

/* Two-sided exact law P(D_n >= d) of n values (n >= 1, whole), by the method that [Simard2011] picks for (n, d);
 * exact except where Pelz-Good's expansion is used (n > 140: absolute error of the cdf below 1e-6 at n = 141, falling
 * with n), which is SciPy's choice too. Where 1 - cdf is formed, its absolute error is below 3e-14. NaN where n < 1. scratch: [STATS_KOLMOGOROV_N_SCRATCH]. */
double stats_kolmogorov_n_sf(double n, double d, double *scratch);

#endif
