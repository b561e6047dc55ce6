#include "serve/split_compare.h"

#include <math.h>

/* The mixture looks hardest for differences of a tenth of a standard deviation: small ones are what a split is for. It
 * may follow the data, as the evidence is asymptotic in the variance anyhow. */
#define TAU_OF_DEVIATION 0.1

static struct stats_sequential_side side_of(const struct tally_facts *facts)
{
    return (struct stats_sequential_side){ facts->numbers, facts->mean, tally_variance(facts) };
}

void split_compare(const struct tally_facts *baseline, const struct tally_facts *other, struct split_comparison *ret)
{
    struct stats_sequential_side a = side_of(baseline), b = side_of(other);
    double deviation = sqrt((a.variance + b.variance) / 2);
    *ret = (struct split_comparison){
        .has_errors = baseline->requests > 0 && other->requests > 0,
        .has_predictions = a.count >= STATS_SEQUENTIAL_MEAN_MIN && b.count >= STATS_SEQUENTIAL_MEAN_MIN,
    };
    if (ret->has_errors)
        ret->errors = stats_sequential_shares(baseline->errors, baseline->requests, other->errors, other->requests, SPLIT_ALPHA);
    if (ret->has_predictions)
        ret->predictions = stats_sequential_means(&a, &b, TAU_OF_DEVIATION * deviation, SPLIT_ALPHA);
}
