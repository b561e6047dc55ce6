/* Each measure is the spread of one rate over the groups, so one pass keeps a smallest and a largest per rate. */
#include "stats/fairness.h"

#include <math.h>
#include <string.h>

/* Smallest and largest of a rate over the groups that have it. */
struct spread {
    double low, high;
};

static void spread_add(struct spread *spread, uint64_t part, uint64_t whole)
{
    if (whole == 0)
        return;
    double rate = (double)part / (double)whole;
    spread->low = fmin(spread->low, rate); /* fmin and fmax pass over the NaN that a spread starts from */
    spread->high = fmax(spread->high, rate);
}

static double ratio(const struct spread *spread)
{
    return spread->high == 0 ? 1 : spread->low / spread->high;
}

struct stats_fairness stats_fairness_of(const struct stats_group_counts *groups, size_t count)
{
    const struct spread none = { NAN, NAN };
    struct spread selection = none, true_positive = none, false_positive = none, accuracy = none;
    for (size_t i = 0; i < count; i++) {
        const struct stats_group_counts *g = &groups[i];
        uint64_t positives = g->true_positives + g->false_negatives;
        uint64_t negatives = g->true_negatives + g->false_positives;
        spread_add(&selection, g->true_positives + g->false_positives, positives + negatives);
        spread_add(&true_positive, g->true_positives, positives);
        spread_add(&false_positive, g->false_positives, negatives);
        spread_add(&accuracy, g->true_positives + g->true_negatives, positives + negatives);
    }
    double opportunity = true_positive.high - true_positive.low;
    return (struct stats_fairness){
        .demographic_parity_difference = selection.high - selection.low,
        .demographic_parity_ratio = ratio(&selection),
        .equal_opportunity_difference = opportunity,
        .equalized_odds_difference = fmax(opportunity, false_positive.high - false_positive.low),
        .accuracy_difference = accuracy.high - accuracy.low,
    };
}

void stats_group_confusion(const uint32_t *group, const uint8_t *is_positive, const uint8_t *is_called_positive,
                           size_t rows, size_t groups, struct stats_group_counts *ret_groups)
{
    memset(ret_groups, 0, groups * sizeof(*ret_groups));
    for (size_t i = 0; i < rows; i++) {
        if (group[i] >= groups)
            continue;
        struct stats_group_counts *g = &ret_groups[group[i]];
        if (is_called_positive[i])
            *(is_positive[i] ? &g->true_positives : &g->false_positives) += 1;
        else
            *(is_positive[i] ? &g->false_negatives : &g->true_negatives) += 1;
    }
}
