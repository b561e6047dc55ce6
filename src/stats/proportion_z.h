/* stats/proportion_z.h - whether two samples have the same proportion of something: the pooled z-test. */
#ifndef STATS_PROPORTION_Z_H
#define STATS_PROPORTION_Z_H

#include <stdint.h>

struct stats_proportion_z {
    double z; /* positive when the reference has the larger proportion */
    double p; /* two-sided; 1 when no row or every row of both sides is a hit */
};

/* hits of rows, on both sides: z = (p1 - p2) / sqrt(P (1 - P) (1/n1 + 1/n2)), P the pooled proportion.
 * The tail is computed as such, so p stays above 0 where 2 * (1 - cdf) would underflow (|z| > 8.3). NaN when
 * a side has no rows. For a column of two values Evidently counts as hits the rows that differ from the
 * smallest value of the union; with more values it still does. */
struct stats_proportion_z stats_proportion_z_test(uint64_t reference_hits, uint64_t reference_count,
                                                  uint64_t current_hits, uint64_t current_count);

#endif
