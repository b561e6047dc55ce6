#include <math.h>

#include "monitor/report_json_internal.h"

static void write_average(struct json_writer *json, const char *name, const struct stats_average_quality *average)
{
    json_object(json, name);
    json_f64(json, "precision", average->precision);
    json_f64(json, "recall", average->recall);
    json_f64(json, "f1", average->f1);
    json_end_object(json);
}

static void write_labels(struct json_writer *json, const struct classification_report *report,
                         const struct classification_metrics *metrics)
{
    json_array(json, "by_label");
    for (size_t i = 0; i < report->label_count; i++) {
        const struct label_quality *label = &metrics->labels[i];
        json_begin_object(json);
        json_str(json, "label", report->labels[i]);
        json_f64(json, "precision", label->quality.precision);
        json_f64(json, "recall", label->quality.recall);
        json_f64(json, "f1", label->quality.f1);
        json_u64(json, "support", label->support);
        json_f64(json, "roc_auc", label->roc_auc);
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "confusion");
    for (size_t row = 0; row < report->label_count; row++) {
        json_begin_array(json);
        for (size_t column = 0; column < report->label_count; column++)
            json_write_u64(json, metrics->confusion[row * report->label_count + column]);
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_curve(struct json_writer *json, const char *name, const char *const axes[2],
                        const struct stats_curve_point *points, size_t count)
{
    json_object(json, name);
    for (size_t axis = 0; axis < 2; axis++) {
        json_array(json, axes[axis]);
        for (size_t i = 0; i < count; i++)
            json_write_f64(json, axis == 0 ? points[i].x : points[i].y);
        json_end_array(json);
    }
    json_end_object(json);
}

static void write_calibration(struct json_writer *json, const struct stats_calibration_bin *bins)
{
    json_array(json, "calibration");
    for (size_t i = 0; i < CALIBRATION_BINS; i++) {
        json_begin_object(json);
        json_f64(json, "from", (double)i / CALIBRATION_BINS);
        json_f64(json, "to", (double)(i + 1) / CALIBRATION_BINS);
        json_u64(json, "count", bins[i].count);
        json_f64(json, "mean_predicted", bins[i].mean_probability);
        json_f64(json, "observed", bins[i].positive_share);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_lift(struct json_writer *json, const struct stats_lift_row *rows, size_t count)
{
    json_array(json, "lift");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(json);
        json_f64(json, "share", rows[i].share);
        json_f64(json, "lift", rows[i].lift);
        json_f64(json, "captured", rows[i].recall);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_probabilities(struct json_writer *json, const struct classification_metrics *metrics)
{
    static const char *const roc_axes[2] = { "fpr", "tpr" }, *const pr_axes[2] = { "recall", "precision" };
    json_f64(json, "log_loss", metrics->log_loss);
    json_f64(json, "roc_auc", metrics->roc_auc);
    json_f64(json, "average_precision", metrics->average_precision);
    json_f64(json, "brier", metrics->brier);
    json_f64(json, "ece", metrics->calibration_error);
    if (metrics->roc_count)
        write_curve(json, "roc", roc_axes, metrics->roc, metrics->roc_count);
    if (metrics->pr_count)
        write_curve(json, "pr", pr_axes, metrics->pr, metrics->pr_count);
    if (metrics->calibration)
        write_calibration(json, metrics->calibration);
    if (metrics->lift_count)
        write_lift(json, metrics->lift, metrics->lift_count);
}

/* The members of METRICS; the caller opens and closes the object. */
static void write_class_metrics(struct json_writer *json, const struct classification_report *report,
                                const struct classification_metrics *metrics)
{
    const struct stats_classification *overall = &metrics->overall;
    json_u64(json, "rows", metrics->rows);
    json_f64(json, "accuracy", overall->accuracy);
    json_f64(json, "balanced_accuracy", overall->balanced_accuracy);
    json_f64(json, "precision", metrics->precision);
    json_f64(json, "recall", metrics->recall);
    json_f64(json, "f1", metrics->f1);
    if (report->task == TASK_BINARY) {
        json_f64(json, "tpr", metrics->rates.true_positive);
        json_f64(json, "tnr", metrics->rates.true_negative);
        json_f64(json, "fpr", metrics->rates.false_positive);
        json_f64(json, "fnr", metrics->rates.false_negative);
    }
    json_f64(json, "mcc", overall->matthews_correlation);
    json_object(json, "averages");
    write_average(json, "macro", &overall->macro);
    write_average(json, "micro", &overall->micro);
    write_average(json, "weighted", &overall->weighted);
    json_end_object(json);
    write_labels(json, report, metrics);
    if (metrics->has_probabilities)
        write_probabilities(json, metrics);
    const struct stats_classification_dummy *dummy = &metrics->dummy;
    json_object(json, "dummy");
    json_f64(json, "accuracy", dummy->majority_accuracy);
    json_f64(json, "f1", dummy->majority_macro_f1);
    json_f64(json, "log_loss", dummy->prior_log_loss);
    json_f64(json, "roc_auc", dummy->roc_auc);
    json_end_object(json);
}

static void write_class_side(struct json_writer *json, const char *side, const struct classification_report *report,
                             const struct classification_metrics *metrics)
{
    if (!metrics) {
        json_null(json, side);
        return;
    }
    json_object(json, side);
    write_class_metrics(json, report, metrics);
    json_end_object(json);
}

void report_json_classification(struct json_writer *json, const struct classification_report *report)
{
    if (!report) {
        json_null(json, "classification");
        return;
    }
    json_object(json, "classification");
    json_text(json, "task", task_name(report->task));
    json_str(json, "target", report->target);
    report_json_note(json, "prediction", report->prediction);
    json_array(json, "labels");
    for (size_t i = 0; i < report->label_count; i++)
        json_write_str(json, report->labels[i]);
    json_end_array(json);
    if (report->task == TASK_BINARY && report->positive < report->label_count)
        json_str(json, "positive", report->labels[report->positive]);
    else
        json_null(json, "positive");
    write_class_side(json, "reference", report, report->reference);
    write_class_side(json, "current", report, report->current);
    json_array(json, "segments");
    for (size_t i = 0; i < report->segment_count; i++) {
        const struct classification_segment *segment = &report->segments[i];
        json_begin_object(json);
        json_str(json, "column", segment->column);
        json_str(json, "value", segment->value);
        json_u64(json, "rows", segment->metrics.rows);
        json_object(json, "metrics");
        write_class_metrics(json, report, &segment->metrics);
        json_end_object(json);
        json_end_object(json);
    }
    json_end_array(json);
    report_json_note(json, "note", report->note);
    json_end_object(json);
}

static void write_qq(struct json_writer *json, const struct regression_metrics *metrics)
{
    json_object(json, "qq");
    json_array(json, "theoretical");
    for (size_t i = 0; i < metrics->qq_count; i++)
        json_write_f64(json, metrics->qq[i].theoretical);
    json_end_array(json);
    json_array(json, "observed");
    for (size_t i = 0; i < metrics->qq_count; i++)
        json_write_f64(json, metrics->qq[i].observed);
    json_end_array(json);
    json_end_object(json);
}

static void write_regression_metrics(struct json_writer *json, const struct regression_metrics *metrics)
{
    const struct stats_regression *overall = &metrics->overall;
    json_u64(json, "rows", overall->rows);
    json_f64(json, "me", overall->mean_error);
    json_f64(json, "me_std", overall->error_std);
    json_f64(json, "mae", overall->mean_abs_error);
    json_f64(json, "mae_std", overall->abs_error_std);
    json_f64(json, "rmse", overall->rmse);
    json_f64(json, "r2", overall->r2);
    json_f64(json, "mape", overall->mape_percent);
    json_f64(json, "mape_std", overall->abs_percent_error_std);
    json_u64(json, "mape_skipped", overall->zero_targets);
    if (!isnan(metrics->mape_compat))
        json_f64(json, "mape_compat", metrics->mape_compat);
    json_f64(json, "max_abs_error", overall->max_abs_error);
    json_object(json, "normality");
    json_text(json, "method", "jarque_bera");
    json_f64(json, "statistic", metrics->normality.statistic);
    json_f64(json, "p_value", metrics->normality.p);
    json_end_object(json);
    json_object(json, "dummy");
    json_f64(json, "mae", metrics->dummy.mean_abs_error);
    json_f64(json, "rmse", metrics->dummy.rmse);
    json_f64(json, "mape", metrics->dummy.mape_percent);
    json_end_object(json);
    json_object(json, "residuals");
    report_json_numbers(json, "edges", metrics->residual_edges, metrics->residual_bins ? metrics->residual_bins + 1 : 0);
    report_json_counts(json, "counts", metrics->residual_counts, metrics->residual_bins);
    json_end_object(json);
    write_qq(json, metrics);
    json_object(json, "predicted_vs_actual");
    report_json_numbers(json, "actual", metrics->actual, metrics->scatter_count);
    report_json_numbers(json, "predicted", metrics->predicted, metrics->scatter_count);
    json_end_object(json);
}

static void write_regression_side(struct json_writer *json, const char *side, const struct regression_metrics *metrics)
{
    if (!metrics) {
        json_null(json, side);
        return;
    }
    json_object(json, side);
    write_regression_metrics(json, metrics);
    json_end_object(json);
}

void report_json_regression(struct json_writer *json, const struct regression_report *report)
{
    if (!report) {
        json_null(json, "regression");
        return;
    }
    json_object(json, "regression");
    json_str(json, "target", report->target);
    json_str(json, "prediction", report->prediction);
    write_regression_side(json, "reference", report->reference);
    write_regression_side(json, "current", report->current);
    json_array(json, "segments");
    for (size_t i = 0; i < report->segment_count; i++) {
        const struct regression_segment *segment = &report->segments[i];
        json_begin_object(json);
        json_str(json, "column", segment->column);
        json_str(json, "value", segment->value);
        json_u64(json, "rows", segment->metrics.overall.rows);
        write_regression_side(json, "metrics", &segment->metrics);
        json_end_object(json);
    }
    json_end_array(json);
    json_array(json, "error_bias");
    for (size_t i = 0; i < report->bias_count; i++) {
        const struct error_bias *bias = &report->biases[i];
        json_begin_object(json);
        json_str(json, "column", bias->column);
        json_text(json, "type", column_type_name(bias->type));
        json_f64(json, "under_mean", bias->under_mean);
        json_f64(json, "majority_mean", bias->majority_mean);
        json_f64(json, "over_mean", bias->over_mean);
        json_f64(json, "range_share", bias->range_share);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void write_groups(struct json_writer *json, const struct fairness_report *report)
{
    json_array(json, "groups");
    for (size_t i = 0; i < report->group_count; i++) {
        const struct fairness_group *group = &report->groups[i];
        json_begin_object(json);
        json_str(json, "value", group->value);
        json_u64(json, "rows", group->rows);
        json_f64(json, "positive_share", group->positive_share);
        json_f64(json, "tpr", group->true_positive_rate);
        json_f64(json, "fpr", group->false_positive_rate);
        json_f64(json, "accuracy", group->accuracy);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_fairness(struct json_writer *json, const struct fairness_report *report)
{
    const struct stats_fairness *measures = &report->measures;
    json_str(json, "column", report->column);
    json_str(json, "reference_group", report->groups[report->reference_group].value);
    json_f64(json, "demographic_parity_difference", measures->demographic_parity_difference);
    json_f64(json, "demographic_parity_ratio", measures->demographic_parity_ratio);
    json_f64(json, "equal_opportunity_difference", measures->equal_opportunity_difference);
    json_f64(json, "equalized_odds_difference", measures->equalized_odds_difference);
    json_f64(json, "accuracy_difference", measures->accuracy_difference);
    write_groups(json, report);
}

/* The first segment column is the object itself; further ones stand in its `others`. */
void report_json_fairness(struct json_writer *json, const struct fairness_report *report)
{
    if (!report) {
        json_null(json, "fairness");
        return;
    }
    json_object(json, "fairness");
    write_fairness(json, report);
    json_array(json, "others");
    for (const struct fairness_report *other = report->next; other; other = other->next) {
        json_begin_object(json);
        write_fairness(json, other);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}
