#include "monitor/classification_quality.h"

#include <math.h>

#include "monitor/label_set.h"
#include "monitor/model_quality.h"
#include "monitor/segment.h"

/* From this probability on a binary model without predicted labels says "positive". */
#define PROBABILITY_LIMIT 0.5

/* The rows of one side, by label index and class; arrays of a side or of a segment of it. */
struct class_rows {
    size_t count;
    uint32_t *target, *predicted;   /* FRAME_MISSING only before rows are selected */
    const double **probabilities;   /* [label_count], NULL members: no such column; NULL: none at all */
};

struct classifying {
    const struct model_input *input;
    const struct model_columns *columns;
    struct classification_report *report;
    struct label_set labels;
    const struct schema_column **probability_of; /* [label_count] */
    bool has_probabilities;
    struct arena *kept, *scratch;
    struct error *err;
};

static enum status no_memory(const struct classifying *work, size_t rows)
{
    return error_set(work->err, ERR_LIMIT, "the labels of %zu rows do not fit in memory", rows);
}

static const struct column *on_side(const struct schema_column *column, size_t side)
{
    return !column ? NULL : side == 0 ? column->reference_raw : column->current_raw;
}

static size_t positive_label(const struct label_set *labels, str declared)
{
    static const char *const usual[] = { "1", "true", "True", "TRUE", "yes", "Yes", "YES" };
    if (!str_is_empty(declared))
        return label_set_find(labels, declared);
    for (size_t i = 0; i < COUNT(usual); i++) {
        size_t found = label_set_find(labels, str_of(usual[i]));
        if (found < labels->count)
            return found;
    }
    return labels->count ? labels->count - 1 : 0;
}

/* The class that a probability column speaks of: columns are named like their class, often behind one of these. */
static str class_of(str column_name)
{
    static const char *const prefixes[] = { "probability_", "probabilities_", "proba_", "prob_" };
    for (size_t i = 0; i < COUNT(prefixes); i++) {
        str prefix = str_of(prefixes[i]);
        if (str_has_prefix(column_name, prefix) && column_name.size > prefix.size)
            return str_slice(column_name, prefix.size, column_name.size);
    }
    return column_name;
}

/* A label that is spelled like the whole column name wins over one that is like its end. */
static size_t label_of(const struct label_set *labels, str column_name)
{
    size_t label = label_set_find(labels, column_name);
    return label < labels->count ? label : label_set_find(labels, class_of(column_name));
}

/* All labels of both sides; of a model with one probability column a class each, those that no row has too. */
static enum status gather_labels(struct classifying *work)
{
    const struct model_columns *columns = work->columns;
    for (size_t side = 0; side < 2; side++) {
        TRY(label_set_add_column(&work->labels, on_side(columns->target, side), work->scratch, work->err));
        TRY(label_set_add_column(&work->labels, on_side(columns->prediction, side), work->scratch, work->err));
    }
    label_set_sort(&work->labels);
    struct label_set seen = work->labels;
    for (size_t i = 0; columns->probability_count > 1 && i < columns->probability_count; i++)
        if (label_of(&seen, columns->probabilities[i]->name) == seen.count)
            label_set_add(&work->labels, class_of(columns->probabilities[i]->name), work->scratch);
    label_set_sort(&work->labels);
    return OK;
}

/* Finds each label's probability column: by name, or the only one for the positive label. */
static enum status match_probabilities(struct classifying *work)
{
    const struct model_columns *columns = work->columns;
    size_t labels = work->labels.count, found = 0;
    work->probability_of = arena_array(work->scratch, const struct schema_column *, labels + 1);
    if (!work->probability_of)
        return no_memory(work, labels);
    if (columns->probability_count == 1 && work->report->task == TASK_BINARY) {
        work->probability_of[work->report->positive] = columns->probabilities[0];
        work->has_probabilities = true;
        return OK;
    }
    for (size_t i = 0; i < columns->probability_count; i++) {
        size_t label = label_of(&work->labels, columns->probabilities[i]->name);
        if (label == labels)
            continue;
        work->probability_of[label] = columns->probabilities[i];
        found++;
    }
    bool is_binary = work->report->task == TASK_BINARY;
    work->has_probabilities = is_binary ? work->probability_of[work->report->positive] != NULL : found == labels;
    if (columns->probability_count && !work->has_probabilities)
        work->report->note = STR("the probability columns are not named like the labels: left out");
    return OK;
}

