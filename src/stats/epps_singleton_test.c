#include "stats/epps_singleton.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_numeric.h"

#define SAMPLE(array) ((struct stats_sample){ (array), COUNT(array) })

static struct stats_sample golden_r(size_t i)
{
    return (struct stats_sample){ golden_samples[i].r, golden_samples[i].n1 };
}

static struct stats_sample golden_c(size_t i)
{
    return (struct stats_sample){ golden_samples[i].c, golden_samples[i].n2 };
}

/* Paper smoothness by four laboratories, [ScholzStephens1987] section 7. */
static const double lab1[] = { 38.7, 41.5, 43.8, 44.5, 45.5, 46.0, 47.7, 58.0 };
static const double lab4[] = { 34.0, 34.8, 34.8, 35.4, 37.2, 37.8, 41.2, 42.8 };

TEST(epps_singleton_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++) {
        struct stats_test test = stats_epps_singleton(golden_r(i), golden_c(i));
        if (golden_samples[i].es > 1e6)
            continue; /* S is singular: rounding noise on both sides */
        /* The inverse of S multiplies rounding by its condition number. */
        CHECK_NEAR(golden_samples[i].why, test.statistic, golden_samples[i].es, 1e-9);
        CHECK_NEAR(golden_samples[i].why, test.p, golden_samples[i].es_p, 1e-8);
    }
    struct stats_test test = stats_epps_singleton(SAMPLE(lab1), SAMPLE(lab4));
    CHECK_NEAR("laboratories 1 and 4: W", test.statistic, 12.74333, 1e-6);
    CHECK_NEAR("and p", test.p, 0.0126005, 1e-5);
}

TEST(epps_singleton_says_when_it_cannot_test)
{
    static const double mostly_one[] = { 1, 1, 1, 1, 1, 1, 1, 9 };
    CHECK("no interquartile range", isnan(stats_epps_singleton(SAMPLE(mostly_one), SAMPLE(mostly_one)).p));
    CHECK("four values", isnan(stats_epps_singleton((struct stats_sample){ lab1, 4 }, SAMPLE(lab4)).p));
    CHECK("nothing", isnan(stats_epps_singleton((struct stats_sample){ NULL, 0 }, SAMPLE(lab4)).p));
}
