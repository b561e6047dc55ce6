/* stats/fairness.h - whether a classifier treats groups of people alike.
 *
 * From one set of confusion counts a group. Groups without rows, or without the rows that a rate needs, are left
 * out of the comparison. */
#ifndef STATS_FAIRNESS_H
#define STATS_FAIRNESS_H

#include <stddef.h>
#include <stdint.h>

struct stats_group_counts {
    uint64_t true_positives, false_positives, false_negatives, true_negatives;
};

struct stats_fairness {
    double demographic_parity_difference; /* largest - smallest share of rows called positive */
    double demographic_parity_ratio;      /* smallest / largest; below 0.8 breaks the four-fifths rule; 1 for 0 / 0 */
    double equal_opportunity_difference;  /* largest - smallest true positive rate */
    double equalized_odds_difference;     /* the larger of that and the same of false positive rates */
    double accuracy_difference;
};

/* groups: shape [count]. 0 differences for one group; NaN members where no group has the rate. O(count). */
struct stats_fairness stats_fairness_of(const struct stats_group_counts *groups, size_t count);

/* Counts each group's outcomes: group codes >= groups are left out. ret_groups: shape [groups]. */
void stats_group_confusion(const uint32_t *group, const uint8_t *is_positive, const uint8_t *is_called_positive,
                           size_t rows, size_t groups, struct stats_group_counts *ret_groups);

#endif
