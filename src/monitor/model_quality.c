#include "monitor/model_quality.h"

#include <math.h>

/* Distinct values of a numeric prediction above which it is taken for a quantity. */
#define PREDICTED_LABELS_MAX 20

static const struct column *raw_of(const struct schema_column *column)
{
    return column->current_raw ? column->current_raw : column->reference_raw;
}

/* Distinct numbers, counted up to one above the limit. */
static size_t distinct_numbers(const struct column *column)
{
    double seen[PREDICTED_LABELS_MAX + 1];
    size_t count = 0;
    for (size_t row = 0; row < column->rows && count <= PREDICTED_LABELS_MAX; row++) {
        size_t i = 0;
        while (i < count && seen[i] != column->f64[row])
            i++;
        if (i == count && !isnan(column->f64[row]))
            seen[count++] = column->f64[row];
    }
    return count;
}

static bool are_probabilities(const struct column *column)
{
    if (column->storage != STORAGE_NUMBER || column->source == SOURCE_INTEGER)
        return false;
    bool has_fraction = false;
    for (size_t row = 0; row < column->rows; row++) {
        double value = column->f64[row];
        if (value < 0 || value > 1)
            return false;
        has_fraction |= value > 0 && value < 1;
    }
    return has_fraction;
}

static bool is_quantity(const struct schema_column *column)
{
    const struct column *raw = raw_of(column);
    return raw->storage == STORAGE_NUMBER && distinct_numbers(raw) > PREDICTED_LABELS_MAX;
}

/* Two labels against probabilities: the "prediction" is one. */
static bool is_scored_binary(const struct model_columns *columns)
{
    const struct column *target = raw_of(columns->target);
    if (!are_probabilities(raw_of(columns->prediction)))
        return false;
    if (target->storage == STORAGE_NUMBER)
        return distinct_numbers(target) <= 2;
    return target->storage == STORAGE_CATEGORY && target->category_count <= 2;
}

static bool is_regression(const struct model_columns *columns)
{
    if (!columns->prediction || columns->probability_count > 0)
        return false;
    bool are_numbers = raw_of(columns->target)->storage == STORAGE_NUMBER &&
                       raw_of(columns->prediction)->storage == STORAGE_NUMBER;
    return are_numbers && (is_quantity(columns->target) || is_quantity(columns->prediction));
}

enum status model_quality_make(const struct model_input *input, struct report *report, struct error *err)
{
    const struct analysis_options *options = input->options;
    struct model_columns columns = { 0 };
    if (str_is_empty(options->target))
        return OK;
    columns.target = schema_find(input->schema, options->target);
    if (!str_is_empty(options->prediction))
        columns.prediction = schema_find(input->schema, options->prediction);
    columns.probabilities =
        arena_array(&report->model_arena, const struct schema_column *, options->probabilities.count + 1);
    for (size_t i = 0; columns.probabilities && i < options->probabilities.count; i++)
        columns.probabilities[columns.probability_count++] =
            schema_find(input->schema, options->probabilities.items[i]);
    if (!columns.target || (!columns.prediction && columns.probability_count == 0))
        return OK;

    enum task task = options->task;
    bool is_scored = columns.prediction && columns.probability_count == 0 && task != TASK_REGRESSION &&
                     task != TASK_MULTICLASS && is_scored_binary(&columns);
    if (is_scored) {
        columns.probabilities[columns.probability_count++] = columns.prediction;
        columns.prediction = NULL;
    }
    if (task == TASK_AUTO && is_regression(&columns))
        task = TASK_REGRESSION;
    if (task == TASK_REGRESSION)
        return columns.prediction ? regression_quality_make(input, &columns, report, err) : OK;
    return classification_quality_make(input, &columns, task, report, err);
}
