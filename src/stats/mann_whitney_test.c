#include "stats/mann_whitney.h"

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

static double scratch[4096];

TEST(mann_whitney_equals_scipy)
{
    for (size_t i = 0; i < COUNT(golden_samples); i++) {
        struct stats_mann_whitney test = stats_mann_whitney(golden_r(i), golden_c(i), scratch);
        CHECK_NEAR(golden_samples[i].why, test.u, golden_samples[i].u, 0);
        CHECK_NEAR(golden_samples[i].why, test.p_two_sided, golden_samples[i].u_p, 1e-12);
        CHECK_NEAR(golden_samples[i].why, test.p_less, golden_samples[i].u_p_less, 1e-12);
    }
    struct stats_mann_whitney test = stats_mann_whitney(SAMPLE(lab1), SAMPLE(lab4), scratch);
    CHECK_NEAR("laboratories 1 and 4: U", test.u, 61, 0);
    CHECK("laboratory 4 has a tie, so the normal law", !test.is_exact);
    CHECK_NEAR("and p as SciPy's auto", test.p_two_sided, 0.0027417331272205033, 1e-12);
    /* The exact p that is quoted for them leaves that tie, inside one laboratory, out of account. */
    static const double untied4[] = { 34.0, 34.8, 34.81, 35.4, 37.2, 37.8, 41.2, 42.8 };
    test = stats_mann_whitney(SAMPLE(lab1), SAMPLE(untied4), scratch);
    CHECK_NEAR("the same U without it", test.u, 61, 0);
    CHECK_NEAR("and its exact p", test.p_two_sided, 0.0010878010878010878, 1e-13);
}

TEST(mann_whitney_counts_orders_exactly)
{
    static const double low[] = { 1, 2, 3 }, high[] = { 4, 5, 6, 7 };
    struct stats_mann_whitney test = stats_mann_whitney(SAMPLE(low), SAMPLE(high), scratch);
    CHECK("no tie, one side small", test.is_exact);
    CHECK_NEAR("one order of C(7, 3)", test.p_less, 1.0 / 35, 1e-15);
    CHECK_NEAR("either way", test.p_two_sided, 2.0 / 35, 1e-15);
    test = stats_mann_whitney(SAMPLE(high), SAMPLE(low), scratch);
    CHECK_NEAR("one-sided is blind to the other direction", test.p_less, 1, 1e-15);
    CHECK_NEAR("two-sided is not", test.p_two_sided, 2.0 / 35, 1e-15);
}

TEST(mann_whitney_at_its_ends)
{
    static const double same[] = { 2, 2, 2 };
    CHECK_NEAR("nothing can be ranked", stats_mann_whitney(SAMPLE(same), SAMPLE(same), scratch).p_two_sided, 1, 0);
    CHECK("nothing", isnan(stats_mann_whitney(SAMPLE(same), (struct stats_sample){ NULL, 0 }, scratch).p_two_sided));
    CHECK_INT("normal law needs no scratch", stats_mann_whitney_scratch(9, 9), 0);
    CHECK("the exact one's is bounded", stats_mann_whitney_scratch(8, SIZE_MAX / 16) == 0);
}