/* The likeliest class of a row; missing when a probability is. */
static uint32_t likeliest(const double *const *probabilities, size_t labels, size_t row)
{
    uint32_t best = FRAME_MISSING;
    for (size_t i = 0; i < labels; i++) {
        if (!probabilities[i] || isnan(probabilities[i][row]))
            return FRAME_MISSING;
        if (best == FRAME_MISSING || probabilities[i][row] > probabilities[best][row])
            best = (uint32_t)i;
    }
    return best;
}

static uint32_t called(const struct classifying *work, const double *const *probabilities, size_t row)
{
    const struct classification_report *report = work->report;
    if (report->task != TASK_BINARY)
        return likeliest(probabilities, report->label_count, row);
    double probability = probabilities[report->positive][row];
    size_t other = report->positive == 0 ? 1 : 0;
    if (isnan(probability))
        return FRAME_MISSING;
    /* A lone label has no other; then every row gets it. */
    return (uint32_t)(probability >= PROBABILITY_LIMIT || report->label_count < 2 ? report->positive : other);
}

static enum status read_probabilities(const struct classifying *work, size_t side, struct class_rows *rows)
{
    size_t labels = work->labels.count;
    if (!work->has_probabilities)
        return OK;
    const double **columns = arena_array(work->scratch, const double *, labels + 1);
    if (!columns)
        return no_memory(work, rows->count);
    for (size_t i = 0; i < labels; i++) {
        const struct column *column = on_side(work->probability_of[i], side);
        if (work->probability_of[i] && !column)
            return OK; /* this side lacks it: no probabilities here */
        if (!column)
            continue;
        struct column numbers;
        size_t failed;
        TRY(column_to_number(column, work->scratch, &numbers, &failed, work->err));
        columns[i] = numbers.f64;
    }
    rows->probabilities = columns;
    return OK;
}

/* The whole side in row order; count stays 0 where target or predictions are not there. */
static enum status read_side(const struct classifying *work, size_t side, struct class_rows *ret_rows)
{
    struct class_rows rows = { 0 };
    const struct column *target = on_side(work->columns->target, side);
    const struct column *prediction = on_side(work->columns->prediction, side);
    *ret_rows = rows;
    if (!target)
        return OK;
    size_t count = target->rows;
    TRY(label_set_codes(&work->labels, target, work->scratch, &rows.target, work->err));
    TRY(read_probabilities(work, side, &rows));
    if (prediction) {
        TRY(label_set_codes(&work->labels, prediction, work->scratch, &rows.predicted, work->err));
    } else if (rows.probabilities) {
        rows.predicted = arena_array(work->scratch, uint32_t, count + 1);
        if (!rows.predicted)
            return no_memory(work, count);
        for (size_t row = 0; row < count; row++)
            rows.predicted[row] = called(work, rows.probabilities, row);
    } else {
        return OK;
    }
    rows.count = count;
    *ret_rows = rows;
    return OK;
}

static bool has_all_probabilities(const struct class_rows *rows, size_t labels, size_t row)
{
    for (size_t i = 0; rows->probabilities && i < labels; i++)
        if (rows->probabilities[i] && isnan(rows->probabilities[i][row]))
            return false;
    return true;
}

