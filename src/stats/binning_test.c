#include "stats/binning.h"

#include <float.h>
#include <math.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"
#include "stats/random.h"

TEST(sturges_edges_and_counts_equal_numpy_to_the_bit)
{
    for (size_t i = 0; i < COUNT(golden_numbers); i++) {
        const struct golden_numbers *want = &golden_numbers[i];
        struct stats_sample reference = { want->reference, want->reference_count };
        struct stats_sample current = { want->current, want->current_count };
        struct stats_bins bins = stats_bins_sturges_sorted(reference, current, want->is_integer);
        CHECK_INT(want->why, bins.count, want->bins);
        for (size_t edge = 0; edge <= want->bins; edge++)
            CHECK(want->why, bins.edges[edge] == want->edges[edge]);
        uint64_t sorted[STATS_BINS_MAX], unsorted[STATS_BINS_MAX];
        stats_bins_count_sorted(&bins, current, sorted);
        stats_bins_count(&bins, want->current, want->current_count, unsorted);
        for (size_t bin = 0; bin < want->bins; bin++) {
            CHECK_INT(want->why, sorted[bin], want->current_bins[bin]);
            CHECK_INT(want->why, unsorted[bin], want->current_bins[bin]);
        }
    }
}

TEST(sturges_edges_of_extreme_ranges)
{
    static const struct {
        const char *why;
        double low, high;
        size_t rows, bins;
    } cases[] = {
        { "a constant gets one bin of width 1 around it", 3, 3, 10, 1 },
        { "1e300", -1e300, 1e300, 8, 4 },
        { "a range that overflows", -DBL_MAX, DBL_MAX, 8, 4 },
        { "three denormals apart, a width of one", 0, 3 * DBL_TRUE_MIN, 8, 3 },
        { "the width underflows to nothing", 0, DBL_TRUE_MIN, 1000, 1 },
        { "nothing to cut", 0, 1, 0, 0 },
        { "upside down", 1, 0, 5, 0 },
        { "infinite", 0, INFINITY, 5, 0 },
        { "not a number", NAN, 1, 5, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_bins bins = stats_bins_sturges(cases[i].low, cases[i].high, cases[i].rows, false);
        CHECK_INT(cases[i].why, bins.count, cases[i].bins);
        for (size_t edge = 0; edge < bins.count; edge++)
            CHECK(cases[i].why, bins.edges[edge] < bins.edges[edge + 1] && isfinite(bins.edges[edge + 1]));
    }
}

TEST(integers_get_no_bin_narrower_than_one)
{
    CHECK_INT("4 / (log2(1024) + 1) < 1", stats_bins_sturges(0, 4, 1024, true).count, 4);
    CHECK_INT("the same as real numbers", stats_bins_sturges(0, 4, 1024, false).count, 11);
}

TEST(counting_agrees_sorted_or_not_on_edges_and_outside)
{
    struct stats_bins bins = stats_bins_sturges(0, 1, 100, false);
    double values[3 * STATS_BINS_MAX];
    size_t count = 0;
    values[count++] = -1;
    for (size_t edge = 0; edge <= bins.count; edge++) {
        values[count++] = nextafter(bins.edges[edge], -1);
        values[count++] = bins.edges[edge];
        values[count++] = nextafter(bins.edges[edge], 2);
    }
    uint64_t sorted[STATS_BINS_MAX], unsorted[STATS_BINS_MAX];
    stats_bins_count_sorted(&bins, (struct stats_sample){ values, count }, sorted);
    stats_bins_count(&bins, values, count, unsorted);
    for (size_t bin = 0; bin < bins.count; bin++) {
        bool is_last = bin + 1 == bins.count;
        CHECK_INT("its edge, the next double, and the double before its end; the last bin its end too", sorted[bin],
                  is_last ? 4 : 3);
        CHECK_INT("unsorted", unsorted[bin], sorted[bin]);
    }
    double missing[] = { NAN, 0.5 };
    stats_bins_count(&bins, missing, 2, unsorted);
    uint64_t total = 0;
    for (size_t bin = 0; bin < bins.count; bin++)
        total += unsorted[bin];
    CHECK_INT("NaN is in no bin", total, 1);
}

/* One comparison after the other. */
static size_t bin_by_comparing(const struct stats_bins *bins, double value)
{
    for (size_t bin = 0; bin < bins->count; bin++) {
        bool is_last = bin + 1 == bins->count;
        double end = bins->edges[bin + 1];
        if (value >= bins->edges[bin] && (value < end || (is_last && value == end)))
            return bin;
    }
    return STATS_BINS_MAX;
}

TEST(counting_equals_comparing_with_every_edge)
{
    static const struct {
        const char *why;
        double low, high;
        bool is_integer;
    } cases[] = {
        { "an ordinary range", -3.7, 4.1, false },
        { "whole numbers, each on an edge", 0, 13, true },
        { "a large offset: edges far from their places", 1e9, 1e9 + 4e-6, false },
        { "a larger one: equal edges", 1e15, 1e15 + 1, false },
        { "a range that overflows", -1.5e308, 1.6e308, false },
        { "denormals", 0, 5e-322, false },
        { "the smallest normal numbers", 1e-307, 3e-307, false },
        { "one bin", 7, 7, false },
    };
    enum { SIZE = 3001 };
    static double values[SIZE];
    struct stats_random random = stats_random_init(41);
    for (size_t c = 0; c < COUNT(cases); c++) {
        struct stats_bins bins = stats_bins_sturges(cases[c].low, cases[c].high, SIZE, cases[c].is_integer);
        double low = cases[c].low, high = cases[c].high;
        for (size_t i = 0; i < SIZE; i++) {
            double share = stats_random_uniform(&random) * 1.2 - 0.1;
            double value = low * (1 - share) + high * share;
            values[i] = i % 97 == 0      ? NAN
                        : i % 89 == 0    ? (i & 1 ? INFINITY : -INFINITY)
                        : i % 3 == 0     ? bins.edges[i / 3 % (bins.count + 1)]
                        : cases[c].is_integer ? rint(value)
                                         : value;
        }
        uint64_t counts[STATS_BINS_MAX], wanted[STATS_BINS_MAX + 1] = { 0 };
        for (size_t i = 0; i < SIZE; i++)
            wanted[bin_by_comparing(&bins, values[i])]++;
        stats_bins_count(&bins, values, SIZE, counts);
        for (size_t bin = 0; bin < bins.count; bin++)
            CHECK_INT(cases[c].why, counts[bin], wanted[bin]);
    }
}

TEST(distinct_values_of_two_samples)
{
    const double reference[] = { -1, 0, 0, 2, 2, 2, 5 }, current[] = { 0, 1, 2, 2, 7, 7 };
    struct stats_sample r = { reference, 7 }, c = { current, 6 }, none = { NULL, 0 };
    CHECK_INT("-1 0 2 5", stats_distinct_up_to(r, 100), 4);
    CHECK_INT("stops at the limit", stats_distinct_up_to(r, 3), 3);
    CHECK_INT("-1 0 1 2 5 7", stats_distinct_union(r, c), 6);
    CHECK_INT("one side empty", stats_distinct_union(r, none), 4);
    CHECK_INT("both", stats_distinct_union(none, none), 0);

    double values[6];
    uint64_t in_reference[6], in_current[6];
    const double want_values[] = { -1, 0, 1, 2, 5, 7 };
    const uint64_t want_reference[] = { 1, 2, 0, 3, 1, 0 }, want_current[] = { 0, 1, 1, 2, 0, 2 };
    CHECK_INT("bins", stats_bins_distinct(r, c, 6, values, in_reference, in_current), 6);
    for (size_t i = 0; i < 6; i++)
        CHECK("value and counts",
              values[i] == want_values[i] && in_reference[i] == want_reference[i] && in_current[i] == want_current[i]);
    in_reference[2] = 99;
    CHECK_INT("too small an array is told so", stats_bins_distinct(r, c, 2, NULL, in_reference, in_current), 6);
    CHECK_INT("and not run over", in_reference[2], 99);
}

TEST(category_counts_leave_out_missing_codes)
{
    const uint32_t codes[] = { 2, 0, UINT32_MAX, 2, 3 };
    uint64_t counts[3];
    stats_category_counts(codes, 5, 3, counts);
    CHECK("0 once, 2 twice", counts[0] == 1 && counts[1] == 0 && counts[2] == 2);
}

TEST(sparse_bins_are_joined)
{
    static const struct {
        const char *why;
        uint64_t reference[4], current[4];
        size_t bins;
        uint64_t first, last; /* of the reference */
    } cases[] = {
        { "full bins stay", { 10, 10, 10, 10 }, { 10, 10, 10, 10 }, 4, 10, 10 },
        { "a small tail joins the bin before it", { 20, 20, 20, 1 }, { 20, 20, 20, 1 }, 3, 20, 21 },
        { "small bins gather until they are enough", { 3, 3, 30, 30 }, { 3, 3, 30, 30 }, 3, 6, 30 },
        { "the smaller side decides", { 1000, 1000, 1000, 1000 }, { 2, 2, 4, 6 }, 2, 2000, 2000 },
        { "too few rows at all", { 1, 1, 1, 1 }, { 1, 0, 0, 0 }, 1, 4, 4 },
        { "an empty side", { 1, 1, 1, 1 }, { 0, 0, 0, 0 }, 0, 1, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint64_t reference[4], current[4];
        for (size_t bin = 0; bin < 4; bin++) {
            reference[bin] = cases[i].reference[bin];
            current[bin] = cases[i].current[bin];
        }
        size_t bins = stats_bins_merge_sparse(reference, current, 4, 5);
        CHECK_INT(cases[i].why, bins, cases[i].bins);
        CHECK_INT(cases[i].why, reference[0], cases[i].first);
        if (bins > 0)
            CHECK_INT(cases[i].why, reference[bins - 1], cases[i].last);
    }
}
