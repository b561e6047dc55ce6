#include "monitor/report_json_internal.h"

static void write_side(struct json_writer *json, const char *side, const struct dataset_quality *quality)
{
    json_object(json, side);
    json_u64(json, "rows", quality->rows);
    json_u64(json, "columns", quality->columns);
    json_u64(json, "missing_cells", quality->missing_cells);
    json_f64(json, "missing_share", quality->missing_share);
    json_u64(json, "infinite_cells", quality->infinite_cells);
    json_u64(json, "empty_rows", quality->empty_rows);
    json_u64(json, "empty_columns", quality->empty_columns);
    json_u64(json, "duplicated_rows", quality->duplicated_rows);
    json_u64(json, "duplicated_columns", quality->duplicated_columns);
    json_u64(json, "constant_columns", quality->constant_columns);
    json_u64(json, "almost_constant_columns", quality->almost_constant_columns);
    json_end_object(json);
}

static void write_names(struct json_writer *json, const struct correlation_matrix *matrix)
{
    json_array(json, "columns");
    for (size_t i = 0; i < matrix->count; i++)
        json_write_str(json, matrix->names[i]);
    json_end_array(json);
}

static void write_matrix(struct json_writer *json, const char *side, const double *values, size_t count)
{
    json_array(json, side);
    for (size_t row = 0; row < count; row++) {
        json_begin_array(json);
        for (size_t column = 0; column < count; column++)
            json_write_f64(json, values[row * count + column]);
        json_end_array(json);
    }
    json_end_array(json);
}

static void write_changes(struct json_writer *json, const struct correlations *correlations)
{
    json_array(json, "changed");
    for (size_t i = 0; i < correlations->changed_count; i++) {
        const struct correlation_change *change = &correlations->changed[i];
        json_begin_object(json);
        json_text(json, "method", correlation_kind_name(change->kind));
        json_str(json, "a", change->a);
        json_str(json, "b", change->b);
        json_f64(json, "reference", change->reference);
        json_f64(json, "current", change->current);
        json_f64(json, "difference", change->current - change->reference);
        json_end_object(json);
    }
    json_end_array(json);
}

static void write_correlations(struct json_writer *json, const struct correlations *correlations)
{
    if (!correlations) {
        json_null(json, "correlations");
        return;
    }
    json_object(json, "correlations");
    /* The numeric columns once; Cramer's V brings its own. */
    bool has_numbers = correlations->matrix_count > 0 && correlations->matrices[0].kind != CORRELATION_CRAMERS_V;
    if (has_numbers) {
        write_names(json, &correlations->matrices[0]);
    } else {
        json_array(json, "columns");
        json_end_array(json);
    }
    json_array(json, "methods");
    for (size_t i = 0; i < correlations->matrix_count; i++) {
        const struct correlation_matrix *matrix = &correlations->matrices[i];
        json_begin_object(json);
        json_text(json, "method", correlation_kind_name(matrix->kind));
        if (matrix->kind == CORRELATION_CRAMERS_V)
            write_names(json, matrix);
        write_matrix(json, "reference", matrix->reference, matrix->count);
        write_matrix(json, "current", matrix->current, matrix->count);
        json_end_object(json);
    }
    json_end_array(json);
    write_changes(json, correlations);
    report_json_note(json, "note", correlations->note);
    json_end_object(json);
}

void report_json_data_quality(struct json_writer *json, const struct report *report)
{
    if (!report->has_data_quality) {
        json_null(json, "data_quality");
        return;
    }
    json_object(json, "data_quality");
    write_side(json, "reference", &report->reference_quality);
    write_side(json, "current", &report->current_quality);
    write_correlations(json, report->correlations);
    json_end_object(json);
}