/* Rows with target, prediction and probabilities, of segment `wanted` where `codes` is given. */
static enum status select_rows(const struct classifying *work, const struct class_rows *side, const uint32_t *codes,
                               uint32_t wanted, struct class_rows *ret_rows)
{
    size_t labels = work->labels.count;
    struct class_rows rows = { 0, arena_array(work->scratch, uint32_t, side->count + 1),
                               arena_array(work->scratch, uint32_t, side->count + 1), NULL };
    double **probabilities = arena_array(work->scratch, double *, labels + 1);
    if (!rows.target || !rows.predicted || !probabilities)
        return no_memory(work, side->count);
    for (size_t i = 0; side->probabilities && i < labels; i++) {
        if (!side->probabilities[i])
            continue;
        probabilities[i] = arena_array(work->scratch, double, side->count + 1);
        if (!probabilities[i])
            return no_memory(work, side->count);
    }
    for (size_t row = 0; row < side->count; row++) {
        bool is_wanted = (!codes || codes[row] == wanted) && side->target[row] != FRAME_MISSING &&
                         side->predicted[row] != FRAME_MISSING && has_all_probabilities(side, labels, row);
        if (!is_wanted)
            continue;
        rows.target[rows.count] = side->target[row];
        rows.predicted[rows.count] = side->predicted[row];
        for (size_t i = 0; side->probabilities && i < labels; i++)
            if (probabilities[i])
                probabilities[i][rows.count] = side->probabilities[i][row];
        rows.count++;
    }
    if (side->probabilities)
        rows.probabilities = (const double **)probabilities;
    *ret_rows = rows;
    return OK;
}

static void draw_curves(const struct classifying *work, const struct stats_scores *scores,
                        struct classification_metrics *metrics)
{
    metrics->roc = arena_alloc(work->kept, CURVE_POINTS_MAX * sizeof *metrics->roc);
    metrics->roc_count = stats_roc_curve(scores, CURVE_POINTS_MAX, metrics->roc);
    metrics->pr = arena_alloc(work->kept, CURVE_POINTS_MAX * sizeof *metrics->pr);
    metrics->pr_count = stats_pr_curve(scores, CURVE_POINTS_MAX, metrics->pr);
    metrics->lift = arena_alloc(work->kept, LIFT_STEPS * sizeof *metrics->lift);
    metrics->lift_count = stats_lift_table(scores, LIFT_STEPS, metrics->lift);
}

/* What probabilities tell about one label against the rest. */
static enum status measure_label_scores(const struct classifying *work, const struct class_rows *rows, size_t label,
                                        struct classification_metrics *metrics)
{
    double *scratch = arena_array(work->scratch, double, 2 * rows->count + 1);
    uint8_t *is_label = arena_array(work->scratch, uint8_t, rows->count + 1);
    if (!scratch || !is_label)
        return no_memory(work, rows->count);
    for (size_t row = 0; row < rows->count; row++)
        is_label[row] = rows->target[row] == label;
    const double *probabilities = rows->probabilities[label];
    struct stats_scores scores = stats_scores_sort(probabilities, is_label, rows->count, scratch);
    metrics->labels[label].roc_auc = stats_roc_auc(&scores);
    if (work->report->task != TASK_BINARY)
        return OK;
    metrics->roc_auc = metrics->labels[label].roc_auc;
    metrics->average_precision = stats_average_precision(&scores);
    metrics->log_loss = stats_log_loss_binary(probabilities, is_label, rows->count);
    metrics->brier = stats_brier_score(probabilities, is_label, rows->count);
    metrics->calibration = arena_alloc(work->kept, CALIBRATION_BINS * sizeof *metrics->calibration);
    stats_calibration_bins(probabilities, is_label, rows->count, CALIBRATION_BINS, metrics->calibration);
    metrics->calibration_error = stats_calibration_error(metrics->calibration, CALIBRATION_BINS);
    draw_curves(work, &scores, metrics);
    return OK;
}

static enum status measure_probabilities(const struct classifying *work, const struct class_rows *rows,
                                         struct classification_metrics *metrics)
{
    metrics->has_probabilities = true;
    if (work->report->task == TASK_BINARY)
        return measure_label_scores(work, rows, work->report->positive, metrics);
    double sum = 0;
    for (size_t label = 0; label < work->labels.count; label++) {
        TRY(measure_label_scores(work, rows, label, metrics));
        sum += metrics->labels[label].roc_auc; /* NaN where a label never is the target, as scikit-learn refuses */
    }
    metrics->roc_auc = sum / (double)work->labels.count;
    metrics->log_loss = stats_log_loss(rows->probabilities, rows->target, rows->count, work->labels.count);
    return OK;
}

