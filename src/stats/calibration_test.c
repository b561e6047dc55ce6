#include "stats/calibration.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(log_loss_and_brier_equal_sklearn)
{
    double negatives[40];
    uint32_t target[40];
    for (size_t i = 0; i < 40; i++) {
        negatives[i] = 1 - golden_scores[i];
        target[i] = golden_positive[i];
    }
    const double *columns[] = { negatives, golden_scores };
    CHECK_NEAR("binary", stats_log_loss_binary(golden_scores, golden_positive, 40), golden_quality.log_loss, 1e-12);
    CHECK_NEAR("a column a class", stats_log_loss(columns, target, 40, 2), golden_quality.log_loss, 1e-12);
    CHECK_NEAR("Brier", stats_brier_score(golden_scores, golden_positive, 40), golden_quality.brier, 1e-12);
}

TEST(log_loss_of_certainty_is_clipped_and_gaps_left_out)
{
    const double wrong[] = { 0, NAN, 1 };
    const uint8_t positive[] = { 1, 1, 0 };
    CHECK_NEAR("52 ln 2, not infinity", stats_log_loss_binary(wrong, positive, 3), 36.04365338911715, 1e-12);
    CHECK_NEAR("Brier: both wholly wrong", stats_brier_score(wrong, positive, 3), 1, 0);
    CHECK("no rows",
          isnan(stats_log_loss_binary(wrong, positive, 0)) && isnan(stats_brier_score(wrong + 1, positive, 1)));
    const double *column = wrong;
    const uint32_t missing = 4;
    CHECK("a target that is missing", isnan(stats_log_loss(&column, &missing, 1, 1)));
}

TEST(calibration_bins_are_open_below)
{
    const double probabilities[] = { 0, 0.2, 0.21, 0.6000000000000001, 1, NAN, 1.5, -0.1 };
    const uint8_t positive[] = { 0, 1, 0, 1, 1, 1, 1, 1 };
    struct stats_calibration_bin bins[5];
    stats_calibration_bins(probabilities, positive, 8, 5, bins);
    CHECK_INT("[0, .2] holds 0 and its upper edge", bins[0].count, 2);
    CHECK_INT("(.2, .4]", bins[1].count, 1);
    CHECK_INT("(.4, .6]: 3 * .2 is 0.6000000000000001, as NumPy's edge", bins[2].count, 1);
    CHECK("(.6, .8] is empty: NaN", bins[3].count == 0 && isnan(bins[3].mean_probability));
    CHECK_INT("(.8, 1]", bins[4].count, 1);
    CHECK_NEAR("one of two", bins[0].positive_share, 0.5, 0);
    CHECK_NEAR("(0 + .2) / 2", bins[0].mean_probability, 0.1, 1e-15);
    /* (2 * .4 + .21 + .4 + 0) / 5 */
    CHECK_NEAR("expected calibration error", stats_calibration_error(bins, 5), 0.282, 1e-12);
    CHECK("no rows, no error", isnan(stats_calibration_error(bins + 3, 1)));
}
