#include "stats/chi_square.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(chi_square_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_categories); i++) {
        const struct golden_categories *want = &golden_categories[i];
        struct stats_chi_square fit = stats_chi_square_fit(want->reference, want->current, want->categories);
        CHECK_NEAR(want->why, fit.statistic, want->fit, 1e-9);
        CHECK_NEAR(want->why, fit.p, want->fit_p, 1e-9);
        struct stats_chi_square same = stats_chi_square_homogeneity(want->reference, want->current, want->categories);
        CHECK_NEAR(want->why, same.statistic, want->homogeneity, 1e-9);
        CHECK_NEAR(want->why, same.p, want->homogeneity_p, 1e-9);
        CHECK_INT(want->why, same.df, want->categories - 1);
    }
}

TEST(chi_square_of_one_new_row_in_a_million)
{
    const uint64_t reference[] = { 600000, 400000, 0 }, current[] = { 600000, 399999, 1 };
    CHECK_NEAR("fit is sure of drift", stats_chi_square_fit(reference, current, 3).p, 0, 0);
    CHECK("homogeneity is not", stats_chi_square_homogeneity(reference, current, 3).p > 0.5);
}

TEST(chi_square_passes_over_what_is_empty_on_both_sides)
{
    const uint64_t reference[] = { 30, 0, 20, 0 }, current[] = { 20, 0, 25, 0 };
    const uint64_t reference_used[] = { 30, 20 }, current_used[] = { 20, 25 };
    CHECK_NEAR("fit", stats_chi_square_fit(reference, current, 4).p,
               stats_chi_square_fit(reference_used, current_used, 2).p, 1e-15);
    CHECK_NEAR("homogeneity", stats_chi_square_homogeneity(reference, current, 4).p,
               stats_chi_square_homogeneity(reference_used, current_used, 2).p, 1e-15);
    const uint64_t table[] = { 30, 0, 20, 20, 0, 25, 0, 0, 0 };
    struct stats_chi_square independent = stats_chi_square_table(table, 3, 3);
    CHECK_NEAR("a 3 x 3 table that is a 2 x 2 one", independent.p,
               stats_chi_square_homogeneity(reference_used, current_used, 2).p, 1e-12);
    CHECK_INT("degrees of freedom", independent.df, 1);
}

TEST(chi_square_without_rows_has_no_answer)
{
    const uint64_t some[] = { 1, 2 }, none[] = { 0, 0, 0, 0 };
    CHECK("fit", isnan(stats_chi_square_fit(none, some, 2).p) && isnan(stats_chi_square_fit(some, none, 2).statistic));
    CHECK("homogeneity", isnan(stats_chi_square_homogeneity(some, none, 2).p));
    CHECK("table", isnan(stats_chi_square_table(none, 2, 2).p));
}

TEST(chi_square_of_large_counts_does_not_overflow)
{
    const uint64_t reference[] = { 3000000000000, 1000000000000 }, current[] = { 3000000000000, 1000004000000 };
    CHECK_NEAR("SciPy's chi2_contingency", stats_chi_square_homogeneity(reference, current, 2).statistic, 5.99998500003,
               1e-9);
}