static enum status measure(const struct classifying *work, const struct class_rows *rows,
                           struct classification_metrics *metrics)
{
    size_t labels = work->labels.count;
    *metrics = (struct classification_metrics){ .log_loss = NAN, .roc_auc = NAN, .average_precision = NAN,
                                                .brier = NAN, .calibration_error = NAN };
    metrics->labels = arena_array(work->kept, struct label_quality, labels + 1);
    metrics->confusion = arena_array(work->kept, uint64_t, labels * labels + 1);
    uint64_t *support = arena_array(work->scratch, uint64_t, labels + 1);
    if (!metrics->labels || !metrics->confusion || !support)
        return no_memory(work, rows->count);
    metrics->rows = stats_confusion(rows->target, rows->predicted, rows->count, labels, metrics->confusion);
    metrics->overall = stats_classification_of(metrics->confusion, labels);
    for (size_t i = 0; i < labels; i++) {
        struct label_quality *label = &metrics->labels[i];
        label->quality = stats_class_quality_of(metrics->confusion, labels, i);
        label->support = support[i] = label->quality.true_positives + label->quality.false_negatives;
        label->roc_auc = NAN;
    }
    metrics->dummy = stats_classification_dummy_of(support, labels);
    if (work->report->task == TASK_BINARY) {
        const struct stats_class_quality *positive = &metrics->labels[work->report->positive].quality;
        metrics->precision = positive->precision;
        metrics->recall = positive->recall;
        metrics->f1 = positive->f1;
        metrics->rates = stats_class_rates_of(positive);
    } else {
        metrics->precision = metrics->overall.macro.precision;
        metrics->recall = metrics->overall.macro.recall;
        metrics->f1 = metrics->overall.macro.f1;
    }
    return rows->probabilities ? measure_probabilities(work, rows, metrics) : OK;
}

static enum status measure_side(const struct classifying *work, const struct class_rows *side,
                                struct classification_metrics **ret_metrics)
{
    struct class_rows rows = { 0 };
    TRY(select_rows(work, side, NULL, 0, &rows));
    if (rows.count == 0)
        return OK;
    struct classification_metrics *metrics = arena_new(work->kept, struct classification_metrics);
    TRY(measure(work, &rows, metrics));
    *ret_metrics = metrics;
    return OK;
}

static double part(uint64_t count, uint64_t all)
{
    return all ? (double)count / (double)all : NAN;
}

/* How a binary model treats the groups of one segment column. */
static enum status compare_groups(const struct classifying *work, const struct class_rows *side,
                                  const struct segment_rows *segments, struct fairness_report **ret_fairness)
{
    const struct classification_report *report = work->report;
    struct stats_group_counts *counts = arena_array(work->scratch, struct stats_group_counts, segments->count + 1);
    uint8_t *is_positive = arena_array(work->scratch, uint8_t, side->count + 1);
    uint8_t *is_called = arena_array(work->scratch, uint8_t, side->count + 1);
    uint32_t *groups = arena_array(work->scratch, uint32_t, side->count + 1);
    struct fairness_report *fairness = arena_new(work->kept, struct fairness_report);
    fairness->groups = arena_array(work->kept, struct fairness_group, segments->count + 1);
    if (!counts || !is_positive || !is_called || !groups || !fairness->groups)
        return no_memory(work, side->count);
    for (size_t row = 0; row < side->count; row++) {
        bool is_known = side->target[row] != FRAME_MISSING && side->predicted[row] != FRAME_MISSING;
        groups[row] = is_known ? segments->codes[row] : FRAME_MISSING;
        is_positive[row] = side->target[row] == report->positive;
        is_called[row] = side->predicted[row] == report->positive;
    }
    stats_group_confusion(groups, is_positive, is_called, side->count, segments->count, counts);
    fairness->column = arena_copy(work->kept, segments->column);
    fairness->measures = stats_fairness_of(counts, segments->count);
    for (size_t i = 0; i < segments->count; i++) {
        const struct stats_group_counts *c = &counts[i];
        uint64_t positives = c->true_positives + c->false_negatives, negatives = c->false_positives + c->true_negatives;
        fairness->groups[i] = (struct fairness_group){
            .value = arena_copy(work->kept, segments->values[i]),
            .rows = positives + negatives,
            .positive_share = part(c->true_positives + c->false_positives, positives + negatives),
            .true_positive_rate = part(c->true_positives, positives),
            .false_positive_rate = part(c->false_positives, negatives),
            .accuracy = part(c->true_positives + c->true_negatives, positives + negatives),
        };
        if (fairness->groups[i].rows > fairness->groups[fairness->reference_group].rows)
            fairness->reference_group = i;
    }
    fairness->group_count = segments->count;
    *ret_fairness = fairness;
    return OK;
}

