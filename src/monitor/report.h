/* monitor/report.h - the outcome of an analysis, typed; docs/report.md is the same as JSON.
 *
 * Everything lives in the report's own arenas and does not change after analysis_run(), so threads may read it. */
#ifndef MONITOR_REPORT_H
#define MONITOR_REPORT_H

#include <stdint.h>

#include "base/arena.h"
#include "monitor/analysis_options.h"
#include "monitor/classification_quality.h"
#include "monitor/column_profile.h"
#include "monitor/condition.h"
#include "monitor/correlations.h"
#include "monitor/dataset_quality.h"
#include "monitor/drift.h"
#include "monitor/over_time.h"
#include "monitor/column_quality.h"
#include "monitor/picture.h"
#include "monitor/regression_quality.h"

enum report_verdict { VERDICT_OK, VERDICT_DRIFT, VERDICT_FAILED_TESTS, VERDICT_DRIFT_AND_FAILED_TESTS, VERDICT_COUNT };

/* "ok", "drift", "failed_tests", "drift_and_failed_tests". */
const char *report_verdict_name(enum report_verdict verdict);

struct dataset_drift {
    bool is_drifted;
    size_t drifted, evaluated, skipped;
    double share, threshold; /* share: NaN when no column could be evaluated */
};

struct column_report {
    str name;
    enum column_type type;
    enum column_role role;
    bool is_inferred;
    bool in_reference, in_current;
    str note; /* empty: nothing odd */
    struct drift_result *drift; /* the chosen method first */
    size_t drift_count;
    bool has_reference_quality, has_current_quality;
    struct column_profile reference, current; /* `sorted`, `categories` are gone: the rest stays */
    struct findings findings;
    struct picture *picture;     /* NULL: not asked for, or nothing to show */
    struct over_time *over_time; /* NULL: too few rows */
    struct arena arena;          /* of all that */
};

struct report {
    struct arena arena;                       /* of what is not said below */
    struct arena quality_arena, model_arena; /* of correlations; of model quality: made by tasks of their own */
    struct report_labels labels;
    bool is_compat;
    enum report_verdict verdict;
    const str *summary;
    size_t summary_count;
    struct {
        size_t rows, columns;
        str origin;
    } reference_table, current_table;
    struct dataset_drift dataset_drift;
    struct column_report *columns; /* in the order of the reference, then what only the current data has */
    size_t column_count;
    bool has_data_quality;
    struct dataset_quality reference_quality, current_quality;
    struct correlations *correlations;           /* NULL: nothing to correlate */
    struct classification_report *classification; /* NULL: no such model */
    struct regression_report *regression;
    struct fairness_report *fairness;
    struct test_outcome *tests;
    size_t test_count;
    double analysis_ms;
    size_t threads;
};

/* NULL is fine. */
void report_free(struct report *report);
DEFINE_CLEANUP(struct report, report_free);

/* The column's report, or NULL. */
const struct column_report *report_column(const struct report *report, str name);

#endif
