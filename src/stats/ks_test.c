#include "stats/ks.h"

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

static double no_drift(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return stats_random_normal(random);
}

static double shifted(struct stats_random *random, size_t i)
{
    return stats_random_normal(random) + (i & 1 ? 0.02 : 0);
}

static double far_apart(struct stats_random *random, size_t i)
{
    return stats_random_normal(random) + (i & 1 ? 20 : 0);
}

static double whole_numbers(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return floor(stats_random_normal(random) * 3);
}

static double over_many_magnitudes(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return exp(30 * stats_random_normal(random));
}

static double with_outliers(struct stats_random *random, size_t i)
{
    return i == 3 ? 1e308 : i == 4 ? -1e308 : stats_random_normal(random);
}

static double nearly_constant(struct stats_random *random, size_t i)
{
    return i % 1000 < 2 ? stats_random_normal(random) : 7;
}

static double half_tied(struct stats_random *random, size_t i)
{
    double z = stats_random_normal(random);
    return i % 4 < 2 && z > 0 ? 0.0 : z;
}

static double ascending(struct stats_random *random, size_t i)
{
    (void)random; /* counted, not drawn */
    return (double)i;
}

static double denormal(struct stats_random *random, size_t i)
{
    (void)i; /* drawn, not counted */
    return 5e-324 * (double)stats_random_below(random, 3000);
}

TEST(ks_unsorted_equals_ks_of_sorted_samples)
{
    enum { ROOM = 30000 };
    static const struct {
        const char *why;
        double (*make)(struct stats_random *random, size_t i); /* of R where i is even, of C where odd */
    } shapes[] = {
        { "no drift: a tenth is sorted", no_drift },
        { "a small shift", shifted },
        { "no overlap", far_apart },
        { "whole numbers: all crowd in few cells", whole_numbers },
        { "many magnitudes: nearly all in one cell", over_many_magnitudes },
        { "outliers beyond every cell", with_outliers },
        { "nearly constant: no cells", nearly_constant },
        { "half of one side tied", half_tied },
        { "in order", ascending },
        { "denormals: no finite scale", denormal },
    };
    static const struct { size_t n1, n2; } counts[] = { { ROOM, 20001 }, { 4096, 4096 }, { 4099, ROOM }, { 4095, 9 } };
    static double r[ROOM], c[ROOM], sorted_r[ROOM], sorted_c[ROOM], space[3 * ROOM];
    struct stats_random random = stats_random_init(5);
    for (size_t s = 0; s < COUNT(shapes); s++)
        for (size_t k = 0; k < COUNT(counts); k++) {
            size_t n1 = counts[k].n1, n2 = counts[k].n2;
            for (size_t i = 0; i < n1; i++)
                r[i] = sorted_r[i] = shapes[s].make(&random, 2 * i);
            for (size_t i = 0; i < n2; i++)
                c[i] = sorted_c[i] = shapes[s].make(&random, 2 * i + 1);
            stats_sort(sorted_r, n1, space);
            stats_sort(sorted_c, n2, space);
            struct stats_ks wanted = stats_ks((struct stats_sample){ sorted_r, n1 },
                                              (struct stats_sample){ sorted_c, n2 });
            struct stats_ks got = stats_ks_unsorted(r, n1, c, n2, space);
            CHECK_NEAR(shapes[s].why, got.statistic, wanted.statistic, 0);
            CHECK_NEAR(shapes[s].why, got.location, wanted.location, 0);
            CHECK_INT(shapes[s].why, got.sign, wanted.sign);
        }
}
