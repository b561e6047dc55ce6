/* stats/total_variation.h - total variation distance of two samples of categories, and whether chance explains it.
 *
 *     TVD = 1/2 * sum over categories of |r - c|
 *
 * r, c: shares. It is the share of rows that would have to change category. */
#ifndef STATS_TOTAL_VARIATION_H
#define STATS_TOTAL_VARIATION_H

#include <stddef.h>
#include <stdint.h>

/* reference, current: row counts, shape [categories]. In [0, 1]; NaN when a side has no rows. O(categories). */
double stats_total_variation(const uint64_t *reference, const uint64_t *current, size_t categories);

/* Share of `permutations` random splits of the pooled rows whose distance is at least the observed one,
 * ties included: a Monte Carlo p-value with the resolution 1 / permutations. A split is drawn from its
 * law (multivariate hypergeometric) and not by shuffling rows, so the cost is O(permutations * categories),
 * whatever the row counts. The same `seed` gives the same p. NaN when a side has no rows or
 * `permutations` is 0; 1 when there is one category. */
double stats_total_variation_p(const uint64_t *reference, const uint64_t *current, size_t categories,
                               uint32_t permutations, uint64_t seed);

/* Two columns of category codes below `categories`, in row order. */
struct stats_code_pair {
    const uint32_t *reference, *current;
    size_t reference_count, current_count;
    size_t categories;
};

/* Evidently's p for the same question, number for number: NumPy's legacy generator seeded with 0, full
 * Fisher-Yates shuffles of the rows, and ties decided by how sums of doubles round (hence by the order of
 * the categories, which is the order of the codes here). For comparison only: it depends on row order, is
 * slow, and exact ties are miscounted. Scratch: `scratch_codes` [reference_count + current_count],
 * `scratch_counts` [2 * categories]. O(permutations * rows). NaN as above. */
double stats_total_variation_p_numpy(const struct stats_code_pair *pair, uint32_t permutations, uint32_t *scratch_codes,
                                     double *scratch_counts);

#endif
