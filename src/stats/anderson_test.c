#include "stats/anderson.h"

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
static const double lab2[] = { 39.2, 39.3, 39.7, 41.4, 41.8, 42.9, 43.3, 45.8 };
static const double lab3[] = { 34.0, 35.0, 39.0, 40.0, 43.0, 43.0, 44.0, 45.0 };
static const double lab4[] = { 34.0, 34.8, 34.8, 35.4, 37.2, 37.8, 41.2, 42.8 };

TEST(anderson_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++) {
        struct stats_sample pair[] = { golden_r(i), golden_c(i) };
        struct stats_anderson anderson = stats_anderson(pair, 2);
        CHECK_NEAR(golden_samples[i].why, anderson.statistic, golden_samples[i].anderson, 1e-11);
        CHECK_NEAR(golden_samples[i].why, anderson.p, golden_samples[i].anderson_p, 1e-11);
    }
}

TEST(anderson_of_the_papers_example)
{
    struct stats_sample labs[] = { SAMPLE(lab1), SAMPLE(lab2), SAMPLE(lab3), SAMPLE(lab4) };
    struct stats_anderson anderson = stats_anderson(labs, 4);
    CHECK_NEAR("midrank statistic, three digits published", anderson.statistic, 4.480, 2e-4);
    /* The paper reads its table by a line where SciPy and we fit a parabola: 0.0023 against 0.0022. */
    CHECK_NEAR("p by its table, two digits published", anderson.p, 0.0023, 0.05);
}

TEST(anderson_says_when_it_cannot_test)
{
    static const double two[] = { 2, 2 }, three[] = { 3, 3 };
    struct stats_sample equal[] = { SAMPLE(two), SAMPLE(two) }, empty[] = { SAMPLE(two), (struct stats_sample){ NULL, 0 } };
    struct stats_sample constants[] = { SAMPLE(two), SAMPLE(three) };
    CHECK("one distinct value", isnan(stats_anderson(equal, 2).p));
    CHECK("an empty side", isnan(stats_anderson(empty, 2).p));
    CHECK("one sample", isnan(stats_anderson(equal, 1).p));
    CHECK("two different constants can be tested", !isnan(stats_anderson(constants, 2).p));
}
