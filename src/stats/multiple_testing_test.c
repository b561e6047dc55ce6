#include "stats/multiple_testing.h"

#include <string.h>

#include "base/attributes.h"
#include "base/test.h"

TEST(adjusted_p_rejects_as_benjamini_and_hochberg_published)
{
    /* The 15 p-values of their 1995 paper, here out of order, at the level 0.05. */
    static const double p[15] = { 0.4262, 0.0001, 0.0298, 0.0004, 0.3240, 0.0019, 0.0459, 0.0095,
                                  0.5719, 0.0201, 1.0000, 0.0278, 0.7590, 0.0344, 0.6528 };
    static const struct {
        enum stats_correction correction;
        int rejected;
    } cases[] = { { STATS_CORRECTION_NONE, 9 },
                  { STATS_CORRECTION_BONFERRONI, 3 },
                  { STATS_CORRECTION_BENJAMINI_HOCHBERG, 4 },
                  { STATS_CORRECTION_BENJAMINI_YEKUTIELI, 3 } };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double adjusted[15];
        uint32_t order[15];
        stats_adjust_p(cases[i].correction, p, 15, order, adjusted);
        int rejected = 0;
        for (size_t j = 0; j < 15; j++)
            rejected += adjusted[j] <= 0.05;
        CHECK_INT(stats_correction_name(cases[i].correction), rejected, cases[i].rejected);
    }
}

TEST(adjusted_p_of_hand_worked_values)
{
    double p[] = { 0.04, NAN, 0.01, 0.03 };
    uint32_t order[4];
    stats_adjust_p(STATS_CORRECTION_BENJAMINI_HOCHBERG, p, 4, order, p);
    CHECK_NEAR("the largest of three stays", p[0], 0.04, 1e-12);
    CHECK("what was not tested stays so", isnan(p[1]));
    CHECK_NEAR("3 * .01", p[2], 0.03, 1e-12);
    CHECK_NEAR("3/2 * .03 is above the next, which it may not be", p[3], 0.04, 1e-12);
    stats_adjust_p(STATS_CORRECTION_BENJAMINI_HOCHBERG, p, 0, order, p); /* nothing to do, nothing touched */
    CHECK_NEAR("untouched", p[0], 0.04, 1e-12);
}

TEST(correction_names_are_all_there)
{
    for (enum stats_correction i = 0; i < STATS_CORRECTION_COUNT; i++)
        for (enum stats_correction j = 0; j < i; j++)
            CHECK("different", strcmp(stats_correction_name(i), stats_correction_name(j)) != 0);
}
