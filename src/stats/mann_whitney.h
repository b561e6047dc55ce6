/* stats/mann_whitney.h - Mann-Whitney U test (Wilcoxon rank sum).
 *
 *     U = number of pairs (r, c) with r > c, ties counting a half
 *
 * Numbers of scipy.stats.mannwhitneyu(method="auto"): exact when one side has at most 8 values and there is no tie,
 * else normal with tie and continuity correction. Source: [MannWhitney1947], [Lehmann2006]. */
#ifndef STATS_MANN_WHITNEY_H
#define STATS_MANN_WHITNEY_H

#include <stdbool.h>

#include "stats/sample.h"

struct stats_mann_whitney {
    double u;           /* of the reference */
    double p_two_sided; /* a shift in either direction: the right one for drift */
    double p_less;      /* only "the reference is smaller": what Evidently reports; blind to downward shifts */
    bool is_exact;
};

/* Above this many counts (n1 n2 / 2) the normal law is used even where SciPy would go on exactly. */
#define STATS_MANN_WHITNEY_CELLS_MAX 500000

/* Doubles of scratch that stats_mann_whitney() needs: 0 where the normal law is used anyway. */
size_t stats_mann_whitney_scratch(size_t n1, size_t n2);

/* NaN when a side is empty; p is 1 when all values are equal. O(n1 + n2), exact O(n1 n2 min).
 * scratch: [stats_mann_whitney_scratch()] doubles, NULL when that is 0. */
struct stats_mann_whitney stats_mann_whitney(struct stats_sample reference, struct stats_sample current,
                                             double *scratch);

#endif
