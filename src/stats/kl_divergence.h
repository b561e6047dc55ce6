/* stats/kl_divergence.h - Kullback-Leibler divergence of two binned samples [KullbackLeibler1951].
 *
 *     KL(R || C) = sum over bins of r * ln(r / c), in nats */
#ifndef STATS_KL_DIVERGENCE_H
#define STATS_KL_DIVERGENCE_H

#include <stddef.h>
#include <stdint.h>

/* What stands for the share of an empty bin, each side by itself: this, or a millionth of the side's
 * smallest non-empty share where that is not larger than this. Evidently's rule. */
#define STATS_SHARE_EMPTY 1e-4

/* reference, current: row counts, shape [bins], over the same bins. Both sides are scaled to a sum
 * of 1 after empty bins were filled. NaN when a side has no rows. Never negative. O(bins). */
double stats_kl_divergence(const uint64_t *reference, const uint64_t *current, size_t bins);

#endif
