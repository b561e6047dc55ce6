/* stats/chi_square.h - Pearson's chi-square tests on counts of categories [Pearson1900].
 *
 * Two questions that look alike:
 *   fit          does the current column follow the reference's shares, taken as the truth? This is
 *                Evidently's `chisquare`; it ignores that the reference is a sample too.
 *   homogeneity  may both columns come from the same source? This is the calibrated test: its false
 *                alarms come as often as the level says, and a category that the reference lacks is
 *                evidence in proportion to its rows, where `fit` answers p = 0 for a single row. */
#ifndef STATS_CHI_SQUARE_H
#define STATS_CHI_SQUARE_H

#include <stddef.h>
#include <stdint.h>

/* A statistic with a chi-square law. */
struct stats_chi_square {
    double statistic;
    double df; /* degrees of freedom */
    double p;  /* upper tail; NaN where df is 0 or a side has no rows */
};

/* Fit of `current` to `reference`, shape [categories]: expected = reference * n_current / n_reference,
 * df = categories - 1. Equal to scipy.stats.chisquare(current, expected), thus to Evidently. Categories
 * empty on both sides do not count. A new category gives statistic = +inf and p = 0. */
struct stats_chi_square stats_chi_square_fit(const uint64_t *reference, const uint64_t *current, size_t categories);

/* Homogeneity of the 2 x categories table: scipy.stats.chi2_contingency(table, correction=False).
 * Categories empty on both sides do not count. */
struct stats_chi_square stats_chi_square_homogeneity(const uint64_t *reference, const uint64_t *current,
                                                     size_t categories);

/* Independence in a rows x columns table, row after row; empty rows and columns do not count.
 * df = (rows - 1) * (columns - 1). Sums of rows are taken anew for each column, for want of scratch:
 * O(rows * columns^2). */
struct stats_chi_square stats_chi_square_table(const uint64_t *table, size_t rows, size_t columns);

#endif
