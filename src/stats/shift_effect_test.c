#include "stats/shift_effect.h"

#include "base/attributes.h"
#include "base/test.h"

#define SAMPLE(array) ((struct stats_sample){ (array), COUNT(array) })

TEST(shift_effects_of_hand_worked_samples)
{
    static const double r[] = { 1, 2, 3 }, c[] = { 2, 3, 4 };
    struct stats_moments a = stats_moments(r, 3), b = stats_moments(c, 3);
    CHECK_NEAR("one pooled deviation", stats_cohen_d(&a, &b), 1, 1e-15);
    CHECK_NEAR("9 pairs: 6 larger, 2 ties", stats_superiority(SAMPLE(r), SAMPLE(c)), 7.0 / 9, 1e-15);
    CHECK_NEAR("6 larger, 1 smaller", stats_cliff_delta(SAMPLE(r), SAMPLE(c)), 5.0 / 9, 1e-15);
    CHECK_NEAR("seen from the other side", stats_cliff_delta(SAMPLE(c), SAMPLE(r)), -5.0 / 9, 1e-15);
    CHECK_NEAR("the same", stats_superiority(SAMPLE(r), SAMPLE(r)), 0.5, 1e-15);
}

TEST(shift_effects_without_spread_or_rows)
{
    static const double two[] = { 2, 2 }, three[] = { 3, 3 };
    struct stats_moments a = stats_moments(two, 2), b = stats_moments(three, 2), none = stats_moments(NULL, 0);
    CHECK("no spread, no difference", isnan(stats_cohen_d(&a, &a)));
    CHECK_NEAR("two constants", stats_cohen_d(&a, &b), INFINITY, 0);
    CHECK("no rows", isnan(stats_cohen_d(&a, &none)));
    CHECK("no pairs", isnan(stats_superiority(SAMPLE(two), (struct stats_sample){ NULL, 0 })));
}
