#include "stats/proportion_z.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(proportion_z_equals_evidently)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        /* Hits are the rows not in the first category of those that occur; all cases but one have rows in theirs. */
        const struct golden_categories *want = &golden_categories[i];
        uint64_t totals[2] = { 0 };
        for (size_t bin = 0; bin < want->categories; bin++) {
            totals[0] += want->reference[bin];
            totals[1] += want->current[bin];
        }
        struct stats_proportion_z z =
            stats_proportion_z_test(totals[0] - want->reference[0], totals[0], totals[1] - want->current[0], totals[1]);
        CHECK_NEAR(want->why, z.p, want->z_p, 1e-8); /* 2 (1 - cdf) has but 1e-16 of absolute accuracy */
    }
}

TEST(proportion_z_edges)
{
    static const struct {
        const char *why;
        uint64_t counts[4];
        double z, p;
    } cases[] = {
        { "nothing is a hit", { 0, 10, 0, 20 }, 0, 1 },
        { "everything is", { 10, 10, 20, 20 }, 0, 1 },
        { "a side without rows", { 0, 0, 5, 9 }, NAN, NAN },
        { "by hand: .1 / sqrt(.55 * .45 * .02)", { 60, 100, 50, 100 }, 1.4213381090374029, 0.15521848968468407 },
        { "far out, where 1 - cdf is 0: z = 10, 2 Q(10)", { 750, 1250, 500, 1250 }, 10, 1.523970604832094e-23 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const uint64_t *counts = cases[i].counts;
        struct stats_proportion_z z = stats_proportion_z_test(counts[0], counts[1], counts[2], counts[3]);
        CHECK_NEAR(cases[i].why, z.z, cases[i].z, 1e-9);
        CHECK_NEAR(cases[i].why, z.p, cases[i].p, 1e-9);
    }
}
