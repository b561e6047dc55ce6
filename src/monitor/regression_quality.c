#include "monitor/regression_quality.h"

#include <math.h>

#include "base/mem.h"
#include "monitor/model_quality.h"
#include "monitor/segment.h"
#include "stats/moments.h"
#include "stats/sort.h"

/* Tails whose features are compared: the 5 % of rows with the lowest and the highest errors. */
#define BIAS_TAIL 0.05

/* Rows with both numbers, side by side. */
struct outcome_rows {
    size_t count;
    double *target, *prediction;
};

/* Target and prediction of one side as numbers, in row order; NULL where the side lacks one. */
struct side_rows {
    const double *target, *prediction;
    size_t rows;
};

static enum status no_memory(struct error *err, size_t rows)
{
    return error_set(err, ERR_LIMIT, "the errors of %zu rows do not fit in memory", rows);
}

static enum status side_numbers(const struct model_columns *columns, size_t side, size_t rows, struct arena *arena,
                                struct side_rows *ret_rows, struct error *err)
{
    const struct column *target = side == 0 ? columns->target->reference_raw : columns->target->current_raw;
    const struct column *prediction =
        side == 0 ? columns->prediction->reference_raw : columns->prediction->current_raw;
    *ret_rows = (struct side_rows){ 0 };
    if (!target || !prediction)
        return OK;
    struct column numbers[2];
    size_t failed;
    TRY(column_to_number(target, arena, &numbers[0], &failed, err));
    TRY(column_to_number(prediction, arena, &numbers[1], &failed, err));
    *ret_rows = (struct side_rows){ numbers[0].f64, numbers[1].f64, rows };
    return OK;
}

/* Rows where both are finite; of segment `wanted` only where `codes` is given. */
static enum status select_rows(const struct side_rows *side, const uint32_t *codes, uint32_t wanted,
                               struct arena *arena, struct outcome_rows *ret_rows, struct error *err)
{
    struct outcome_rows rows = { 0, arena_array(arena, double, side->rows + 1),
                                 arena_array(arena, double, side->rows + 1) };
    if (!rows.target || !rows.prediction)
        return no_memory(err, side->rows);
    for (size_t row = 0; row < side->rows; row++) {
        bool is_wanted = !codes || codes[row] == wanted;
        if (!is_wanted || !isfinite(side->target[row]) || !isfinite(side->prediction[row]))
            continue;
        rows.target[rows.count] = side->target[row];
        rows.prediction[rows.count++] = side->prediction[row];
    }
    *ret_rows = rows;
    return OK;
}

static void draw_residuals(struct stats_sample errors, struct regression_metrics *metrics)
{
    double low = errors.values[0], high = errors.values[errors.count - 1];
    size_t bins = MIN_OF(MAX_OF(2 * (size_t)cbrt((double)errors.count), (size_t)10), (size_t)RESIDUAL_BINS_MAX);
    if (!(high > low))
        bins = 1;
    double half = high > low ? 0 : fmax(fabs(low) * 1e-6, 0.5);
    for (size_t i = 0; i <= bins; i++) {
        double share = (double)i / (double)bins;
        metrics->residual_edges[i] = (low - half) * (1 - share) + (high + half) * share;
    }
    metrics->residual_bins = bins;
    size_t bin = 0;
    for (size_t i = 0; i < errors.count; i++) {
        while (bin + 1 < bins && errors.values[i] >= metrics->residual_edges[bin + 1])
            bin++;
        metrics->residual_counts[bin]++;
    }
}

static void draw_scatter(const struct outcome_rows *rows, struct arena *arena, struct regression_metrics *metrics)
{
    size_t count = MIN_OF(rows->count, (size_t)SCATTER_POINTS_MAX);
    metrics->actual = arena_alloc(arena, (count + 1) * sizeof(double));
    metrics->predicted = arena_alloc(arena, (count + 1) * sizeof(double));
    for (size_t i = 0; i < count; i++) {
        size_t row = rows->count * i / count;
        metrics->actual[i] = rows->target[row];
        metrics->predicted[i] = rows->prediction[row];
    }
    metrics->scatter_count = count;
}

/* `kept` gets what the report shows; `scratch` what ends with the call. */
struct two_arenas {
    struct arena *kept, *scratch;
};

static enum status measure(const struct outcome_rows *rows, struct two_arenas arenas,
                           struct regression_metrics *metrics, struct error *err)
{
    double *errors = arena_array(arenas.scratch, double, rows->count + 1);
    double *sorted = arena_array(arenas.scratch, double, rows->count + 1);
    double *scratch = arena_array(arenas.scratch, double, rows->count + 1);
    if (!errors || !sorted || !scratch)
        return no_memory(err, rows->count);
    metrics->mape_compat = NAN;
    metrics->overall = stats_regression_of(rows->target, rows->prediction, rows->count);
    for (size_t i = 0; i < rows->count; i++) {
        errors[i] = rows->prediction[i] - rows->target[i];
        sorted[i] = rows->target[i];
    }
    metrics->normality = stats_jarque_bera(errors, rows->count);
    stats_sort(sorted, rows->count, scratch);
    metrics->dummy = stats_regression_dummy_of((struct stats_sample){ sorted, rows->count });
    stats_sort(errors, rows->count, scratch);
    struct stats_sample sample = { errors, rows->count };
    draw_residuals(sample, metrics);
    metrics->qq = arena_alloc(arenas.kept, QQ_POINTS_MAX * sizeof *metrics->qq);
    metrics->qq_count = stats_qq_normal(sample, QQ_POINTS_MAX, metrics->qq);
    draw_scatter(rows, arenas.kept, metrics);
    return OK;
}

