#include "stats/fisher_exact.h"

#include "base/attributes.h"
#include "base/test.h"

TEST(fisher_exact_2x2_of_known_tables)
{
    static const struct {
        const char *why;
        uint64_t a, b, c, d;
        double p;
    } cases[] = {
        { "Fisher's lady tasting tea: 34/70 (R: 0.4857143)", 3, 1, 1, 3, 34.0 / 70 },
        { "she gets all right: 2/70", 4, 0, 0, 4, 2.0 / 70 },
        { "an empty margin leaves one table", 5, 7, 0, 0, 1 },
        { "no rows at all", 0, 0, 0, 0, 1 },
        { "the most likely table", 10, 10, 10, 10, 1 },
        { "sides of very different size: 1 / 1001", 0, 1000, 1, 0, 1.0 / 1001 },
        { "100,400 rows a side; SciPy 1.17", 100000, 400, 99000, 500, 0.00050842394991919 },
        { "probability below the doubles", 1000000, 0, 0, 1000000, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double p = stats_fisher_exact_2x2(cases[i].a, cases[i].b, cases[i].c, cases[i].d);
        CHECK_NEAR(cases[i].why, p, cases[i].p, 1e-11);
        CHECK_NEAR("rows may be exchanged", stats_fisher_exact_2x2(cases[i].c, cases[i].d, cases[i].a, cases[i].b), p,
                   1e-11);
        CHECK_NEAR("so may columns", stats_fisher_exact_2x2(cases[i].b, cases[i].a, cases[i].d, cases[i].c), p, 1e-11);
    }
}

TEST(fisher_exact_of_job_satisfaction)
{
    /* R's example of fisher.test: income against satisfaction, p = 0.7826849. */
    const uint64_t job[] = { 1, 3, 10, 6, 2, 3, 10, 7, 1, 6, 14, 12, 0, 1, 9, 11 };
    CHECK_NEAR("R 4.2", stats_fisher_exact(job, 4, 4, 20000000), 0.7826849, 1e-7);
    CHECK("too few steps: no answer", isnan(stats_fisher_exact(job, 4, 4, 1000)));
}

TEST(fisher_exact_of_tables_agrees_with_2x2)
{
    static const uint64_t tables[][4] = { { 3, 1, 1, 3 }, { 12, 5, 29, 2 }, { 0, 8, 7, 1 }, { 40, 41, 42, 43 } };
    for (size_t i = 0; i < COUNT(tables); i++) {
        const uint64_t *t = tables[i];
        CHECK_NEAR("two algorithms", stats_fisher_exact(t, 2, 2, 100000),
                   stats_fisher_exact_2x2(t[0], t[1], t[2], t[3]), 1e-11);
        const uint64_t padded[] = { t[0], 0, t[1], t[2], 0, t[3] };
        CHECK_NEAR("an empty column changes nothing", stats_fisher_exact(padded, 2, 3, 100000),
                   stats_fisher_exact_2x2(t[0], t[1], t[2], t[3]), 1e-11);
    }
}

TEST(fisher_exact_beyond_its_bounds_has_no_answer)
{
    const uint64_t large[] = { 900, 50, 50, 1 }, small[] = { 1, 2, 3, 4 };
    CHECK("1001 rows", isnan(stats_fisher_exact(large, 2, 2, 1000000)));
    CHECK("nine rows", isnan(stats_fisher_exact(small, 9, 1, 1000)));
    CHECK("no columns", isnan(stats_fisher_exact(small, 1, 0, 1000)));
}
