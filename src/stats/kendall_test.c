#include "stats/kendall.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"
#include "stats/sort.h"

TEST(kendall_tau_equals_scipy)
{
    double positive[40], scratch[120];
    uint32_t order[40];
    uint64_t words[80];
    for (size_t i = 0; i < 40; i++)
        positive[i] = golden_positive[i];
    stats_argsort(golden_truth, 40, order, words);
    CHECK_NEAR("no ties", stats_kendall_tau(golden_truth, order, golden_guess, 40, scratch), golden_quality.kendall,
               1e-12);
    stats_argsort(golden_scores, 40, order, words);
    CHECK_NEAR("ties on both sides", stats_kendall_tau(golden_scores, order, positive, 40, scratch),
               golden_quality.kendall_of_ties, 1e-12);
}

TEST(kendall_tau_edges)
{
    static const struct {
        const char *why;
        double y[5], tau;
    } cases[] = {
        { "in order", { 1, 2, 3, 4, 5 }, 1 },
        { "in reverse", { 5, 4, 3, 2, 1 }, -1 },
        { "one exchange of neighbours: 1 - 2/10 * 1", { 2, 1, 3, 4, 5 }, 0.8 },
        { "a constant", { 7, 7, 7, 7, 7 }, NAN },
        { "gaps do not count: 2 concordant, 1 discordant", { 1, NAN, 3, NAN, 2 }, 1.0 / 3 },
        { "one row left", { 1, NAN, NAN, NAN, NAN }, NAN },
    };
    const double x[] = { 1, 2, 3, 4, 5 };
    const uint32_t order[] = { 0, 1, 2, 3, 4 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double scratch[15];
        CHECK_NEAR(cases[i].why, stats_kendall_tau(x, order, cases[i].y, 5, scratch), cases[i].tau, 1e-12);
    }
}
