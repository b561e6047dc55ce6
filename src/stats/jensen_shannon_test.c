#include "stats/jensen_shannon.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(jensen_shannon_of_hand_worked_counts)
{
    static const struct {
        const char *why;
        uint64_t reference[2], current[2];
        double distance;
    } cases[] = {
        { "equal shares are exactly 0", { 1, 3 }, { 100, 300 }, 0 },
        { "nothing in common: sqrt(ln 2)", { 5, 0 }, { 0, 7 }, 0.832554611157698 },
        { "half in common: m = (3/4, 1/4)", { 1, 1 }, { 1, 0 }, 0.464501404022459 },
        { "a side without rows has no answer", { 0, 0 }, { 1, 1 }, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, stats_jensen_shannon(cases[i].reference, cases[i].current, 2), cases[i].distance,
                   1e-9);
}

TEST(jensen_shannon_equals_evidently)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        CHECK_NEAR(want->why, stats_jensen_shannon(want->reference, want->current, want->categories), want->js, 1e-9);
    }
    for (size_t i = 0; i < COUNT(golden_numbers); i++) {
        const struct golden_numbers *want = &golden_numbers[i];
        CHECK_NEAR(want->why, stats_jensen_shannon(want->reference_bins, want->current_bins, want->bins), want->js,
                   1e-9);
    }
}

TEST(jensen_shannon_keeps_its_digits_for_nearly_equal_sides)
{
    /* Shares 1/2 -+ h: JS^2 = h^2 / 2 + O(h^4); the plain formula answers 0 or 1e-8 here. */
    const uint64_t even[] = { 500000000000, 500000000000 }, moved[] = { 500000001000, 499999999000 };
    CHECK_NEAR("h = 1e-9", stats_jensen_shannon(even, moved, 2), 1e-9 / sqrt(2), 1e-9);
}
