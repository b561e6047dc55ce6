#include "stats/normality.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(jarque_bera_equals_scipy)
{
    double errors[40];
    for (size_t i = 0; i < 40; i++)
        errors[i] = golden_guess[i] - golden_truth[i];
    struct stats_normality got = stats_jarque_bera(errors, 40);
    CHECK_NEAR("statistic", got.statistic, golden_quality.jarque_bera, 1e-11);
    CHECK_NEAR("p", got.p, golden_quality.jarque_bera_p, 1e-11);

    const double skewed[] = { 1, 2, 3, 4, 10 }, large[] = { 1e300, 2e300, 3e300, 4e300, 1e301 };
    CHECK_NEAR("SciPy 1.17 on 1 2 3 4 10", stats_jarque_bera(skewed, 5).statistic, 1.0893633333333337, 1e-12);
    CHECK_NEAR("the unit does not matter", stats_jarque_bera(large, 5).statistic, 1.0893633333333337, 1e-12);
    const double constant[] = { 0.1, 0.1, 0.1 };
    CHECK("a constant is not normal nor otherwise", isnan(stats_jarque_bera(constant, 3).p));
    CHECK("no values", isnan(stats_jarque_bera(constant, 0).statistic));
}

TEST(qq_points_stand_at_fillibens_positions)
{
    const double sorted[] = { -2, 0, 1 };
    struct stats_qq_point points[3];
    CHECK_INT("all of them", stats_qq_normal((struct stats_sample){ sorted, 3 }, 10, points), 3);
    CHECK_NEAR("SciPy probplot: ppf(1 - .5^(1/3))", points[0].theoretical, -0.8193286198336103, 1e-9);
    CHECK_NEAR("the middle", points[1].theoretical, 0, 0);
    CHECK_NEAR("symmetric", points[2].theoretical, 0.8193286198336103, 1e-9);
    CHECK("observed", points[0].observed == -2 && points[1].observed == 0 && points[2].observed == 1);

    static double many[1000];
    for (size_t i = 0; i < 1000; i++)
        many[i] = (double)i;
    CHECK_INT("thinned", stats_qq_normal((struct stats_sample){ many, 1000 }, 3, points), 3);
    CHECK("ends and middle", points[0].observed == 0 && points[1].observed == 500 && points[2].observed == 999);
    CHECK_INT("nothing", stats_qq_normal((struct stats_sample){ many, 0 }, 3, points), 0);
}
