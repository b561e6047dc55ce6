#include "stats/hellinger.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(hellinger_of_hand_worked_counts)
{
    static const struct {
        const char *why;
        uint64_t reference[2], current[2];
        double distance;
    } cases[] = {
        { "equal shares are exactly 0", { 1, 3 }, { 100, 300 }, 0 },
        { "nothing in common", { 5, 0 }, { 0, 7 }, 1 },
        { "half in common: sqrt(1 - sqrt(1/2))", { 1, 1 }, { 1, 0 }, 0.541196100146197 },
        { "a side without rows has no answer", { 0, 0 }, { 1, 1 }, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, stats_hellinger(cases[i].reference, cases[i].current, 2), cases[i].distance, 1e-9);
}

TEST(hellinger_of_categories_equals_evidently)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        CHECK_NEAR(want->why, stats_hellinger(want->reference, want->current, want->categories), want->hellinger, 1e-9);
    }
}

TEST(hellinger_of_numbers_equals_evidently)
{
    for (size_t i = 0; i < COUNT(golden_numbers); i++) {
        const struct golden_numbers *want = &golden_numbers[i];
        struct stats_sample reference = { want->reference, want->reference_count };
        struct stats_sample current = { want->current, want->current_count };
        size_t distinct = stats_distinct_union(reference, current);
        struct stats_bins bins =
            stats_bins_sturges(want->edges[0], want->edges[want->bins], distinct, want->is_integer);
        uint64_t counts[2][STATS_BINS_MAX];
        stats_bins_count_sorted(&bins, reference, counts[0]);
        stats_bins_count_sorted(&bins, current, counts[1]);
        CHECK_NEAR(want->why, stats_hellinger_density(&bins, counts[0], counts[1]), want->hellinger, 1e-9);
    }
}

TEST(hellinger_density_of_degenerate_bins)
{
    uint64_t counts[2][2] = { { 3, 1 }, { 2, 2 } };
    struct stats_bins none = { .count = 0 };
    CHECK("no bins, no answer", isnan(stats_hellinger_density(&none, counts[0], counts[1])));
    struct stats_bins huge = stats_bins_sturges(-1.7e308, 1.7e308, 2, false);
    CHECK_INT("log2(2) + 1", huge.count, 2);
    CHECK_NEAR("a range beyond the doubles has the distance of its counts",
               stats_hellinger_density(&huge, counts[0], counts[1]), stats_hellinger(counts[0], counts[1], 2), 1e-12);
}
