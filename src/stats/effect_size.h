/* stats/effect_size.h - how large a difference is, apart from whether it is chance.
 *
 * Bounds by [Cohen1988]: w (and V of two columns) .1 small, .3 medium, .5 large; d .2, .5, .8. */
#ifndef STATS_EFFECT_SIZE_H
#define STATS_EFFECT_SIZE_H

#include <stddef.h>
#include <stdint.h>

/* Cramer's V of a rows x columns table, row after row: sqrt(chi2 / (N * min(rows - 1, columns - 1))), without
 * bias correction; empty rows and columns do not count. In [0, 1]; NaN when one row or one column is left. */
double stats_cramers_v(const uint64_t *table, size_t rows, size_t columns);

/* The same for the 2 x categories table of two samples. 0 for one common category, NaN when a side is empty. */
double stats_cramers_v_samples(const uint64_t *reference, const uint64_t *current, size_t categories);

/* Cohen's w of two samples' shares: sqrt(sum (c - r)^2 / ((r + c) / 2)). The null is the middle of both, so that a
 * new category stays finite: in [0, 2]. Unlike V it does not shrink when one side is much larger. NaN when a side
 * is empty. */
double stats_cohens_w(const uint64_t *reference, const uint64_t *current, size_t categories);

/* Cohen's h of two proportions: 2 asin sqrt(p1) - 2 asin sqrt(p2). */
double stats_cohens_h(double reference_proportion, double current_proportion);

/* The noncentrality at which a chi-square test of level `alpha` with `df` degrees of freedom has probability `power`
 * of an alarm. Needs 0 < alpha < power < 1 and df > 0, else NaN. To 1e-12 relative. */
double stats_noncentrality(double alpha, double power, double df);

/* Smallest w that a chi-square test of level `alpha` on samples of n and m rows finds with probability `power`:
 * sqrt(lambda (1/n + 1/m)), lambda the noncentrality that it takes. NaN when df < 1 or a side is empty. */
double stats_detectable_w(double alpha, double power, double n, double m, double df);

/* Smallest difference of means, in standard deviations (Cohen's d), that a two-sided test of level `alpha` finds
 * with probability `power`, by the normal law: (z(1 - alpha/2) + z(power)) sqrt(1/n + 1/m). */
double stats_detectable_d(double alpha, double power, double n, double m);

/* Upper tail of the noncentral chi-square law: P(X >= x) for `df` > 0 and noncentrality >= 0. Poisson mixture of
 * central tails, summed outwards from its mode; O(sqrt(noncentrality)). */
double stats_noncentral_chi_square_sf(double x, double df, double noncentrality);

#endif
