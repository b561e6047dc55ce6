#include "stats/fairness.h"

#include "base/attributes.h"
#include "base/test.h"

TEST(fairness_of_two_hand_worked_groups)
{
    /* Called positive: 50 of 100 and 20 of 80; true positive rates 40/50 and 15/30; false ones 10/50 and 5/50. */
    const struct stats_group_counts groups[] = { { 40, 10, 10, 40 }, { 15, 5, 15, 45 } };
    struct stats_fairness fairness = stats_fairness_of(groups, 2);
    CHECK_NEAR("selection rates", fairness.demographic_parity_difference, 0.25, 1e-12);
    CHECK_NEAR("their ratio", fairness.demographic_parity_ratio, 0.5, 1e-12);
    CHECK_NEAR("true positive rates", fairness.equal_opportunity_difference, 0.3, 1e-12);
    CHECK_NEAR("the larger difference", fairness.equalized_odds_difference, 0.3, 1e-12);
    CHECK_NEAR("accuracies", fairness.accuracy_difference, 0.05, 1e-12);
}

TEST(fairness_without_something_to_compare)
{
    const struct stats_group_counts one = { 4, 1, 1, 4 }, nobody = { 0 }, no_positives = { 0, 0, 0, 9 };
    const struct stats_group_counts groups[] = { one, nobody, no_positives };
    CHECK_NEAR("one group is equal to itself", stats_fairness_of(groups, 1).demographic_parity_difference, 0, 0);
    CHECK_NEAR("an empty group is left out", stats_fairness_of(groups, 2).demographic_parity_ratio, 1, 0);
    CHECK_NEAR("a group without positives has no true positive rate",
               stats_fairness_of(groups, 3).equal_opportunity_difference, 0, 0);
    CHECK("no group at all", isnan(stats_fairness_of(groups, 0).demographic_parity_difference));
    CHECK_NEAR("nobody is called positive anywhere", stats_fairness_of(&no_positives, 1).demographic_parity_ratio, 1,
               0);
}

TEST(group_confusion_counts_rows)
{
    const uint32_t group[] = { 0, 1, 0, 1, 7, 0 };
    const uint8_t positive[] = { 1, 0, 0, 1, 1, 1 }, called[] = { 1, 1, 0, 0, 1, 0 };
    struct stats_group_counts counts[2];
    stats_group_confusion(group, positive, called, 6, 2, counts);
    CHECK("group 0", counts[0].true_positives == 1 && counts[0].true_negatives == 1 && counts[0].false_negatives == 1);
    CHECK("group 1", counts[1].false_positives == 1 && counts[1].false_negatives == 1 && counts[1].true_positives == 0);
}
