#include "stats/roc.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

static double scratch[80];

static struct stats_scores golden(void)
{
    return stats_scores_sort(golden_scores, golden_positive, 40, scratch);
}

TEST(roc_auc_and_average_precision_equal_sklearn)
{
    struct stats_scores scores = golden();
    CHECK_NEAR("area", stats_roc_auc(&scores), golden_quality.roc_auc, 1e-12);
    CHECK_NEAR("average precision", stats_average_precision(&scores), golden_quality.average_precision, 1e-12);
}

TEST(roc_auc_of_hand_worked_scores)
{
    static const struct {
        const char *why;
        double positives[3], negatives[3];
        size_t positive_count, negative_count;
        double auc;
    } cases[] = {
        { "perfect", { 7, 8, 9 }, { 1, 2, 3 }, 3, 3, 1 },
        { "perfectly wrong", { 1, 2, 3 }, { 7, 8, 9 }, 3, 3, 0 },
        { "all tied: a half", { 5, 5 }, { 5, 5, 5 }, 2, 3, 0.5 },
        { "one of four pairs wrong", { 2, 4 }, { 1, 3 }, 2, 2, 0.75 },
        { "one class", { 1 }, { 0 }, 1, 0, NAN },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct stats_scores scores = { cases[i].positives, cases[i].negatives, cases[i].positive_count,
                                       cases[i].negative_count };
        CHECK_NEAR(cases[i].why, stats_roc_auc(&scores), cases[i].auc, 1e-15);
    }
}

TEST(roc_auc_macro_is_the_mean_of_one_against_the_rest)
{
    const double first[] = { 0.8, 0.3, 0.4, 0.1 }, second[] = { 0.1, 0.6, 0.5, 0.2 }, third[] = { 0.1, 0.1, 0.1, 0.7 };
    const double *probabilities[] = { first, second, third };
    const uint32_t target[] = { 0, 0, 1, 2 }, two_classes[] = { 0, 0, 1, 9 };
    double space[8];
    /* Areas 3/4, 2/3 and 1. */
    CHECK_NEAR("by hand", stats_roc_auc_macro(probabilities, target, 4, 3, space), (0.75 + 2.0 / 3 + 1) / 3, 1e-12);
    CHECK("a class that never occurs", isnan(stats_roc_auc_macro(probabilities, two_classes, 4, 3, space)));
}

TEST(roc_and_pr_curves_go_from_end_to_end)
{
    const double positives[] = { 2, 4, 4 }, negatives[] = { 1, 3 };
    struct stats_scores scores = { positives, negatives, 3, 2 };
    struct stats_curve_point points[8];
    CHECK_INT("thresholds 4 3 2 1 and the start", stats_roc_curve(&scores, 8, points), 5);
    CHECK("start", points[0].x == 0 && points[0].y == 0 && isinf(points[0].threshold));
    CHECK_NEAR("two of three positives at 4", points[1].y, 2.0 / 3, 1e-12);
    CHECK("and no negative", points[1].x == 0 && points[1].threshold == 4);
    CHECK("end", points[4].x == 1 && points[4].y == 1);
    CHECK_INT("up to full recall at 2", stats_pr_curve(&scores, 8, points), 4);
    CHECK("start", points[0].x == 0 && points[0].y == 1);
    CHECK_NEAR("2 of 3 called positive at 3", points[2].y, 2.0 / 3, 1e-12);
    CHECK_NEAR("3 of 4 at 2", points[3].y, 0.75, 1e-12);
}

TEST(curves_are_thinned_to_a_bound)
{
    static double positives[500], negatives[700];
    for (size_t i = 0; i < 500; i++)
        positives[i] = (double)i + 200.5;
    for (size_t i = 0; i < 700; i++)
        negatives[i] = (double)i;
    struct stats_scores scores = { positives, negatives, 500, 700 };
    struct stats_curve_point points[20];
    size_t count = stats_roc_curve(&scores, 20, points);
    CHECK("no more than asked, not many fewer", count <= 20 && count >= 18);
    CHECK("both ends", points[0].x == 0 && points[count - 1].x == 1 && points[count - 1].y == 1);
    for (size_t i = 1; i < count; i++)
        CHECK("never back", points[i].x >= points[i - 1].x && points[i].y >= points[i - 1].y);
    count = stats_pr_curve(&scores, 20, points);
    CHECK("precision and recall too", count <= 20 && count >= 18 && points[count - 1].x == 1);
    scores.positive_count = 0;
    CHECK_INT("one class has no curve", stats_roc_curve(&scores, 20, points) + stats_pr_curve(&scores, 20, points), 0);
}

TEST(lift_table_of_hand_worked_scores)
{
    /* From the top: + + - + - - - - - -; base rate 3/10. */
    const double positives[] = { 7, 9, 10 }, negatives[] = { 1, 2, 3, 4, 5, 6, 8 };
    struct stats_scores scores = { positives, negatives, 3, 7 };
    struct stats_lift_row rows[20];
    CHECK_INT("steps", stats_lift_table(&scores, 5, rows), 5);
    CHECK("top fifth: both positive", rows[0].count == 2 && rows[0].positives == 2 && rows[0].threshold == 9);
    CHECK_NEAR("lift 1 / .3", rows[0].lift, 10.0 / 3, 1e-12);
    CHECK_NEAR("as good as can be", rows[0].lift_max, 10.0 / 3, 1e-12);
    CHECK_NEAR("3 of 4: precision .75", rows[1].precision, 0.75, 1e-12);
    CHECK_NEAR("the whole has a lift of 1", rows[4].lift, 1, 1e-12);
    CHECK_NEAR("all found", rows[4].recall, 1, 1e-12);
    CHECK_INT("no more rows than data", stats_lift_table(&scores, 20, rows), 10);
    const double tied[] = { 5, 5 };
    struct stats_scores ties = { tied, tied, 2, 2 };
    CHECK_INT("tied", stats_lift_table(&ties, 2, rows), 2);
    CHECK_INT("half of the tied rows hold half of their positives", rows[0].positives, 1);
}
