#include "stats/random.h"

#include "base/test.h"

TEST(random_follows_the_published_xoshiro256pp)
{
    /* numpy has no xoshiro; the first output from state {1,2,3,4} is rotl(1 + 4, 23) + 1 by the paper's code. */
    struct stats_random random = { .state = { 1, 2, 3, 4 } };
    CHECK("first output of {1,2,3,4}", stats_random_u64(&random) == (UINT64_C(5) << 23) + 1);

    /* splitmix64 from 0 starts with 0xe220a8397b1dcdaf (its author's test vector). */
    random = stats_random_init(0);
    CHECK("seeded by splitmix64", random.state[0] == UINT64_C(0xe220a8397b1dcdaf));
}

TEST(random_numbers_have_the_right_mean_and_spread)
{
    struct stats_random random = stats_random_init(7);
    enum { DRAWS = 200000 };
    double sum = 0, sum_squares = 0, uniform = 0;
    uint64_t counts[6] = { 0 };
    for (int i = 0; i < DRAWS; i++) {
        double z = stats_random_normal(&random);
        sum += z;
        sum_squares += z * z;
        uniform += stats_random_uniform(&random);
        counts[stats_random_below(&random, 6)]++;
    }
    /* Five standard errors of each mean. */
    CHECK("normal mean 0", fabs(sum / DRAWS) < 5 / sqrt(DRAWS));
    CHECK("normal variance 1", fabs(sum_squares / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS));
    CHECK("uniform mean 1/2", fabs(uniform / DRAWS - 0.5) < 5 * sqrt(1.0 / 12 / DRAWS));
    for (int i = 0; i < 6; i++)
        CHECK("a fair die", fabs((double)counts[i] / DRAWS - 1.0 / 6) < 5 * sqrt(5.0 / 36 / DRAWS));
}
