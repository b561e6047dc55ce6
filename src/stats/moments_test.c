#include "stats/moments.h"

#include "base/attributes.h"
#include "base/test.h"

#define SAMPLE(array) ((struct stats_sample){ (array), COUNT(array) })

TEST(moments_of_hand_worked_values)
{
    static const struct { const char *why; double values[4]; size_t count; double mean, std, std_sample; } cases[] = {
        { "2 4 4 6: squares 4 0 0 4",            { 2, 4, 4, 6 },             4, 4, M_SQRT2, 1.632993161855452 },
        { "one value has no sample std",         { 7 },                      1, 7, 0, NAN },
        { "constants have no spread at all",     { 0.1, 0.1, 0.1 },          3, 0.1, 0, 0 },
        { "a common offset costs nothing",       { 1e9 + 2, 1e9 + 4, 1e9 + 4, 1e9 + 6 }, 4, 1e9 + 4, M_SQRT2, 1.632993161855452 },
        { "the mean of 1e308 does not overflow", { 1e308, 1.5e308, 1e308, 1.5e308 }, 4, 1.25e308, 0.25e308, 0.2886751345948129e308 },
        { "opposite ends of the range",          { -1.5e308, 1.5e308 },      2, 0, 1.5e308, INFINITY },
        { "squares of 1e-200 do not vanish",     { 2e-200, 4e-200, 4e-200, 6e-200 }, 4, 4e-200, M_SQRT2 * 1e-200, 1.632993161855452e-200 },
        { "denormals",                           { 0, 2e-320 },              2, 1e-320, 1e-320, 1.4142e-320 },
        { "nothing",                             { 0 },                      0, NAN, NAN, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_moments moments = stats_moments(cases[i].values, cases[i].count);
        /* Denormals have a handful of bits. */
        double tolerance = cases[i].values[1] == 2e-320 ? 1e-3 : 1e-14;
        CHECK_NEAR(cases[i].why, moments.mean, cases[i].mean, tolerance);
        CHECK_NEAR(cases[i].why, moments.std, cases[i].std, tolerance);
        CHECK_NEAR(cases[i].why, moments.std_sample, cases[i].std_sample, tolerance);
    }
}

TEST(quantiles_interpolate_as_numpy)
{
    static const double values[] = { 1, 2, 4, 8 };
    static const struct { const char *why; double q, quantile; } cases[] = {
        { "the least", 0, 1 }, { "halfway between 2 and 4", 0.5, 3 }, { "0.3 of the way up", 0.1, 1.3 },
        { "0.75 * 3 = 2.25 steps", 0.75, 5 }, { "the largest", 1, 8 }, { "no such share", 1.1, NAN }, { "NaN in", NAN, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, stats_quantile(SAMPLE(values), cases[i].q), cases[i].quantile, 1e-15);
    static const double far[] = { -1.5e308, 1.5e308 };
    CHECK_NEAR("a difference that overflows", stats_quantile(SAMPLE(far), 0.25), -0.75e308, 1e-15);
    CHECK("nothing", isnan(stats_quantile((struct stats_sample){ NULL, 0 }, 0.5)));
}

TEST(pooled_values_are_those_of_the_merged_sample)
{
    static const double a[] = { 1, 3, 3, 7, 9 }, b[] = { 0, 3, 8 }, merged[] = { 0, 1, 3, 3, 3, 7, 8, 9 };
    for (size_t rank = 0; rank < COUNT(merged); rank++) {
        CHECK_NEAR("rank", stats_pooled_value(SAMPLE(a), SAMPLE(b), rank), merged[rank], 0);
        CHECK_NEAR("the other way round", stats_pooled_value(SAMPLE(b), SAMPLE(a), rank), merged[rank], 0);
    }
    CHECK("past the end", isnan(stats_pooled_value(SAMPLE(a), SAMPLE(b), COUNT(merged))));
    CHECK_NEAR("the median of both", stats_pooled_quantile(SAMPLE(a), SAMPLE(b), 0.5), 3, 0);
    CHECK_INT("distinct", stats_distinct(SAMPLE(a)), 4);
    CHECK_INT("distinct of nothing", stats_distinct((struct stats_sample){ NULL, 0 }), 0);
}
