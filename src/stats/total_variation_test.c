#include "stats/total_variation.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(total_variation_of_shares)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        CHECK_NEAR(want->why, stats_total_variation(want->reference, want->current, want->categories),
                   want->total_variation, 1e-9);
    }
    const uint64_t some[] = { 1, 2 }, none[] = { 0, 0 };
    CHECK("a side without rows has no answer", isnan(stats_total_variation(some, none, 2)));
}

TEST(total_variation_p_of_two_categories_is_hypergeometric)
{
    static const struct {
        const char *why;
        uint64_t reference[2], current[2];
        double p;
    } cases[] = {
        { "no split is closer than the equal one", { 5, 5 }, { 5, 5 }, 1 },
        { "one category", { 8, 0 }, { 9, 0 }, 1 },
        { "complete separation: 2 of C(8,4) = 70 splits", { 4, 0 }, { 0, 4 }, 2.0 / 70 },
        { "lady tasting tea: 1 - 36/70, ties with the mirrored table count", { 3, 1 }, { 1, 3 }, 34.0 / 70 },
        { "many rows, the ratio of uniforms; SciPy's hypergeom", { 500, 500 }, { 470, 530 }, 0.19444533581190393 },
    };
    const uint32_t draws = 40000;
    for (size_t i = 0; i < COUNT(cases); i++) {
        double p = stats_total_variation_p(cases[i].reference, cases[i].current, 2, draws, 11);
        double deviation = sqrt(cases[i].p * (1 - cases[i].p) / draws);
        CHECK(cases[i].why, fabs(p - cases[i].p) <= 4 * deviation);
    }
}

TEST(total_variation_p_is_seeded_and_needs_rows)
{
    const uint64_t a[] = { 40, 60, 9 }, b[] = { 30, 50, 20 }, none[] = { 0, 0, 0 };
    CHECK_NEAR("the same seed", stats_total_variation_p(a, b, 3, 500, 3), stats_total_variation_p(a, b, 3, 500, 3), 0);
    CHECK("another seed", stats_total_variation_p(a, b, 3, 5000, 3) != stats_total_variation_p(a, b, 3, 5000, 4));
    CHECK("no rows", isnan(stats_total_variation_p(a, none, 3, 500, 3)));
    CHECK("no permutations", isnan(stats_total_variation_p(a, b, 3, 0, 3)));
}

TEST(total_variation_p_numpy_equals_evidently)
{
    /* evidently.legacy tvd_test on [0]*7 + [1]*5 + [2]*3 against [0]*4 + [1]*2 + [2]*8, version 0.7.23. */
    const uint32_t reference[] = { 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2 };
    const uint32_t current[] = { 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2 };
    const struct stats_code_pair pair = { reference, current, 15, 14, 3 };
    uint32_t codes[29];
    double counts[6];
    CHECK_NEAR("number for number", stats_total_variation_p_numpy(&pair, 1000, codes, counts), 0.094, 0);
    const struct stats_code_pair one_side = { reference, current, 15, 0, 3 };
    CHECK("no rows", isnan(stats_total_variation_p_numpy(&one_side, 1000, codes, counts)));
}
