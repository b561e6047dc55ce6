/* monitor/report_results.h - a report as the flat list that metrics, SQL tables, tests and alerts read. */
#ifndef MONITOR_REPORT_RESULTS_H
#define MONITOR_REPORT_RESULTS_H

#include "base/arena.h"
#include "monitor/report.h"

enum result_verdict { RESULT_NONE, RESULT_FINE, RESULT_DRIFTED };

/* One number. Texts are borrowed from the report or are constants. */
struct result {
    const char *name; /* "drift_score", "missing_share", "accuracy", ...; docs/check.md */
    str column;       /* empty: the whole data set */
    str segment;      /* "region=EU", or empty */
    const char *method; /* drift only, else NULL */
    double value;       /* of the current data; NaN: could not be computed */
    double reference;   /* the same of the reference; NaN: none */
    double threshold;   /* NaN: none */
    enum result_verdict verdict;
};

struct results {
    struct result *items;
    size_t count;
};

/* All results of the report, in its order: data set, columns, model quality. The list lives in `arena`. */
struct results report_results(const struct report *report, struct arena *arena);

/* Names of the model quality figures that report_results gives, of classification and regression. */
extern const char *const result_figures[];
extern const size_t result_figure_count;

/* Whether the name is one of them. */
bool result_is_figure(str name);

/* The result of that name and column (empty: of the data set); NULL where there is none. */
const struct result *results_find(const struct results *results, str name, str column);

#endif
