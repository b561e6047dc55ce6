#include "stats/cramer_von_mises.h"

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

static double scratch[600000];

TEST(cramer_von_mises_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++) {
        struct stats_test test = stats_cramer_von_mises(golden_r(i), golden_c(i), scratch);
        CHECK_NEAR(golden_samples[i].why, test.statistic, golden_samples[i].cvm, 1e-12);
        CHECK_NEAR(golden_samples[i].why, test.p, golden_samples[i].cvm_p, 1e-12);
    }
    struct stats_test test = stats_cramer_von_mises(SAMPLE(lab1), SAMPLE(lab4), scratch);
    CHECK_NEAR("laboratories 1 and 4: T", test.statistic, 1.05078125, 1e-15);
    CHECK_NEAR("and its exact p", test.p, 0.000932401, 1e-6);
}

TEST(cramer_von_mises_counts_all_orders)
{
    static double low[20], high[20];
    for (int i = 0; i < 20; i++) {
        low[i] = i;
        high[i] = 100 + i;
    }
    struct stats_sample twenty_low = SAMPLE(low), twenty_high = SAMPLE(high);
    CHECK("the scratch promised is enough", stats_cramer_von_mises_scratch(20, 20) <= COUNT(scratch));
    CHECK_NEAR("separation: 2 of C(40, 20)", stats_cramer_von_mises(twenty_low, twenty_high, scratch).p,
               2 / 137846528820.0, 1e-13);
    CHECK_NEAR("identical: every order is as far", stats_cramer_von_mises(twenty_low, twenty_low, scratch).p, 1, 0);
    CHECK_INT("no scratch where it is asymptotic", stats_cramer_von_mises_scratch(21, 20), 0);
}

TEST(cramer_von_mises_needs_two_values)
{
    CHECK("one value", isnan(stats_cramer_von_mises((struct stats_sample){ lab1, 1 }, SAMPLE(lab4), scratch).p));
    CHECK("nothing", isnan(stats_cramer_von_mises(SAMPLE(lab1), (struct stats_sample){ NULL, 0 }, scratch).p));
}
