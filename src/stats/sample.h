/* stats/sample.h - what the numeric two-sample methods are given, and what a test gives back.
 *
 * A sample is SORTED ascending and FINITE: stats_compact_finite() and stats_sort() (sort.h) make one
 * out of a raw column, once, and every method then reads it. NaN or infinity inside is a mistake of the
 * caller; the answer is then meaningless, but no memory outside the arrays is touched.
 *
 * Everywhere: `reference` comes first, `current` second, and NaN as a statistic or p-value means
 * "cannot be tested" (too few values, or no spread where the formula divides by it), never "no drift". */
#ifndef STATS_SAMPLE_H
#define STATS_SAMPLE_H

#include <stddef.h>

struct stats_sample {
    const double *values; /* ascending, finite; may be NULL when count is 0 */
    size_t count;
};

/* The outcome of a test. `p` is the probability, were nothing different, of a statistic at least as extreme. */
struct stats_test {
    double statistic;
    double p;
};

#endif
