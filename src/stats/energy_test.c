#include "stats/energy.h"

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

TEST(energy_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++)
        CHECK_NEAR(golden_samples[i].why, stats_energy(golden_r(i), golden_c(i)), golden_samples[i].energy, 1e-12);
    CHECK_NEAR("laboratories 1 and 4 (SciPy 1.10)", stats_energy(SAMPLE(lab1), SAMPLE(lab4)), 2.95434, 2e-6);
}

TEST(energy_of_hand_worked_samples)
{
    static const double zero[] = { 0 }, eight[] = { 8 }, one_three[] = { 1, 3 };
    CHECK_NEAR("sqrt(2 * 8)", stats_energy(SAMPLE(zero), SAMPLE(eight)), 4, 1e-15);
    CHECK_NEAR("sqrt(2 (1 + 2/4))", stats_energy(SAMPLE(zero), SAMPLE(one_three)), sqrt(3), 1e-15);
    CHECK_NEAR("the same", stats_energy(SAMPLE(one_three), SAMPLE(one_three)), 0, 0);
    CHECK("nothing", isnan(stats_energy((struct stats_sample){ NULL, 0 }, SAMPLE(zero))));
}
