#include "stats/distributions.h"

#include <string.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_numeric.h"

/* As in special_test.c: SciPy's own error at large arguments. */
#define TOLERANCE 2e-12

TEST(normal_law_equals_scipy)
{
    static const struct { const char *name; double (*function)(double); } functions[] = {
        { "normal_cdf", stats_normal_cdf },
        { "normal_sf", stats_normal_sf },
        { "normal_quantile", stats_normal_quantile },
    };
    for (size_t f = 0; f < COUNT(functions); f++)
        for (size_t i = 0; i < COUNT(golden_one); i++)
            if (strcmp(golden_one[i].function, functions[f].name) == 0)
                CHECK_NEAR(functions[f].name, functions[f].function(golden_one[i].a), golden_one[i].value, TOLERANCE);
    CHECK_NEAR("both tails of 1.96", stats_normal_two_sided(-1.959963984540054), 0.05, 1e-13);
}

TEST(laws_with_degrees_of_freedom_equal_scipy)
{
    static const struct { const char *name; double (*function)(double, double); } functions[] = {
        { "chi2_sf", stats_chi2_sf },
        { "chi2_isf", stats_chi2_isf },
        { "t_sf", stats_t_sf },
        { "t_two_sided", stats_t_two_sided },
    };
    for (size_t f = 0; f < COUNT(functions); f++)
        for (size_t i = 0; i < COUNT(golden_two); i++)
            if (strcmp(golden_two[i].function, functions[f].name) == 0)
                CHECK_NEAR(functions[f].name, functions[f].function(golden_two[i].a, golden_two[i].b),
                           golden_two[i].value, TOLERANCE);
}

TEST(laws_of_three_arguments_equal_scipy)
{
    static const struct { const char *name; double (*function)(double, double, double); } functions[] = {
        { "f_sf", stats_f_sf },
        { "binomial_pmf", stats_binomial_pmf },
        { "binomial_cdf", stats_binomial_cdf },
        { "binomial_at_least", stats_binomial_at_least },
    };
    for (size_t f = 0; f < COUNT(functions); f++)
        for (size_t i = 0; i < COUNT(golden_three); i++)
            if (strcmp(golden_three[i].function, functions[f].name) == 0)
                CHECK_NEAR(functions[f].name,
                           functions[f].function(golden_three[i].a, golden_three[i].b, golden_three[i].c),
                           golden_three[i].value, TOLERANCE);
}

TEST(closed_forms_hold)
{
    CHECK_NEAR("chi2 with 2 df is exponential", stats_chi2_sf(7, 2), exp(-3.5), 1e-14);
    CHECK_NEAR("t with 1 df is Cauchy, far out", stats_t_sf(1e8, 1), 1e-8 / M_PI, 1e-13);
    CHECK_NEAR("t with endless df is normal", stats_t_two_sided(2, INFINITY), stats_normal_two_sided(2), 1e-15);
    CHECK_NEAR("all heads", stats_binomial_at_least(50, 50, 0.5), 0x1p-50, 1e-13);
    CHECK("no mass outside", stats_binomial_pmf(-1, 3, 0.5) == 0 && stats_binomial_at_least(4, 3, 0.5) == 0);
    CHECK_NEAR("quantiles invert the cdf", stats_normal_cdf(stats_normal_quantile(0.3)), 0.3, 1e-15);
    CHECK("ends", stats_normal_quantile(0) == -INFINITY && stats_chi2_isf(0, 3) == INFINITY && stats_chi2_sf(-1, 3) == 1);
}

TEST(distributions_outside_their_domain_are_nan)
{
    CHECK("NaN in", isnan(stats_normal_cdf(NAN)) && isnan(stats_chi2_sf(NAN, 1)) && isnan(stats_t_sf(NAN, 1)) &&
                        isnan(stats_f_sf(NAN, 1, 1)) && isnan(stats_binomial_pmf(NAN, 1, 0.5)));
    CHECK("no degrees of freedom", isnan(stats_chi2_sf(1, 0)) && isnan(stats_t_sf(1, 0)) && isnan(stats_f_sf(1, 0, 1)));
    CHECK("no probability", isnan(stats_normal_quantile(1.5)) && isnan(stats_binomial_cdf(1, 2, -0.1)));
}
