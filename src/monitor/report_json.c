#include <math.h>

#include "base/time_text.h"
#include "monitor/report_json_internal.h"
#include "monitor/report_render.h"

void report_json_note(struct json_writer *json, const char *name, str text)
{
    if (str_is_empty(text))
        json_null(json, name);
    else
        json_str(json, name, text);
}

void report_json_numbers(struct json_writer *json, const char *name, const double *values, size_t count)
{
    json_array(json, name);
    for (size_t i = 0; i < count; i++)
        json_write_f64(json, values[i]);
    json_end_array(json);
}

void report_json_counts(struct json_writer *json, const char *name, const uint64_t *values, size_t count)
{
    json_array(json, name);
    for (size_t i = 0; i < count; i++)
        json_write_u64(json, values[i]);
    json_end_array(json);
}

void report_json_time_element(struct json_writer *json, int64_t time_us)
{
    char text[TIME_TEXT_MAX];
    size_t size = time_text_print(time_us, text);
    json_write_str(json, (str){ text, size });
}

void report_json_time(struct json_writer *json, const char *name, int64_t time_us)
{
    json_write_name(json, str_of(name));
    report_json_time_element(json, time_us);
}

static void write_window(struct json_writer *json, const struct report_labels *labels)
{
    if (!labels->has_window) {
        json_null(json, "window");
        return;
    }
    json_object(json, "window");
    bool has_span = labels->window_from_us != 0 || labels->window_to_us != 0;
    if (has_span) {
        report_json_time(json, "from", labels->window_from_us);
        report_json_time(json, "to", labels->window_to_us);
    } else {
        json_null(json, "from");
        json_null(json, "to");
    }
    if (labels->window_last)
        json_u64(json, "last", labels->window_last);
    else
        json_null(json, "last");
    if (str_is_empty(labels->segment_column)) {
        json_null(json, "segment");
    } else {
        json_object(json, "segment");
        json_write_name(json, labels->segment_column);
        json_write_str(json, labels->segment_value);
        json_end_object(json);
    }
    json_end_object(json);
}

static void write_head(struct json_writer *json, const struct report *report)
{
    const struct report_labels *labels = &report->labels;
    json_text(json, "kedge", KEDGE_VERSION);
    report_json_time(json, "created", labels->created_us);
    json_str(json, "name", labels->title);
    json_text(json, "compat", report->is_compat ? "evidently" : "none");
    if (str_is_empty(labels->model_name)) {
        json_null(json, "model");
    } else {
        json_object(json, "model");
        json_str(json, "name", labels->model_name);
        report_json_note(json, "version", labels->model_version);
        json_end_object(json);
    }
    write_window(json, labels);
    json_object(json, "reference");
    json_u64(json, "rows", report->reference_table.rows);
    json_u64(json, "columns", report->reference_table.columns);
    json_str(json, "origin", report->reference_table.origin);
    report_json_note(json, "version", labels->reference_version);
    json_end_object(json);
    json_object(json, "current");
    json_u64(json, "rows", report->current_table.rows);
    json_u64(json, "columns", report->current_table.columns);
    json_str(json, "origin", report->current_table.origin);
    json_end_object(json);
    json_text(json, "verdict", report_verdict_name(report->verdict));
    json_array(json, "summary");
    for (size_t i = 0; i < report->summary_count; i++)
        json_write_str(json, report->summary[i]);
    json_end_array(json);
}

static void write_dataset_drift(struct json_writer *json, const struct dataset_drift *drift)
{
    json_object(json, "dataset_drift");
    json_bool(json, "drifted", drift->is_drifted);
    json_u64(json, "drifted_columns", drift->drifted);
    json_u64(json, "evaluated_columns", drift->evaluated);
    json_f64(json, "share", drift->share);
    json_f64(json, "threshold", drift->threshold);
    json_u64(json, "skipped_columns", drift->skipped);
    json_end_object(json);
}

static void write_tests(struct json_writer *json, const struct report *report)
{
    json_array(json, "tests");
    for (size_t i = 0; i < report->test_count; i++) {
        const struct test_outcome *test = &report->tests[i];
        json_begin_object(json);
        json_str(json, "name", test->name);
        report_json_note(json, "column", test->column);
        json_text(json, "status", test_status_name(test->status));
        json_text(json, "severity", test->severity == SEVERITY_WARNING ? "warning" : "critical");
        json_f64(json, "value", test->value);
        json_str(json, "condition", test->condition);
        json_f64(json, "reference_value", test->reference_value);
        report_json_note(json, "note", test->note);
        json_end_object(json);
    }
    json_end_array(json);
}

bool report_json(const struct report *report, enum json_style style, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out, style);
    json_begin_object(&json);
    write_head(&json, report);
    write_dataset_drift(&json, &report->dataset_drift);
    json_array(&json, "columns");
    for (size_t i = 0; i < report->column_count; i++)
        report_json_column(&json, &report->columns[i]);
    json_end_array(&json);
    report_json_data_quality(&json, report);
    report_json_classification(&json, report->classification);
    report_json_regression(&json, report->regression);
    report_json_fairness(&json, report->fairness);
    write_tests(&json, report);
    json_object(&json, "timing");
    json_f64(&json, "read_ms", report->labels.read_ms);
    json_f64(&json, "analysis_ms", report->analysis_ms);
    json_u64(&json, "threads", report->threads);
    json_end_object(&json);
    json_end_object(&json);
    return json_writer_end(&json);
}
