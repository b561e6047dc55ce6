/* monitor/report_json_internal.h - the parts of the JSON document, one file each. */
#ifndef MONITOR_REPORT_JSON_INTERNAL_H
#define MONITOR_REPORT_JSON_INTERNAL_H

#include "format/json.h"
#include "monitor/report.h"

/* Each writes one member of the document (or one element, for columns). */
void report_json_column(struct json_writer *json, const struct column_report *column);
void report_json_data_quality(struct json_writer *json, const struct report *report);
void report_json_classification(struct json_writer *json, const struct classification_report *report);
void report_json_regression(struct json_writer *json, const struct regression_report *report);
void report_json_fairness(struct json_writer *json, const struct fairness_report *report);

/* A text that may be empty: null then. */
void report_json_note(struct json_writer *json, const char *name, str text);

/* Arrays of numbers and counts. */
void report_json_numbers(struct json_writer *json, const char *name, const double *values, size_t count);
void report_json_counts(struct json_writer *json, const char *name, const uint64_t *values, size_t count);

/* A time as RFC 3339, member or element. */
void report_json_time(struct json_writer *json, const char *name, int64_t time_us);
void report_json_time_element(struct json_writer *json, int64_t time_us);

#endif
