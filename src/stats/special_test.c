#include "stats/special.h"

#include <string.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_numeric.h"

/* 2e-12: SciPy's own error at the large arguments (checked with 40 digits of mpmath); ours is below 1e-13 there. */
#define TOLERANCE 2e-12

TEST(special_functions_of_one_argument_equal_scipy)
{
    static const struct { const char *name; double (*function)(double); } functions[] = {
        { "lgamma", stats_lgamma },
        { "bessel_k_quarter_scaled", stats_bessel_k_quarter_scaled },
    };
    for (size_t f = 0; f < COUNT(functions); f++)
        for (size_t i = 0; i < COUNT(golden_one); i++)
            if (strcmp(golden_one[i].function, functions[f].name) == 0)
                CHECK_NEAR(functions[f].name, functions[f].function(golden_one[i].a), golden_one[i].value, TOLERANCE);
}

TEST(incomplete_gamma_and_beta_equal_scipy)
{
    static const struct { const char *name; double (*function)(double, double); } twos[] = {
        { "gamma_p", stats_gamma_p },
        { "gamma_q", stats_gamma_q },
    };
    static const struct { const char *name; double (*function)(double, double, double); } threes[] = {
        { "beta_inc", stats_beta_inc },
        { "beta_inc_upper", stats_beta_inc_upper },
    };
    for (size_t f = 0; f < COUNT(twos); f++)
        for (size_t i = 0; i < COUNT(golden_two); i++)
            if (strcmp(golden_two[i].function, twos[f].name) == 0)
                CHECK_NEAR(twos[f].name, twos[f].function(golden_two[i].a, golden_two[i].b), golden_two[i].value,
                           TOLERANCE);
    for (size_t f = 0; f < COUNT(threes); f++)
        for (size_t i = 0; i < COUNT(golden_three); i++)
            if (strcmp(golden_three[i].function, threes[f].name) == 0)
                CHECK_NEAR(threes[f].name, threes[f].function(golden_three[i].a, golden_three[i].b, golden_three[i].c),
                           golden_three[i].value, TOLERANCE);
}

TEST(special_functions_where_scipy_loses_digits)
{
    /* mpmath 1.3, 40 digits. */
    CHECK_NEAR("lower tail just below its mean", stats_gamma_p(500000, 495000), 6.500171180085837667889771850391620e-13,
               1e-13);
    CHECK_NEAR("ln(1 + x) - x of a small x: -x^2/2 + x^3/3", stats_log1p_minus(1e-8), -4.9999999666666669e-17, 1e-14);
    CHECK_NEAR("ln(1 + x) - x where both are exact enough", stats_log1p_minus(1), M_LN2 - 1, 1e-15);
    CHECK_NEAR("Stirling's formula is off by 1 - ln sqrt(2 pi) at 1", stats_stirling_error(1), 0.08106146679532726, 1e-14);
}

TEST(harmonic_numbers_are_sums)
{
    double sum = 0, squares = 0;
    for (int k = 1; k <= 1000; k++) {
        sum += 1.0 / k;
        squares += 1.0 / k / k;
        CHECK_NEAR("sum of 1/k", stats_harmonic(k), sum, 1e-13);
        CHECK_NEAR("sum of 1/k^2", stats_harmonic_squares(k), squares, 1e-13);
    }
}

TEST(special_functions_outside_their_domain_are_nan)
{
    CHECK("a of 0", isnan(stats_gamma_p(0, 1)) && isnan(stats_gamma_q(-1, 1)));
    CHECK("negative x", isnan(stats_gamma_p(1, -1)) && isnan(stats_gamma_q(1, -1)));
    CHECK("NaN in", isnan(stats_gamma_q(1, NAN)) && isnan(stats_beta_inc(1, 1, NAN)) && isnan(stats_lgamma(NAN)));
    CHECK("x above 1", isnan(stats_beta_inc(1, 1, 1.5)) && isnan(stats_beta_inc_upper(1, 1, 1.5)));
    CHECK("b of 0", isnan(stats_beta_inc(1, 0, 0.5)));
    CHECK("Bessel K at 0", isnan(stats_bessel_k_quarter_scaled(0)));
    CHECK("ends", stats_gamma_p(1, 0) == 0 && stats_gamma_q(1, INFINITY) == 0 && stats_beta_inc(2, 3, 1) == 1);
}
