/* stats/roc.h - how well scores order the classes: ROC, precision-recall, lift.
 *
 * All of it follows from two ascending columns: the scores of the positive rows and those of the negative rows.
 * Sort once, then each function below is a merge. A NaN score has no place in an order: drop such rows first. */
#ifndef STATS_ROC_H
#define STATS_ROC_H

#include <stddef.h>
#include <stdint.h>

struct stats_scores {
    const double *positives, *negatives; /* each ascending */
    size_t positive_count, negative_count;
};

/* Parts scores by class and sorts both parts. `scratch` holds 2 * rows doubles; the result points into its first
 * half. */
struct stats_scores stats_scores_sort(const double *scores, const uint8_t *is_positive, size_t rows, double *scratch);

/* Area under the ROC curve: the probability that a positive row scores above a negative one, ties counting half.
 * NaN when a class has no rows. O(n). */
double stats_roc_auc(const struct stats_scores *scores);

/* Macro average of one-against-rest areas. probabilities[c] is the column of class c; target codes >= classes are
 * left out; a class that is never or always the target makes it NaN (scikit-learn refuses). Scratch: 2 * rows
 * doubles. O(classes * n log n). */
double stats_roc_auc_macro(const double *const *probabilities, const uint32_t *target, size_t rows, size_t classes,
                           double *scratch);

/* Average precision: sum over thresholds of (R_i - R_(i-1)) P_i, not interpolated. NaN without positives, where
 * scikit-learn answers 0. */
double stats_average_precision(const struct stats_scores *scores);

/* Rows with score >= threshold are called positive. */
struct stats_curve_point {
    double x, y;
    double threshold; /* +inf at the start, where nothing is called positive */
};

/* ROC curve from (0, 0) to (1, 1), x = false positive rate, y = true positive rate, at most `points_max` >= 3 points.
 * Where there are more thresholds, points are left out so that the rest lie evenly along the curve. Returns the
 * number of points, 0 when a class has no rows. */
size_t stats_roc_curve(const struct stats_scores *scores, size_t points_max, struct stats_curve_point *ret_points);

/* Precision-recall curve from recall 0 (precision 1 by convention) upwards, x = recall, y = precision, decimated
 * evenly in recall. Returns the number of points, 0 without positives. */
size_t stats_pr_curve(const struct stats_scores *scores, size_t points_max, struct stats_curve_point *ret_points);

/* The best-scored part of the rows, against all rows. */
struct stats_lift_row {
    double share;       /* of all rows, from the top */
    uint64_t count;     /* rows in the part */
    uint64_t positives; /* of them in the positive class; ties across the border count in proportion, rounded down */
    double threshold;   /* the last score in the part */
    double precision, recall;
    double lift;     /* precision over the share of positives in all rows */
    double lift_max; /* what a perfect order would give here */
};

/* Rows for the top 1/steps, 2/steps, ... of the data, shape [steps]; returns the number of rows written, less than
 * `steps` where there are fewer rows of data, 0 when a class has no rows. O(n). */
size_t stats_lift_table(const struct stats_scores *scores, size_t steps, struct stats_lift_row *ret_rows);

#endif
