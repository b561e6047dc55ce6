#include "stats/distance_law.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/energy.h"
#include "stats/random.h"
#include "stats/sort.h"
#include "stats/wasserstein.h"

static double r[2000], c[2000], spare[2000], scratch[STATS_DISTANCE_LAW_SCRATCH];

static struct stats_distance_law law_of(size_t n1, size_t n2, uint64_t seed)
{
    stats_sort(r, n1, spare);
    stats_sort(c, n2, spare);
    struct stats_sample reference = { r, n1 }, current = { c, n2 };
    struct stats_distance_law_options options = {
        .observed_wasserstein = stats_wasserstein(reference, current),
        .observed_energy = stats_energy(reference, current),
        .alpha = 0.05,
        .seed = seed,
    };
    return stats_distance_law(reference, current, &options, scratch);
}

static double draw(struct stats_random *random, int shape)
{
    double z = stats_random_normal(random);
    return shape == 0 ? z : shape == 1 ? exp(1.5 * z) : floor(1.5 * z);
}

TEST(distance_law_alarms_one_time_in_twenty_without_drift)
{
    /* 400 draws of each shape: 5 % +- 4 standard errors. A sharper run (3,000 draws) is in the header. */
    enum { ROUNDS = 400 };
    static const struct { const char *why; int shape; size_t n1, n2; } cases[] = {
        { "normal, all ranks dealt",          0, 50, 50 },
        { "normal, cells",                    0, 1000, 50 },
        { "lognormal tail, cells",            1, 500, 100 },
        { "a dozen integers, cells",          2, 600, 600 },
    };
    struct stats_random random = stats_random_init(77);
    for (size_t i = 0; i < COUNT(cases); i++) {
        int alarms_w = 0, alarms_e = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t k = 0; k < cases[i].n1; k++)
                r[k] = draw(&random, cases[i].shape);
            for (size_t k = 0; k < cases[i].n2; k++)
                c[k] = draw(&random, cases[i].shape);
            struct stats_distance_law law = law_of(cases[i].n1, cases[i].n2, (uint64_t)round);
            alarms_w += law.wasserstein.p <= 0.05;
            alarms_e += law.energy.p <= 0.05;
        }
        double slack = 4 * sqrt(0.05 * 0.95 / ROUNDS);
        CHECK(cases[i].why, fabs((double)alarms_w / ROUNDS - 0.05) < slack);
        CHECK(cases[i].why, fabs((double)alarms_e / ROUNDS - 0.05) < slack);
    }
}

TEST(distance_law_sees_a_shift)
{
    struct stats_random random = stats_random_init(5);
    for (size_t k = 0; k < 2000; k++) {
        r[k] = stats_random_normal(&random);
        c[k] = stats_random_normal(&random) + 0.25;
    }
    struct stats_distance_law law = law_of(2000, 2000, 1);
    CHECK("8 standard errors: far below 1/500", law.wasserstein.p < 1e-6 && law.energy.p < 1e-6);
    CHECK("the threshold lies below the shift", law.wasserstein.critical > 0 && law.wasserstein.critical < 0.15);
    struct stats_distance_law again = law_of(2000, 2000, 1);
    CHECK_NEAR("same seed, same law", again.energy.critical, law.energy.critical, 0);
}

TEST(distance_law_of_constants_and_of_nothing)
{
    for (size_t k = 0; k < 300; k++)
        r[k] = c[k] = 7;
    struct stats_distance_law law = law_of(300, 300, 1);
    CHECK_NEAR("no distance is as likely as any", law.wasserstein.p, 1, 0);
    CHECK_NEAR("nothing to exceed", law.wasserstein.critical, 0, 0);
    CHECK("an empty side", isnan(law_of(0, 300, 1).energy.p));
    law = law_of(1, 1, 1);
    CHECK_NEAR("one against one: always the same distance", law.wasserstein.p, 1, 0);
}
