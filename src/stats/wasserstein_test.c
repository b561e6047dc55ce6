#include "stats/wasserstein.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_numeric.h"
#include "stats/random.h"
#include "stats/sort.h"

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

TEST(wasserstein_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++)
        CHECK_NEAR(golden_samples[i].why, stats_wasserstein(golden_r(i), golden_c(i)), golden_samples[i].wasserstein, 1e-12);
    CHECK_NEAR("laboratories 1 and 4 (SciPy 1.10)", stats_wasserstein(SAMPLE(lab1), SAMPLE(lab4)), 8.4625, 1e-13);
}

TEST(wasserstein_of_hand_worked_samples)
{
    static const double zero[] = { 0 }, one_three[] = { 1, 3 }, far[] = { -1e308, 1e308 }, tiny[] = { 5e-324 };
    CHECK_NEAR("earth moves 1 and 3, half each", stats_wasserstein(SAMPLE(zero), SAMPLE(one_three)), 2, 0);
    CHECK_NEAR("and back", stats_wasserstein(SAMPLE(one_three), SAMPLE(zero)), 2, 0);
    CHECK_NEAR("the same", stats_wasserstein(SAMPLE(one_three), SAMPLE(one_three)), 0, 0);
    CHECK_NEAR("1e308 each way", stats_wasserstein(SAMPLE(zero), SAMPLE(far)), 1e308, 1e-15);
    CHECK_NEAR("a denormal step", stats_wasserstein(SAMPLE(zero), SAMPLE(tiny)), 5e-324, 0);
    CHECK("nothing", isnan(stats_wasserstein(SAMPLE(zero), (struct stats_sample){ NULL, 0 })));
}

TEST(wasserstein_of_equal_sizes_equals_the_walk)
{
    /* Each value twice: the same distribution, but sizes that differ from the other side's take the general walk. */
    enum { SIZES_MAX = 1100 };
    static const size_t sizes[] = { 1, 2, 255, 256, 257, SIZES_MAX };
    static double r[SIZES_MAX], c[SIZES_MAX], twice[2 * SIZES_MAX], scratch[SIZES_MAX];
    struct stats_random random = stats_random_init(31);
    for (size_t s = 0; s < COUNT(sizes); s++) {
        size_t n = sizes[s];
        for (size_t i = 0; i < n; i++) {
            r[i] = stats_random_normal(&random);
            c[i] = stats_random_normal(&random) * 2 + 1;
        }
        stats_sort(r, n, scratch);
        stats_sort(c, n, scratch);
        for (size_t i = 0; i < 2 * n; i++)
            twice[i] = r[i / 2];
        struct stats_sample reference = { r, n }, current = { c, n }, doubled = { twice, 2 * n };
        CHECK_NEAR("rank by rank", stats_wasserstein(reference, current), stats_wasserstein(doubled, current), 1e-12);
    }
}

TEST(wasserstein_normed_says_what_it_divides_by)
{
    CHECK_NEAR("in standard deviations", stats_wasserstein_normed(1e-4, 2e-4), 0.5, 1e-15);
    CHECK_NEAR("compat: never by less than 0.001", stats_wasserstein_normed_compat(1e-4, 2e-4), 0.1, 1e-15);
    CHECK_NEAR("nothing moved, nothing spread", stats_wasserstein_normed(0, 0), 0, 0);
    CHECK_NEAR("a constant that moved", stats_wasserstein_normed(1, 0), INFINITY, 0);
}
