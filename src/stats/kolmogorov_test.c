#include "stats/kolmogorov.h"

#include <string.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_numeric.h"

static double scratch[STATS_KOLMOGOROV_N_SCRATCH];

static double kolmogorov_n_sf(double n, double d)
{
    return stats_kolmogorov_n_sf(n, d, scratch);
}

TEST(kolmogorov_laws_equal_scipy)
{
    static const struct { const char *name; double (*function)(double, double); } functions[] = {
        { "smirnov_sf", stats_smirnov_sf },
        { "kolmogorov_n_sf", kolmogorov_n_sf },
    };
    for (size_t i = 0; i < COUNT(golden_one); i++)
        if (strcmp(golden_one[i].function, "kolmogorov_sf") == 0)
            CHECK_NEAR("limiting law", stats_kolmogorov_sf(golden_one[i].a), golden_one[i].value, 1e-13);
    for (size_t f = 0; f < COUNT(functions); f++)
        for (size_t i = 0; i < COUNT(golden_two); i++)
            if (strcmp(golden_two[i].function, functions[f].name) == 0)
                CHECK_NEAR(functions[f].name, functions[f].function(golden_two[i].a, golden_two[i].b),
                           golden_two[i].value, 1e-12);
}

TEST(two_sided_law_keeps_its_digits_where_1_minus_cdf_is_small)
{
    /* mpmath, 30 digits, Durbin's matrix; 3e-14 of absolute error is what the header promises. */
    CHECK_NEAR("n = 140", kolmogorov_n_sf(140, 0.16375253962414624), 0.00095069632492014366686, 3e-14 / 0.00095);
}

TEST(one_sided_sum_sampled_equals_the_full_sum)
{
    /* From n d = 100 up the terms are sampled; just below they are all added. The exact law is smooth in d, so its
     * logarithm's second differences across that border are those of either side: -4 n h^2. */
    double n = 100000, h = 1e-6, border = 100 / n;
    for (int i = -1; i <= 1; i++) {
        double d = border + i * h;
        double bend = log(stats_smirnov_sf(n, d - h)) - 2 * log(stats_smirnov_sf(n, d)) + log(stats_smirnov_sf(n, d + h));
        CHECK("no step at the border", fabs(bend + 4 * n * h * h) < 1e-11);
    }
}

TEST(kolmogorov_laws_at_their_ends)
{
    CHECK("nothing is closer than 1/(2n)", kolmogorov_n_sf(10, 0.05) == 1 && kolmogorov_n_sf(10, -1) == 1);
    CHECK("nothing is further than 1", kolmogorov_n_sf(10, 1) == 0 && stats_smirnov_sf(3, 1) == 0);
    CHECK_NEAR("one value: D is uniform on [1/2, 1]", kolmogorov_n_sf(1, 0.75), 0.5, 1e-15);
    CHECK("NaN in", isnan(kolmogorov_n_sf(NAN, 0.1)) && isnan(stats_smirnov_sf(3, NAN)) && isnan(stats_kolmogorov_sf(NAN)));
    CHECK("no values", isnan(kolmogorov_n_sf(0, 0.1)));
}
