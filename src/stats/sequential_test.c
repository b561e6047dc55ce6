#include "stats/sequential.h"

#include <math.h>

#include "base/attributes.h"
#include "base/test.h"
#include "stats/random.h"

#define RUNS 2000
#define LOOKS 1000 /* after each observation of both sides */
#define ALPHA 0.05

/* The formulas of the header in mpmath 1.3 with 30 digits. */
TEST(sequential_shares_of_hand_worked_counts)
{
    static const struct {
        const char *why;
        uint64_t a_hits, a_count, b_hits, b_count;
        double difference, p;
    } cases[] = {
        { "one against one says nothing", 0, 1, 1, 1, 1, 1 },
        { "2 % against 20 %", 2, 100, 20, 100, 0.18, 0.0125640577622524205 },
        { "the same share", 5, 100, 5, 100, 0, 1 },
        { "no hit on either side", 0, 50, 0, 50, 0, 1 },
        { "1 % against 6 %, a thousand each", 10, 1000, 60, 1000, 0.05, 2.05455458868153357e-6 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_sequential result =
            stats_sequential_shares(cases[i].a_hits, cases[i].a_count, cases[i].b_hits, cases[i].b_count, ALPHA);
        CHECK_NEAR(cases[i].why, result.difference, cases[i].difference, 1e-14);
        CHECK_NEAR(cases[i].why, result.p, cases[i].p, 1e-10);
    }
    struct stats_sequential wide = stats_sequential_shares(2, 100, 20, 100, ALPHA);
    CHECK_NEAR("lower end", wide.low, -0.0262475715643295656, 1e-12);
    CHECK_NEAR("upper end", wide.high, 0.361457350864488155, 1e-12);
    struct stats_sequential none = stats_sequential_shares(0, 50, 0, 50, ALPHA);
    CHECK_NEAR("an end at zero stays there", none.high, 0.116969128706311619, 1e-12);
    struct stats_sequential empty = stats_sequential_shares(0, 0, 1, 2, ALPHA);
    CHECK("nothing seen", empty.p == 1 && empty.low == -1 && empty.high == 1 && isnan(empty.difference));
}

TEST(sequential_means_of_hand_worked_moments)
{
    struct stats_sequential_side a = { 100, 0, 1 }, b = { 100, 0.5, 1 }, few = { 29, 9, 1 };
    struct stats_sequential result = stats_sequential_means(&a, &b, 1, ALPHA);
    CHECK_NEAR("difference", result.difference, 0.5, 0);
    CHECK_NEAR("p", result.p, 0.0155835693896711322, 1e-14);
    CHECK_NEAR("lower end", result.low, 0.0500720950323495681, 1e-14);
    CHECK_NEAR("upper end", result.high, 0.949927904967650432, 1e-14);
    struct stats_sequential_side wide = { 50, 2, 4 }, near = { 200, 2.1, 1 };
    result = stats_sequential_means(&wide, &near, 0.5, ALPHA);
    CHECK_NEAR("near: p", result.p, 1, 0);
    CHECK_NEAR("near: lower end", result.low, -0.815772516172126127, 1e-14);
    result = stats_sequential_means(&a, &few, 1, ALPHA);
    CHECK("too few rows say nothing", result.p == 1 && isnan(result.low));
    struct stats_sequential_side flat = { 40, 1, 0 }, other = { 40, 2, 0 };
    CHECK_NEAR("constants that agree", stats_sequential_means(&flat, &flat, 1, ALPHA).p, 1, 0);
    CHECK_NEAR("constants that differ", stats_sequential_means(&flat, &other, 1, ALPHA).p, 0, 0);
}

/* Runs in which a look after each pair of requests ever finds p <= ALPHA. */
static int share_alarms(double a_rate, double b_rate, uint64_t seed)
{
    struct stats_random random = stats_random_init(seed);
    int alarms = 0;
    for (int run = 0; run < RUNS; run++) {
        uint64_t a = 0, b = 0;
        bool is_alarm = false;
        for (uint64_t n = 1; n <= LOOKS && !is_alarm; n++) {
            a += stats_random_uniform(&random) < a_rate;
            b += stats_random_uniform(&random) < b_rate;
            is_alarm = stats_sequential_shares(a, n, b, n, ALPHA).p <= ALPHA;
        }
        alarms += is_alarm;
    }
    return alarms;
}

struct running {
    double count, mean, squares;
};

static struct stats_sequential_side add(struct running *running, double value)
{
    double before = value - running->mean;
    running->count++;
    running->mean += before / running->count;
    running->squares += before * (value - running->mean);
    return (struct stats_sequential_side){ (uint64_t)running->count, running->mean, running->squares / (running->count - 1) };
}

static int mean_alarms(double shift, uint64_t seed)
{
    struct stats_random random = stats_random_init(seed);
    int alarms = 0;
    for (int run = 0; run < RUNS; run++) {
        struct running a = { 0 }, b = { 0 };
        bool is_alarm = false;
        for (int n = 1; n <= LOOKS && !is_alarm; n++) {
            struct stats_sequential_side left = add(&a, stats_random_normal(&random));
            struct stats_sequential_side right = add(&b, stats_random_normal(&random) + shift);
            is_alarm = stats_sequential_means(&left, &right, 0.3, ALPHA).p <= ALPHA;
        }
        alarms += is_alarm;
    }
    return alarms;
}

/* A fixed-horizon test that is looked at as often is wrong in more than 40 % of such runs [Armitage1969]. */
TEST(sequential_tests_keep_their_promise_under_peeking)
{
    static const double rates[] = { 0.01, 0.1, 0.5 };
    for (size_t i = 0; i < COUNT(rates); i++)
        CHECK("shares: at most 5 % of runs", share_alarms(rates[i], rates[i], 11 + i) <= RUNS * ALPHA);
    CHECK("means: at most 5 % of runs", mean_alarms(0, 5) <= RUNS * ALPHA);
    CHECK("a real difference of shares is found", share_alarms(0.1, 0.3, 7) > RUNS * 0.95);
    CHECK("a real difference of means is found", mean_alarms(0.4, 7) > RUNS * 0.95);
}
