/* stats/t_test.h - two-sample t tests of equal means, from moments.
 *
 * Numbers of scipy.stats.ttest_ind(equal_var=True) and (equal_var=False). Sources: [Student1908], [Welch1947]. */
#ifndef STATS_T_TEST_H
#define STATS_T_TEST_H

#include "stats/moments.h"

struct stats_t_test {
    double statistic; /* (mean R - mean C) / standard error */
    double df;
    double p; /* two-sided */
};

/* Pooled variance. NaN when both sides together have fewer than 3 values, or both are constant and equal; two
 * different constants give statistic +-inf and p 0. */
struct stats_t_test stats_t_test(const struct stats_moments *reference, const struct stats_moments *current);

/* Welch's, variances not assumed equal; each side needs 2 values, else NaN. */
struct stats_t_test stats_t_test_welch(const struct stats_moments *reference, const struct stats_moments *current);

#endif