static enum status measure_segments(const struct classifying *work, const struct class_rows *side,
                                    struct fairness_report **ret_fairness)
{
    const struct strs *names = &work->input->options->segments;
    struct classification_report *report = work->report;
    report->segments = arena_array(work->kept, struct classification_segment, names->count * SEGMENT_VALUES_MAX + 1);
    if (!report->segments)
        return no_memory(work, side->count);
    for (size_t i = 0; side->count && i < names->count; i++) {
        const struct schema_column *column = schema_find(work->input->schema, names->items[i]);
        struct segment_rows segments;
        if (!column || !column->current_raw)
            continue;
        TRY(segment_rows_make(column->current_raw, work->scratch, &segments, work->err));
        for (size_t value = 0; value < segments.count; value++) {
            struct class_rows rows = { 0 };
            TRY(select_rows(work, side, segments.codes, (uint32_t)value, &rows));
            if (rows.count == 0)
                continue;
            struct classification_segment *segment = &report->segments[report->segment_count];
            TRY(measure(work, &rows, &segment->metrics));
            segment->column = arena_copy(work->kept, segments.column);
            segment->value = arena_copy(work->kept, segments.values[value]);
            report->segment_count++;
        }
        if (report->task == TASK_BINARY && segments.count > 0) {
            TRY(compare_groups(work, side, &segments, ret_fairness));
            ret_fairness = &(*ret_fairness)->next;
        }
    }
    return OK;
}

static enum status start(struct classifying *work, enum task task)
{
    struct classification_report *report = work->report;
    TRY(gather_labels(work));
    report->task = task != TASK_AUTO ? task : work->labels.count <= 2 ? TASK_BINARY : TASK_MULTICLASS;
    report->target = arena_copy(work->kept, work->columns->target->name);
    if (work->columns->prediction)
        report->prediction = arena_copy(work->kept, work->columns->prediction->name);
    if (work->labels.count == 0 || work->labels.count > CLASSIFICATION_LABELS_MAX) {
        report->note = arena_printf(work->kept, "%zu distinct labels: no classes to measure", work->labels.count);
        return OK;
    }
    str *labels = arena_array(work->kept, str, work->labels.count);
    if (!labels)
        return no_memory(work, work->labels.count);
    for (size_t i = 0; i < work->labels.count; i++)
        labels[i] = arena_copy(work->kept, work->labels.labels[i]);
    report->labels = labels;
    report->label_count = work->labels.count;
    report->positive = positive_label(&work->labels, work->input->options->positive);
    if (report->positive == report->label_count)
        return error_set(work->err, ERR_INVALID, "no row has the positive label \"%.*s\"",
                         STR_ARG(work->input->options->positive));
    return match_probabilities(work);
}

static enum status make(struct classifying *work, enum task task, struct report *report)
{
    TRY(start(work, task));
    report->classification = work->report;
    if (work->report->label_count == 0)
        return OK;
    struct class_rows reference = { 0 }, current = { 0 };
    TRY(read_side(work, 0, &reference));
    TRY(read_side(work, 1, &current));
    TRY(measure_side(work, &reference, &work->report->reference));
    TRY(measure_side(work, &current, &work->report->current));
    return measure_segments(work, &current, &report->fairness);
}

enum status classification_quality_make(const struct model_input *input, const struct model_columns *columns,
                                        enum task task, struct report *report, struct error *err)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    struct classifying work = {
        .input = input,
        .columns = columns,
        .report = arena_new(&report->model_arena, struct classification_report),
        .kept = &report->model_arena,
        .scratch = &scratch,
        .err = err,
    };
    enum status status = make(&work, task, report);
    arena_done(&scratch);
    return status;
}
