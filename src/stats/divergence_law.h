/* stats/divergence_law.h - how large a distance between two samples is by chance alone.
 *
 * When both samples come from one source and the bins were fixed beforehand, then in large samples, with
 * s = 1/n + 1/m and X ~ chi-square with bins - 1 degrees of freedom:
 *
 *     PSI ~ s X     KL ~ s X / 2     JS^2 ~ s X / 8     Hellinger^2 ~ s X / 8     chi2 ~ X
 *
 * [Yurdakul2018 for PSI; Kullback1959]. A fixed threshold on a distance alarms always in small samples and
 * never in large ones; a level on the p from this law does not. And when there is a shift of size w, X is
 * noncentral with w^2 / s, which tells the smallest shift that the samples could have shown. */
#ifndef STATS_DIVERGENCE_LAW_H
#define STATS_DIVERGENCE_LAW_H

#include <stddef.h>
#include <stdint.h>

enum stats_divergence {
    STATS_DIVERGENCE_PSI,
    STATS_DIVERGENCE_KL,
    STATS_DIVERGENCE_JENSEN_SHANNON,
    STATS_DIVERGENCE_HELLINGER,
    STATS_DIVERGENCE_COUNT
};

/* Probability that chance alone gives at least `score` (the distance itself, not its square) between samples of
 * n and m rows in `bins` bins. NaN where n, m or the score is, or with fewer than 2 bins. Good where each bin
 * expects 15 rows or more; stats_divergence_p_of_counts() sees to that. */
double stats_divergence_p(enum stats_divergence kind, double score, double n, double m, size_t bins);

/* The calibrated p of two rows of counts, shape [bins], which are destroyed: neighbouring sparse bins are joined
 * first (stats_bins_merge_sparse), the distance of what is left is looked up in the law. False alarms at 5 % are
 * 4 to 6.5 % from 200 rows a side. 1 when one bin is left, NaN when a side is empty. */
double stats_divergence_p_of_counts(enum stats_divergence kind, uint64_t *reference, uint64_t *current, size_t bins);

/* The score that chance exceeds with probability `alpha`: the calibrated threshold. NaN as above. */
double stats_divergence_threshold(enum stats_divergence kind, double alpha, double n, double m, size_t bins);

/* The score that a shift must have in truth, so that a test of level `alpha` finds it with probability
 * `power`: .05 and .8 are usual. NaN as above. */
double stats_divergence_detectable(enum stats_divergence kind, double alpha, double power, double n, double m,
                                   size_t bins);

#endif
