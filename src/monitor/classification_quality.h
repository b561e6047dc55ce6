/* monitor/classification_quality.h - how good predicted classes are, on both sides, by segment, and to whom. */
#ifndef MONITOR_CLASSIFICATION_QUALITY_H
#define MONITOR_CLASSIFICATION_QUALITY_H

#include <stdint.h>

#include "base/arena.h"
#include "monitor/column_type.h"
#include "stats/calibration.h"
#include "stats/classification.h"
#include "stats/fairness.h"
#include "stats/roc.h"

#define CLASSIFICATION_LABELS_MAX 100
#define CURVE_POINTS_MAX 200
#define CALIBRATION_BINS 10
#define LIFT_STEPS 20

struct label_quality {
    struct stats_class_quality quality;
    uint64_t support;
    double roc_auc; /* NaN: no probabilities */
};

struct classification_metrics {
    size_t rows;
    struct stats_classification overall;
    double precision, recall, f1; /* binary: of the positive label; multiclass: macro */
    struct stats_class_rates rates; /* binary */
    struct label_quality *labels;   /* [label_count] */
    uint64_t *confusion;            /* [label_count * label_count], row = target */
    bool has_probabilities;
    double log_loss, roc_auc, average_precision, brier, calibration_error;
    struct stats_curve_point *roc, *pr;
    size_t roc_count, pr_count;
    struct stats_calibration_bin *calibration; /* [CALIBRATION_BINS]; NULL: none */
    struct stats_lift_row *lift;
    size_t lift_count;
    struct stats_classification_dummy dummy;
};

struct classification_segment {
    str column, value;
    struct classification_metrics metrics;
};

struct classification_report {
    enum task task; /* binary or multiclass */
    str target, prediction;
    const str *labels;
    size_t label_count;
    size_t positive; /* index into labels; binary */
    struct classification_metrics *reference, *current; /* NULL: no rows with target and prediction */
    struct classification_segment *segments; /* of the current data */
    size_t segment_count;
    str note;
};

struct fairness_group {
    str value;
    uint64_t rows;
    double positive_share, true_positive_rate, false_positive_rate, accuracy;
};

struct fairness_report {
    str column;
    struct fairness_group *groups;
    size_t group_count;
    size_t reference_group; /* the largest */
    struct stats_fairness measures;
    struct fairness_report *next; /* of the next segment column */
};

#endif
