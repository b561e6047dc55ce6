/* monitor/column_analysis.h - all that a report says about one column: profiles, drift, findings, pictures. */
#ifndef MONITOR_COLUMN_ANALYSIS_H
#define MONITOR_COLUMN_ANALYSIS_H

#include "monitor/report.h"
#include "monitor/schema.h"

struct column_analysis {
    const struct analysis_options *options;
    const struct schema_column *column;
    const struct slices *slices; /* of the current rows */
    struct workspace *workspace;
};

/* Fills `report` (zeroed, its arena initialised). ERR_LIMIT without memory; everything else is a note. */
must_use enum status column_analyse(const struct column_analysis *analysis, struct column_report *report,
                                    struct error *err);

#endif
