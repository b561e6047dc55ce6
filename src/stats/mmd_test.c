#include "stats/mmd.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/random.h"
#include "stats/sort.h"

#define SAMPLE(array) ((struct stats_sample){ (array), COUNT(array) })

static double scratch[STATS_MMD_SCRATCH];

TEST(mmd_of_hand_worked_values)
{
    /* R = {0, 2}: squared distances 0 4 4 0, "nearest" median at even rank 2 of 0..3 is 4; kernel exp(-d^2 / 4). */
    static const double r[] = { 0, 2 }, c[] = { 1, 5 };
    double across = (exp(-0.25) + exp(-25.0 / 4) + exp(-0.25) + exp(-9.0 / 4)) / 4;
    double wanted = exp(-1) + exp(-4) - 2 * across;
    CHECK_NEAR("unbiased statistic", stats_mmd(SAMPLE(r), SAMPLE(c), 1, scratch).statistic, wanted, 1e-13);
}

TEST(mmd_separates_and_repeats)
{
    static double near[1200], same[300], far[300], spare[1200];
    struct stats_random random = stats_random_init(3);
    for (size_t i = 0; i < COUNT(near); i++)
        near[i] = stats_random_normal(&random);
    for (size_t i = 0; i < COUNT(far); i++) {
        same[i] = stats_random_normal(&random);
        far[i] = stats_random_normal(&random) + 1;
    }
    stats_sort(near, COUNT(near), spare);
    stats_sort(same, COUNT(same), spare);
    stats_sort(far, COUNT(far), spare);
    struct stats_mmd moved = stats_mmd(SAMPLE(near), SAMPLE(far), 1, scratch);
    CHECK("a shift of one deviation beats every permutation", moved.p == 0);
    CHECK_NEAR("a valid p is never 0", moved.p_valid, 1.0 / 101, 1e-15);
    CHECK("1200 values are thinned, and it says so", moved.is_thinned);
    struct stats_mmd equal = stats_mmd(SAMPLE(far), SAMPLE(far), 1, scratch);
    CHECK("identical samples are as close as it gets", equal.p > 0.9 && !equal.is_thinned);
    CHECK_NEAR("same seed, same p", stats_mmd(SAMPLE(near), SAMPLE(same), 9, scratch).p,
               stats_mmd(SAMPLE(near), SAMPLE(same), 9, scratch).p, 0);
}

TEST(mmd_at_its_ends)
{
    static const double two[] = { 2, 2 }, one[] = { 1 };
    struct stats_mmd constant = stats_mmd(SAMPLE(two), SAMPLE(two), 1, scratch);
    CHECK_NEAR("constants do not differ", constant.statistic, 0, 0);
    CHECK_NEAR("and every permutation ties", constant.p, 1, 0);
    CHECK("one value has no pairs", isnan(stats_mmd(SAMPLE(one), SAMPLE(two), 1, scratch).p));
}
