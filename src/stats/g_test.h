/* stats/g_test.h - the log-likelihood ratio test on counts of categories [Wilks1938].
 *
 *     G = 2 * sum of o * ln(o / e), with the law of chi-square in large samples
 *
 * For fit against homogeneity see chi_square.h. */
#ifndef STATS_G_TEST_H
#define STATS_G_TEST_H

#include <stddef.h>
#include <stdint.h>

#include "stats/chi_square.h"

/* Fit of `current` to `reference`, shape [categories], expected = reference * n_current / n_reference.
 * Equal to scipy.stats.power_divergence(current, expected, lambda_="log-likelihood"). A new category gives
 * statistic = +inf, p = 0. */
struct stats_chi_square stats_g_test_fit(const uint64_t *reference, const uint64_t *current, size_t categories);

/* As Evidently calls it: expected counts are not rescaled, so sides of different size have no answer (all
 * NaN, where Evidently raises); equal to the above for equal sides. */
struct stats_chi_square stats_g_test_fit_unscaled(const uint64_t *reference, const uint64_t *current,
                                                  size_t categories);

/* Homogeneity of the 2 x categories table: scipy.stats.chi2_contingency(table, correction=False,
 * lambda_="log-likelihood"). The calibrated form. */
struct stats_chi_square stats_g_test_homogeneity(const uint64_t *reference, const uint64_t *current, size_t categories);

#endif
