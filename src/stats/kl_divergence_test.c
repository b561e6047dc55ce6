#include "stats/kl_divergence.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(kl_divergence_of_hand_worked_counts)
{
    static const struct {
        const char *why;
        uint64_t reference[2], current[2];
        double kl;
    } cases[] = {
        { "equal shares", { 1, 3 }, { 100, 300 }, 0 },
        { "ln(4/3) / 2 = 1/2 ln 2 + 1/2 ln(2/3)", { 50, 50 }, { 25, 75 }, 0.143841036225890 },
        { "not symmetric: 1/4 ln(1/2) + 3/4 ln(3/2)", { 25, 75 }, { 50, 50 }, 0.130812035941137 },
        { "a side without rows has no answer", { 0, 0 }, { 1, 1 }, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, stats_kl_divergence(cases[i].reference, cases[i].current, 2), cases[i].kl, 1e-9);
}

TEST(kl_divergence_equals_evidently)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        CHECK_NEAR(want->why, stats_kl_divergence(want->reference, want->current, want->categories), want->kl, 1e-9);
    }
    for (size_t i = 0; i < COUNT(golden_numbers); i++) {
        const struct golden_numbers *want = &golden_numbers[i];
        CHECK_NEAR(want->why, stats_kl_divergence(want->reference_bins, want->current_bins, want->bins), want->kl,
                   1e-9);
    }
}

TEST(kl_divergence_is_never_negative)
{
    const uint64_t thirds[] = { 333333, 333333, 333334 }, same[] = { 666666, 666666, 666668 };
    CHECK("rounding of equal shares does not show", stats_kl_divergence(thirds, same, 3) >= 0);
}
