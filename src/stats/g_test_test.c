#include "stats/g_test.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(g_test_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        struct stats_chi_square fit = stats_g_test_fit(want->reference, want->current, want->categories);
        CHECK_NEAR(want->why, fit.statistic, want->g_fit, 1e-9);
        CHECK_NEAR(want->why, fit.p, want->g_fit_p, 1e-9);
        struct stats_chi_square same = stats_g_test_homogeneity(want->reference, want->current, want->categories);
        CHECK_NEAR(want->why, same.statistic, want->g_homogeneity, 1e-9);
        CHECK_NEAR(want->why, same.p, want->g_homogeneity_p, 1e-9);
    }
}

TEST(g_test_unscaled_refuses_sides_of_different_size)
{
    const uint64_t hundred[] = { 33, 67 }, other_hundred[] = { 45, 55 }, fifty[] = { 20, 30 }, none[] = { 0, 0 };
    CHECK_NEAR("equal sides: the same number", stats_g_test_fit_unscaled(hundred, other_hundred, 2).p,
               stats_g_test_fit(hundred, other_hundred, 2).p, 0);
    CHECK("different sides: no number", isnan(stats_g_test_fit_unscaled(hundred, fifty, 2).p));
    CHECK("two empty sides: no number", isnan(stats_g_test_fit_unscaled(none, none, 2).p));
    CHECK("one empty side",
          isnan(stats_g_test_fit(hundred, none, 2).p) && isnan(stats_g_test_homogeneity(none, fifty, 2).p));
}
