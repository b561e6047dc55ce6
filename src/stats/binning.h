/* stats/binning.h - from two columns of values to two rows of counts over the same bins.
 *
 * Equal-width bins over the pooled range with Sturges' width, edge for edge as
 * numpy.histogram_bin_edges(pooled, "sturges") gives them, so that distances built on the
 * counts agree with SciPy's and Evidently's to the last digits; and one bin per distinct value
 * for columns with few. Values are finite: the caller has dropped what is missing or infinite. */
#ifndef STATS_BINNING_H
#define STATS_BINNING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/sample.h"

/* Sturges' rule gives ceil(log2(N) + 1) bins, 65 for 2^64 rows; a width among the denormals, rounded down by
 * up to a third, gives half as many more. */
#define STATS_BINS_MAX 128

/* A numerical reference with more distinct values than this is cut into equal widths. */
#define STATS_BINS_DISTINCT_MAX 20

struct stats_bins {
    double edges[STATS_BINS_MAX + 1]; /* ascending; bin i is [edges[i], edges[i + 1]), the last one closed */
    size_t count;                     /* bins, not edges; 0 where there was nothing to cut */
};

/* Sturges' bins over [low, high] for `pooled_count` values: width = (high - low) / (log2(N) + 1),
 * edges low + i * ((high - low) / bins), the last one forced to `high`. `is_integer` applies
 * NumPy 2's rule that integers get no bins narrower than 1. low == high gives one bin of width 1
 * around it. A range beyond the largest double is cut without overflow, where NumPy refuses.
 * No bins when the count is 0, a bound is not finite, or low > high. O(bins). */
struct stats_bins stats_bins_sturges(double low, double high, size_t pooled_count, bool is_integer);

/* The same over two sorted samples; either may be empty. */
struct stats_bins stats_bins_sturges_sorted(struct stats_sample reference, struct stats_sample current,
                                            bool is_integer);

/* Counts of a sorted sample, shape [bins->count]; values outside the edges are not counted.
 * One binary search an edge: O(bins log n). */
void stats_bins_count_sorted(const struct stats_bins *bins, struct stats_sample sample, uint64_t *ret_counts);

/* Counts of a column in any order, equal to what the sorted form gives; NaN and values outside
 * the edges are not counted. O(n): one multiplication and one correction by the edges a value. */
void stats_bins_count(const struct stats_bins *bins, const double *values, size_t count, uint64_t *ret_counts);

/* Distinct values of a sorted sample, but no more than `limit`: stops there. */
size_t stats_distinct_up_to(struct stats_sample sample, size_t limit);

/* Distinct values of the union of two sorted samples. One pass over both, free of branches. */
size_t stats_distinct_union(struct stats_sample reference, struct stats_sample current);

/* One bin per distinct value of the union of two sorted samples, in ascending order. Writes up to `capacity` bins:
 * values (may be NULL) and counts, and returns how many there are in all; more than `capacity` means that the
 * caller's arrays were too small (reference.count + current.count always fit). */
size_t stats_bins_distinct(struct stats_sample reference, struct stats_sample current, size_t capacity,
                           double *ret_values, uint64_t *ret_reference_counts, uint64_t *ret_current_counts);

/* Rows of each category, shape [categories]; codes >= categories stand for missing and are not counted. */
void stats_category_counts(const uint32_t *codes, size_t count, size_t categories, uint64_t *ret_counts);

/* Joins neighbouring bins until each has a pooled expectation of at least `expected_min` rows on
 * both sides, in place, and returns the number of bins left. 5 is the usual bound [Cochran1954]
 * under which chi-square laws stop being good. A tail too small joins the bin before it; 1 bin is
 * left where the whole side is too small, 0 where a side is empty. O(bins). */
size_t stats_bins_merge_sparse(uint64_t *reference, uint64_t *current, size_t bins, double expected_min);

#endif