static enum status measure_side(const struct model_input *input, const struct model_columns *columns, size_t side,
                                struct two_arenas arenas, struct regression_metrics **ret_metrics, struct error *err)
{
    struct side_rows numbers;
    struct outcome_rows rows = { 0 };
    TRY(side_numbers(columns, side, input->rows[side], arenas.scratch, &numbers, err));
    if (!numbers.target)
        return OK;
    TRY(select_rows(&numbers, NULL, 0, arenas.scratch, &rows, err));
    if (rows.count == 0)
        return OK;
    struct regression_metrics *metrics = arena_new(arenas.kept, struct regression_metrics);
    TRY(measure(&rows, arenas, metrics, err));
    /* Their rule for zeros differs between the sides: replaced in the current data, dropped in the reference. */
    if (input->options->is_compat)
        metrics->mape_compat = stats_mape_evidently(rows.target, rows.prediction, rows.count,
                                                    side == 0 ? STATS_MAPE_DROP : STATS_MAPE_REPLACE);
    *ret_metrics = metrics;
    return OK;
}

static enum status measure_segments(const struct model_input *input, const struct model_columns *columns,
                                    struct two_arenas arenas, struct regression_report *report, struct error *err)
{
    const struct strs *names = &input->options->segments;
    struct side_rows numbers;
    TRY(side_numbers(columns, 1, input->rows[1], arenas.scratch, &numbers, err));
    report->segments = arena_array(arenas.kept, struct regression_segment, names->count * SEGMENT_VALUES_MAX + 1);
    if (!report->segments)
        return no_memory(err, input->rows[1]);
    for (size_t i = 0; numbers.target && i < names->count; i++) {
        const struct schema_column *column = schema_find(input->schema, names->items[i]);
        struct segment_rows segments;
        if (!column || !column->current_raw)
            continue;
        TRY(segment_rows_make(column->current_raw, arenas.scratch, &segments, err));
        for (size_t value = 0; value < segments.count; value++) {
            struct outcome_rows rows = { 0 };
            TRY(select_rows(&numbers, segments.codes, (uint32_t)value, arenas.scratch, &rows, err));
            if (rows.count == 0)
                continue;
            struct regression_segment *segment = &report->segments[report->segment_count];
            TRY(measure(&rows, arenas, &segment->metrics, err));
            segment->column = arena_copy(arenas.kept, segments.column);
            segment->value = arena_copy(arenas.kept, segments.values[value]);
            report->segment_count++;
        }
    }
    return OK;
}

/* Where the model errs most, are the features different? */
static enum status find_biases(const struct model_input *input, const struct model_columns *columns,
                               struct two_arenas arenas, struct regression_report *report, struct error *err)
{
    struct side_rows side;
    TRY(side_numbers(columns, 1, input->rows[1], arenas.scratch, &side, err));
    if (!side.target)
        return OK;
    double *errors = arena_array(arenas.scratch, double, side.rows + 1);
    double *sorted = arena_array(arenas.scratch, double, side.rows + 1);
    double *scratch = arena_array(arenas.scratch, double, side.rows + 1);
    report->biases = arena_array(arenas.kept, struct error_bias, input->schema->count + 1);
    if (!errors || !sorted || !scratch || !report->biases)
        return no_memory(err, side.rows);
    for (size_t row = 0; row < side.rows; row++) {
        double error = side.prediction[row] - side.target[row];
        errors[row] = isfinite(error) ? error : NAN;
    }
    struct stats_finite finite = stats_compact_finite(errors, side.rows, sorted);
    stats_sort(sorted, finite.count, scratch);
    struct stats_sample sample = { sorted, finite.count };
    double low = stats_quantile(sample, BIAS_TAIL), high = stats_quantile(sample, 1 - BIAS_TAIL);
    for (size_t i = 0; finite.count && i < input->schema->count; i++) {
        const struct schema_column *column = &input->schema->columns[i];
        if (column->role != ROLE_FEATURE || column->type != TYPE_NUM || !column->current)
            continue;
        struct stats_error_bias bias = stats_error_bias_of(errors, column->current->f64, side.rows, low, high);
        report->biases[report->bias_count++] = (struct error_bias){
            .column = arena_copy(arenas.kept, column->name),
            .type = column->type,
            .under_mean = bias.under,
            .majority_mean = bias.majority,
            .over_mean = bias.over,
            .range_share = bias.range_percent / 100,
        };
    }
    return OK;
}

static enum status make(const struct model_input *input, const struct model_columns *columns,
                        struct two_arenas arenas, struct report *report, struct error *err)
{
    struct regression_report *regression = arena_new(arenas.kept, struct regression_report);
    regression->target = arena_copy(arenas.kept, columns->target->name);
    regression->prediction = arena_copy(arenas.kept, columns->prediction->name);
    TRY(measure_side(input, columns, 0, arenas, &regression->reference, err));
    TRY(measure_side(input, columns, 1, arenas, &regression->current, err));
    TRY(measure_segments(input, columns, arenas, regression, err));
    TRY(find_biases(input, columns, arenas, regression, err));
    if (regression->reference || regression->current)
        report->regression = regression;
    return OK;
}

enum status regression_quality_make(const struct model_input *input, const struct model_columns *columns,
                                    struct report *report, struct error *err)
{
    struct arena scratch;
    arena_init(&scratch, 0);
    enum status status = make(input, columns, (struct two_arenas){ &report->model_arena, &scratch }, report, err);
    arena_done(&scratch);
    return status;
}
