#include "stats/regression.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(regression_equals_sklearn)
{
    struct stats_regression got = stats_regression_of(golden_truth, golden_guess, 40);
    CHECK_INT("rows", got.rows, 40);
    CHECK_NEAR("mean error", got.mean_error, golden_quality.mean_error, 1e-12);
    CHECK_NEAR("its deviation", got.error_std, golden_quality.error_std, 1e-12);
    CHECK_NEAR("mean absolute error", got.mean_abs_error, golden_quality.mae, 1e-12);
    CHECK_NEAR("root mean square", got.rmse, golden_quality.rmse, 1e-12);
    CHECK_NEAR("R2", got.r2, golden_quality.r2, 1e-12);
    CHECK_NEAR("MAPE", got.mape_percent, golden_quality.mape, 1e-12);
    CHECK_NEAR("largest", got.max_abs_error, golden_quality.max_error, 1e-12);
}

TEST(regression_leaves_out_what_is_missing_and_counts_zero_targets)
{
    const double target[] = { 0, -4, NAN, 2, INFINITY }, prediction[] = { 1, -2, 5, 2, 3 };
    struct stats_regression got = stats_regression_of(target, prediction, 5);
    CHECK_INT("usable rows", got.rows, 3);
    CHECK_INT("of them with target 0", got.zero_targets, 1);
    CHECK_NEAR("(1 + 2 + 0) / 3", got.mean_error, 1, 1e-15);
    CHECK_NEAR("|target| below: (50 % + 0) / 2", got.mape_percent, 25, 1e-12);
    CHECK_NEAR("deviation of 1 2 0", got.error_std, 1, 1e-15);
}

TEST(regression_of_extremes)
{
    const double huge[] = { 1e300, 2e300, 3e300 }, guess[] = { 2e300, 2e300, 2e300 };
    struct stats_regression got = stats_regression_of(huge, guess, 3);
    CHECK_NEAR("1e300 squared is more than a double", got.rmse, 1e300 * sqrt(2.0 / 3), 1e-12);
    CHECK_NEAR("the mean explains nothing", got.r2, 0, 1e-12);
    const double constant[] = { 5, 5 }, near[] = { 5, 6 };
    CHECK_NEAR("constant target, no error", stats_regression_of(constant, constant, 2).r2, 1, 0);
    CHECK_NEAR("constant target, some error", stats_regression_of(constant, near, 2).r2, 0, 0);
    got = stats_regression_of(constant, near, 1);
    CHECK("one row has no spread", got.mean_abs_error == 0 && isnan(got.error_std) && isnan(got.r2));
    got = stats_regression_of(constant, near, 0);
    CHECK("no rows, no answer", isnan(got.rmse) && isnan(got.mean_error) && isnan(got.max_abs_error));
}

TEST(mape_as_evidently_computes_it)
{
    const double target[] = { 0, 2, -1 }, prediction[] = { 1, 3, -2 };
    /* A denominator of 2^-52 under 1 for the zero and under 1 for the negative target. */
    CHECK_NEAR("kept", stats_mape_evidently(target, prediction, 3, STATS_MAPE_KEEP), 100 * (2 * 0x1p52 + 0.5) / 3,
               1e-12);
    CHECK_NEAR("dropped", stats_mape_evidently(target, prediction, 3, STATS_MAPE_DROP), 100 * (0x1p52 + 0.5) / 2,
               1e-12);
    CHECK_NEAR("replaced", stats_mape_evidently(target, prediction, 2, STATS_MAPE_REPLACE), 75, 1e-12);
    CHECK("nothing left", isnan(stats_mape_evidently(target, prediction, 1, STATS_MAPE_DROP)));
}

TEST(regression_dummy_is_the_best_constant)
{
    const double target[] = { 0, 1, 2, 4, 13 };
    struct stats_regression_dummy dummy = stats_regression_dummy_of((struct stats_sample){ target, 5 });
    CHECK_NEAR("around the median 2: (2 + 1 + 0 + 2 + 11) / 5", dummy.mean_abs_error, 3.2, 1e-12);
    CHECK_NEAR("around the mean 4: sqrt((16 + 9 + 4 + 0 + 81) / 5)", dummy.rmse, sqrt(22), 1e-12);
    CHECK_NEAR("around 1, which half of the weights reach: (0 + 1/2 + 3/4 + 12/13) / 4", dummy.mape_percent,
               100 * (0.5 + 0.75 + 12.0 / 13) / 4, 1e-12);
    CHECK("no rows", isnan(stats_regression_dummy_of((struct stats_sample){ target, 0 }).rmse));
    CHECK("zeros only have no percentage",
          isnan(stats_regression_dummy_of((struct stats_sample){ target, 1 }).mape_percent));
}

TEST(error_bias_by_tails)
{
    const double errors[] = { -9, -1, 0, 1, 9, NAN }, feature[] = { 10, 1, 2, 3, 30, 99 };
    struct stats_error_bias bias = stats_error_bias_of(errors, feature, 6, -9, 9);
    CHECK_NEAR("guessed too low", bias.under, 10, 0);
    CHECK_NEAR("too high", bias.over, 30, 0);
    CHECK_NEAR("between", bias.majority, 2, 0);
    CHECK_NEAR("all", bias.overall, 46.0 / 5, 1e-12);
    CHECK_NEAR("20 of 29", bias.range_percent, 2000.0 / 29, 1e-12);
    CHECK("no rows", isnan(stats_error_bias_of(errors, feature, 0, 0, 0).overall));
}
