#include "stats/psi.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(psi_of_hand_worked_counts)
{
    static const struct {
        const char *why;
        uint64_t reference[2], current[2];
        double psi;
    } cases[] = {
        { "same proportions, other sizes", { 50, 50 }, { 5, 5 }, 0 },
        { "a quarter of the rows moves: ln(3) / 4", { 50, 50 }, { 25, 75 }, 0.274653072167027 },
        { "an emptied bin stays finite: .5 ln 2 + .4999 ln 5000", { 50, 50 }, { 100, 0 }, 4.604318466695 },
        { "a side without rows has no answer", { 50, 50 }, { 0, 0 }, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, stats_psi(cases[i].reference, cases[i].current, 2), cases[i].psi, 1e-9);
}

TEST(psi_equals_evidently)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        CHECK_NEAR(want->why, stats_psi(want->reference, want->current, want->categories), want->psi, 1e-9);
    }
    for (size_t i = 0; i < COUNT(golden_numbers); i++) {
        const struct golden_numbers *want = &golden_numbers[i];
        CHECK_NEAR(want->why, stats_psi(want->reference_bins, want->current_bins, want->bins), want->psi, 1e-9);
    }
}

TEST(psi_does_not_care_which_side_is_the_reference)
{
    const uint64_t a[] = { 10, 0, 7, 100 }, b[] = { 3, 8, 9, 40 };
    CHECK_NEAR("symmetric", stats_psi(a, b, 4), stats_psi(b, a, 4), 1e-15);
    CHECK("no bins, no answer", isnan(stats_psi(a, b, 0)));
}
