/* stats/classification.h - how good predicted classes are: everything that a confusion matrix tells.
 *
 * Classes are codes 0..classes-1. matrix[target * classes + predicted] counts rows; all functions below read it in
 * O(classes^2) or less, so it is computed once. Where scikit-learn warns and answers 0 (a class never predicted has
 * no precision), so do we. Averages run over the classes that occur as target or prediction. */
#ifndef STATS_CLASSIFICATION_H
#define STATS_CLASSIFICATION_H

#include <stddef.h>
#include <stdint.h>

/* Counts rows, shape [classes x classes]. Codes >= classes stand for missing; such rows are left out. Returns the
 * rows counted. */
size_t stats_confusion(const uint32_t *target, const uint32_t *predicted, size_t rows, size_t classes,
                       uint64_t *ret_matrix);

/* One class against all others. */
struct stats_class_quality {
    uint64_t true_positives, false_positives, false_negatives, true_negatives;
    double precision, recall, f1; /* 0 where the denominator is */
};
struct stats_class_quality stats_class_quality_of(const uint64_t *matrix, size_t classes, size_t positive);

/* Rates of a binary task, from one class's counts; NaN where the denominator is 0. */
struct stats_class_rates {
    double true_positive, true_negative, false_positive, false_negative;
};
struct stats_class_rates stats_class_rates_of(const struct stats_class_quality *quality);

struct stats_average_quality {
    double precision, recall, f1;
};

struct stats_classification {
    uint64_t rows;
    double accuracy;
    double balanced_accuracy;                            /* mean recall of the classes that occur as target */
    double matthews_correlation;                         /* multiclass form [Gorodkin2004]; 0 where undefined */
    struct stats_average_quality macro, micro, weighted; /* weighted by the rows of the target class */
};

/* All of it at once; NaN members where the matrix has no rows. */
struct stats_classification stats_classification_of(const uint64_t *matrix, size_t classes);

/* What one gets without a model: the bar that a model must clear. Computed from the target's class shares alone. */
struct stats_classification_dummy {
    double majority_accuracy;   /* always the most frequent class */
    double stratified_accuracy; /* drawn by class shares, in expectation: sum of squared shares */
    double prior_log_loss;      /* always the class shares as probabilities: their entropy in nats */
    double uniform_log_loss;    /* ln(classes that occur) */
    double majority_macro_f1;   /* the majority class, averaged over the classes that occur */
    double roc_auc;             /* 0.5 */
};

/* target_counts: rows of each class, shape [classes]. NaN members without rows. */
struct stats_classification_dummy stats_classification_dummy_of(const uint64_t *target_counts, size_t classes);

#endif
