#include "stats/ks.h"

#include <string.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_numeric.h"
#include "stats/random.h"
#include "stats/sort.h"

#define SAMPLE(array) ((struct stats_sample){ (array), COUNT(array) })

static double scratch[STATS_KS_SCRATCH];

TEST(ks_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++) {
        const struct golden_samples *golden = &golden_samples[i];
        struct stats_ks ks = stats_ks((struct stats_sample){ golden->r, golden->n1 },
                                      (struct stats_sample){ golden->c, golden->n2 });
        CHECK_NEAR(golden->why, ks.statistic, golden->ks, 1e-14);
        CHECK_NEAR(golden->why, stats_ks_p(ks.statistic, golden->n1, golden->n2, scratch), golden->ks_p, 1e-12);
    }
}

TEST(ks_of_hand_worked_samples)
{
    static const double low[] = { 1, 2, 2, 3 }, high[] = { 2, 3, 4, 5 }, one[] = { 2 }, last[] = { 1, 5, 5, 5 };
    struct stats_ks ks = stats_ks(SAMPLE(low), SAMPLE(high));
    CHECK_NEAR("3/4 against 1/4 at 2", ks.statistic, 0.5, 0);
    CHECK_NEAR("reached at 2 first", ks.location, 2, 0);
    CHECK_INT("the reference is smaller", ks.sign, 1);
    ks = stats_ks(SAMPLE(high), SAMPLE(low));
    CHECK_INT("and now larger", ks.sign, -1);
    CHECK_NEAR("a tie at the very end", stats_ks(SAMPLE(last), SAMPLE(high)).statistic, 0.5, 0);
    CHECK_NEAR("same sample", stats_ks(SAMPLE(low), SAMPLE(low)).statistic, 0, 0);
    CHECK_NEAR("one value against four", stats_ks(SAMPLE(one), SAMPLE(low)).statistic, 0.25, 0);
    CHECK("nothing to compare", isnan(stats_ks(SAMPLE(low), (struct stats_sample){ NULL, 0 }).statistic));
}

TEST(ks_exact_p_of_published_and_countable_cases)
{
    CHECK_NEAR("25 against 10, D = 0.32 (R ks.test)", stats_ks_p_exact(0.32, 25, 10, scratch), 0.3972, 2e-4);
    CHECK_NEAR("complete separation: 2 of C(20, 10) orders", stats_ks_p_exact(1, 10, 10, scratch), 2.0 / 184756, 1e-13);
    CHECK_NEAR("and of C(11, 4)", stats_ks_p_exact(1, 7, 4, scratch), 2.0 / 330, 1e-13);
    CHECK_NEAR("no distance", stats_ks_p_exact(0, 5, 7, scratch), 1, 0);
    CHECK_NEAR("below the least double", stats_ks_p_exact(1, 9999, 10000, scratch), 0, 0);
    CHECK("NaN in", isnan(stats_ks_p(NAN, 5, 5, scratch)) && isnan(stats_ks_p(0.5, 0, 5, scratch)));
}

TEST(ks_unsorted_equals_ks_of_sorted_samples)
{
    enum { N1 = 30000, N2 = 20000 };
    static double r[N1], c[N2], sorted_r[N1], sorted_c[N2], space[N1];
    struct stats_random random = stats_random_init(5);
    for (int shape = 0; shape < 5; shape++) {
        for (int i = 0; i < N1 + N2; i++) {
            double z = stats_random_normal(&random);
            double value = shape == 0   ? z + (i < N1) * 0.02
                           : shape == 1 ? floor(z * 3)
                           : shape == 2 ? exp(8 * z) /* nearly all in one cell */
                           : shape == 3 ? z + (i < N1) * 20
                                        : (i == 3 ? 1e308 : i == 4 ? -1e308 : z);
            *(i < N1 ? &r[i] : &c[i - N1]) = value;
        }
        memcpy(sorted_r, r, sizeof(r));
        memcpy(sorted_c, c, sizeof(c));
        stats_sort(sorted_r, N1, space);
        stats_sort(sorted_c, N2, space);
        struct stats_ks wanted = stats_ks(SAMPLE(sorted_r), SAMPLE(sorted_c));
        struct stats_ks got = stats_ks_unsorted(r, N1, c, N2, space);
        CHECK_NEAR("statistic", got.statistic, wanted.statistic, 0);
        CHECK_NEAR("location", got.location, wanted.location, 0);
        CHECK_INT("sign", got.sign, wanted.sign);
    }
}
