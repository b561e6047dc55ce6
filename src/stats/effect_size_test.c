#include "stats/effect_size.h"

#include "base/attributes.h"
#include "base/test.h"

TEST(cramers_v_of_tables)
{
    static const struct {
        const char *why;
        uint64_t table[6];
        size_t rows, columns;
        double v;
    } cases[] = {
        { "independent", { 10, 20, 20, 40 }, 2, 2, 0 },
        { "fully dependent", { 10, 0, 0, 5 }, 2, 2, 1 },
        { "by hand: chi2 = 100/9 of 100 rows", { 40, 20, 20, 20 }, 2, 2, 1.0 / 6 },
        { "2 x 3; SciPy association", { 10, 20, 30, 6, 9, 45 }, 2, 3, 0.2609663738412711 },
        { "an empty column does not count", { 40, 0, 20, 20, 0, 20 }, 2, 3, 1.0 / 6 },
        { "one row left", { 3, 4, 0, 0 }, 2, 2, NAN },
        { "no rows", { 0 }, 2, 3, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        CHECK_NEAR(cases[i].why, stats_cramers_v(cases[i].table, cases[i].rows, cases[i].columns), cases[i].v, 1e-9);
}

TEST(effect_sizes_of_two_samples)
{
    const uint64_t even[] = { 50, 50 }, moved[] = { 60, 40 }, apart[] = { 0, 0 }, a[] = { 7, 0 }, b[] = { 0, 9 };
    CHECK_NEAR("w: sqrt(.01 / .55 + .01 / .45)", stats_cohens_w(even, moved, 2), 0.20100756305184242, 1e-12);
    CHECK_NEAR("w of nothing in common", stats_cohens_w(a, b, 2), 2, 1e-15);
    CHECK("w without rows", isnan(stats_cohens_w(even, apart, 2)));
    CHECK_NEAR("V: phi of the 2 x 2 table", stats_cramers_v_samples(even, moved, 2), 0.10050378152592121, 1e-12);
    CHECK_NEAR("V of one common category", stats_cramers_v_samples(a, a, 2), 0, 0);
    CHECK("V without rows", isnan(stats_cramers_v_samples(apart, even, 2)));
    CHECK_NEAR("h of .5 and .25 is pi / 6", stats_cohens_h(0.5, 0.25), 0.5235987755982989, 1e-12);
}

TEST(noncentral_chi_square_of_known_values)
{
    CHECK_NEAR("SciPy ncx2.sf", stats_noncentral_chi_square_sf(7.814727903251179, 3, 10), 0.7610630637366885, 1e-12);
    CHECK_NEAR("without noncentrality: the central law", stats_noncentral_chi_square_sf(7.814727903251179, 3, 0), 0.05,
               1e-12);
    CHECK_NEAR("at 0", stats_noncentral_chi_square_sf(0, 3, 10), 1, 0);
    CHECK("outside the domain",
          isnan(stats_noncentral_chi_square_sf(1, 3, -1)) && isnan(stats_noncentral_chi_square_sf(1, 0, 1)));
}

TEST(what_samples_can_show)
{
    CHECK_NEAR("[Cohen1988]: (1.96 + .84)^2 for 1 df; SciPy's root", stats_noncentrality(0.05, 0.8, 1),
               7.848860509326202, 1e-11);
    CHECK_NEAR("9 df; SciPy's root", stats_noncentrality(0.05, 0.8, 9), 15.649797895188211, 1e-11);
    CHECK("power below the level", isnan(stats_noncentrality(0.05, 0.04, 3)));
    CHECK_NEAR("w: sqrt(lambda / 50)", stats_detectable_w(0.05, 0.8, 100, 100, 9), sqrt(15.649797895188211 / 50),
               1e-11);
    CHECK_NEAR("d: 2.80 sqrt(1/50)", stats_detectable_d(0.05, 0.8, 100, 100), 2.8015852181129683 * sqrt(0.02), 1e-11);
    CHECK("no rows", isnan(stats_detectable_d(0.05, 0.8, 0, 100)) && isnan(stats_detectable_w(0.05, 0.8, 100, 0, 9)));
}
