#include "stats/t_test.h"

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

TEST(t_tests_equal_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++) {
        struct stats_moments r = stats_moments(golden_r(i).values, golden_r(i).count);
        struct stats_moments c = stats_moments(golden_c(i).values, golden_c(i).count);
        CHECK_NEAR(golden_samples[i].why, stats_t_test(&r, &c).statistic, golden_samples[i].t, 1e-12);
        CHECK_NEAR(golden_samples[i].why, stats_t_test(&r, &c).p, golden_samples[i].t_p, 1e-12);
        CHECK_NEAR(golden_samples[i].why, stats_t_test_welch(&r, &c).statistic, golden_samples[i].welch, 1e-12);
        CHECK_NEAR(golden_samples[i].why, stats_t_test_welch(&r, &c).p, golden_samples[i].welch_p, 1e-12);
    }
}

TEST(welch_of_students_sleep_data)
{
    /* R's `sleep`, t.test(extra ~ group): t = -1.8608, df = 17.776, p = 0.07939. */
    static const double first[] = { 0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0 };
    static const double second[] = { 1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4 };
    struct stats_moments a = stats_moments(first, COUNT(first)), b = stats_moments(second, COUNT(second));
    struct stats_t_test test = stats_t_test_welch(&a, &b);
    CHECK_NEAR("t", test.statistic, -1.860813, 5e-7);
    CHECK_NEAR("df", test.df, 17.77647, 5e-7);
    CHECK_NEAR("p", test.p, 0.07939414, 5e-7);
}

TEST(t_tests_of_constants)
{
    static const double two[] = { 2, 2 }, three[] = { 3, 3 };
    struct stats_moments a = stats_moments(two, 2), b = stats_moments(three, 2), one = stats_moments(two, 1);
    CHECK("equal constants: nothing to say", isnan(stats_t_test(&a, &a).p) && isnan(stats_t_test_welch(&a, &a).p));
    CHECK("different constants: certain", stats_t_test(&a, &b).p == 0 && stats_t_test_welch(&a, &b).p == 0);
    CHECK("too few", isnan(stats_t_test(&one, &one).p) && isnan(stats_t_test_welch(&one, &a).p));
}
