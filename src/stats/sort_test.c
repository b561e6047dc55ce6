#include "stats/sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/random.h"

enum { SIZE = 40000 };

static double values[SIZE], sorted[SIZE], scratch[SIZE];

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double spread_evenly(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return stats_random_normal(random);
}

static double over_many_magnitudes(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return pow(10, 600 * (stats_random_uniform(random) - 0.5)) * (stats_random_below(random, 2) ? 1 : -1);
}

static double same_first_digits_and_an_outlier(struct stats_random *random, size_t i)
{
    return i == 17 ? -1e300 : 1e9 + 1e-6 * stats_random_normal(random);
}

static double few_levels(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return (double)stats_random_below(random, 3) - 1;
}

static double denormal(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return 5e-324 * (double)stats_random_below(random, 1000);
}

static double two_far_clusters(struct stats_random *random, size_t i)
{
    return (i & 1 ? 1e308 : -1e308) * (1 - 1e-13 * stats_random_uniform(random));
}

static double descending(struct stats_random *random, size_t i)
{
    (void)random; /* counted, not drawn */
    return -(double)i;
}

static double constant(struct stats_random *random, size_t i)
{
    (void)random; /* neither drawn */
    (void)i;      /* nor counted */
    return 42;
}

/* Ever narrower clusters, each with half of what is left: no bucket is even. */
static double clusters_of_clusters(struct stats_random *random, size_t i)
{
    return ldexp(1 + stats_random_uniform(random), -8 * (i ? __builtin_ctzll(i) : 0));
}

static const struct {
    const char *why;
    double (*make)(struct stats_random *random, size_t i);
} shapes[] = {
    { "spread evenly: cells", spread_evenly },
    { "600 magnitudes: the top bits", over_many_magnitudes },
    { "only the last bits differ, but for one", same_first_digits_and_an_outlier },
    { "three levels", few_levels },
    { "denormals: no finite scale", denormal },
    { "the range overflows", two_far_clusters },
    { "descending", descending },
    { "constant", constant },
    { "most in one narrow bucket, which is sorted anew", clusters_of_clusters },
};

TEST(sort_equals_qsort_whatever_the_values)
{
    static const size_t counts[] = { 0, 1, 2, 40, 41, 300, 5000, SIZE };
    struct stats_random random = stats_random_init(11);
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (size_t k = 0; k < COUNT(counts); k++) {
            for (size_t i = 0; i < counts[k]; i++)
                sorted[i] = values[i] = shapes[s].make(&random, i);
            qsort(sorted, counts[k], sizeof(*sorted), compare);
            stats_sort(values, counts[k], scratch);
            CHECK(shapes[s].why, memcmp(values, sorted, counts[k] * sizeof(*sorted)) == 0);
        }
}

TEST(sorting_finite_values_is_compacting_then_sorting)
{
    static double gaps[SIZE], out[SIZE];
    static const struct {
        const char *why;
        size_t every; /* a gap at every so many values; 0: none */
    } cases[] = { { "no gaps", 0 }, { "a few gaps", 1000 }, { "every other one is a gap", 2 }, { "only gaps", 1 } };
    struct stats_random random = stats_random_init(12);
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (size_t k = 0; k < COUNT(cases); k++) {
            for (size_t i = 0; i < SIZE; i++) {
                bool is_gap = cases[k].every && i % cases[k].every == 0;
                gaps[i] = is_gap ? (i % 3 ? NAN : INFINITY) : shapes[s].make(&random, i);
            }
            struct stats_finite wanted = stats_compact_finite(gaps, SIZE, sorted);
            qsort(sorted, wanted.count, sizeof(*sorted), compare);
            struct stats_finite got = stats_sort_finite(gaps, SIZE, out, scratch);
            CHECK_INT(cases[k].why, got.count, wanted.count);
            CHECK_INT(cases[k].why, got.nan, wanted.nan);
            CHECK_INT(cases[k].why, got.infinite, wanted.infinite);
            CHECK(shapes[s].why, memcmp(out, sorted, wanted.count * sizeof(*sorted)) == 0);
        }
}

TEST(ranks_of_ties_are_their_mean)
{
    static const double tied[] = { 3, 1, 4, 1, 5, -0.0, 0.0, 1 };
    static const double wanted[] = { 6, 4, 7, 4, 8, 1.5, 1.5, 4 };
    static const uint32_t stable[] = { 5, 6, 1, 3, 7, 0, 2, 4 };
    double ranks[COUNT(tied)];
    uint32_t order[COUNT(tied)];
    uint64_t words[2 * COUNT(tied)];
    double ties = stats_midranks(tied, COUNT(tied), ranks, order, words);
    CHECK_NEAR("t^3 - t of a pair and a triple", ties, 6 + 24, 0);
    for (size_t i = 0; i < COUNT(tied); i++) {
        CHECK_NEAR("rank", ranks[i], wanted[i], 0);
        CHECK_INT("equal values keep their order", order[i], stable[i]);
    }
}

TEST(compacting_keeps_finite_values_in_order_and_counts_the_rest)
{
    double mixed[] = { NAN, 1, INFINITY, -2, -INFINITY, NAN, 1e308, 5e-324, NAN };
    struct stats_finite kept = stats_compact_finite(mixed, COUNT(mixed), mixed);
    CHECK_INT("finite", kept.count, 4);
    CHECK_INT("not a number", kept.nan, 3);
    CHECK_INT("infinite of either sign", kept.infinite, 2);
    CHECK("in their order, in place", mixed[0] == 1 && mixed[1] == -2 && mixed[2] == 1e308 && mixed[3] == 5e-324);
    CHECK_INT("nothing", stats_compact_finite(NULL, 0, NULL).count, 0);
}
