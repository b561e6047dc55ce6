#include "stats/classification.h"

#include "base/attributes.h"
#include "base/test.h"
#include "stats/golden_binned.h"

TEST(classification_equals_sklearn)
{
    uint64_t matrix[9];
    CHECK_INT("rows", stats_confusion(golden_target, golden_predicted, 40, 3, matrix), 40);
    struct stats_classification got = stats_classification_of(matrix, 3);
    CHECK_NEAR("accuracy", got.accuracy, golden_quality.accuracy, 1e-12);
    CHECK_NEAR("balanced accuracy", got.balanced_accuracy, golden_quality.balanced_accuracy, 1e-12);
    CHECK_NEAR("Matthews", got.matthews_correlation, golden_quality.matthews, 1e-12);
    CHECK_NEAR("macro precision", got.macro.precision, golden_quality.macro_precision, 1e-12);
    CHECK_NEAR("macro recall", got.macro.recall, golden_quality.macro_recall, 1e-12);
    CHECK_NEAR("macro F1", got.macro.f1, golden_quality.macro_f1, 1e-12);
    CHECK_NEAR("weighted precision", got.weighted.precision, golden_quality.weighted_precision, 1e-12);
    CHECK_NEAR("weighted recall", got.weighted.recall, golden_quality.weighted_recall, 1e-12);
    CHECK_NEAR("weighted F1", got.weighted.f1, golden_quality.weighted_f1, 1e-12);
    CHECK_NEAR("micro is accuracy", got.micro.f1, golden_quality.accuracy, 1e-12);
}

TEST(class_quality_of_a_hand_worked_matrix)
{
    const uint64_t matrix[] = { 50, 10, 5, 35 }; /* target 0: 60 rows, target 1: 40 rows */
    struct stats_class_quality one = stats_class_quality_of(matrix, 2, 1);
    CHECK("counts", one.true_positives == 35 && one.false_positives == 10 && one.false_negatives == 5 &&
                        one.true_negatives == 50);
    CHECK_NEAR("35 / 45", one.precision, 35.0 / 45, 1e-12);
    CHECK_NEAR("35 / 40", one.recall, 0.875, 1e-12);
    CHECK_NEAR("70 / 85", one.f1, 70.0 / 85, 1e-12);
    struct stats_class_rates rates = stats_class_rates_of(&one);
    CHECK_NEAR("true positive rate", rates.true_positive, 0.875, 1e-12);
    CHECK_NEAR("false positive rate", rates.false_positive, 10.0 / 60, 1e-12);
    CHECK_NEAR("true negative rate", rates.true_negative, 50.0 / 60, 1e-12);
    CHECK_NEAR("false negative rate", rates.false_negative, 0.125, 1e-12);
}

TEST(classification_of_missing_and_absent_classes)
{
    const uint32_t target[] = { 0, 0, 9, 1 }, predicted[] = { 0, 1, 1, 7 };
    uint64_t matrix[9];
    CHECK_INT("rows with a code beyond the classes are missing", stats_confusion(target, predicted, 4, 3, matrix), 2);
    struct stats_classification got = stats_classification_of(matrix, 3);
    CHECK_NEAR("class 2 occurs nowhere; class 1 is predicted in error: (2/3 + 0) / 2", got.macro.f1, 1.0 / 3, 1e-12);
    CHECK_NEAR("only class 0 occurs as target", got.balanced_accuracy, 0.5, 1e-12);
    CHECK_NEAR("one target class: no correlation", got.matthews_correlation, 0, 0);
    const uint64_t empty[4] = { 0 };
    got = stats_classification_of(empty, 2);
    CHECK("no rows, no answer", isnan(got.accuracy) && isnan(got.macro.f1) && isnan(got.matthews_correlation));
    struct stats_class_quality never = stats_class_quality_of(empty, 2, 0);
    CHECK("a rate without rows", never.recall == 0 && isnan(stats_class_rates_of(&never).true_positive));
}

TEST(classification_dummy_of_class_shares)
{
    const uint64_t counts[] = { 60, 30, 10, 0 }, none[] = { 0 };
    struct stats_classification_dummy dummy = stats_classification_dummy_of(counts, 4);
    CHECK_NEAR("majority", dummy.majority_accuracy, 0.6, 1e-12);
    CHECK_NEAR(".36 + .09 + .01", dummy.stratified_accuracy, 0.46, 1e-12);
    CHECK_NEAR("entropy of .6 .3 .1", dummy.prior_log_loss, 0.8979457248567797, 1e-12);
    CHECK_NEAR("three classes occur: ln 3", dummy.uniform_log_loss, 1.09861228866811, 1e-12);
    CHECK_NEAR("F1 of the majority, .75, over three classes", dummy.majority_macro_f1, 0.25, 1e-12);
    CHECK("no rows, no bar", isnan(stats_classification_dummy_of(none, 1).majority_accuracy));
}
