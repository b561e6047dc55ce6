/* monitor/condition.h - test conditions: what a result must satisfy, and what its failure means.
 *
 * A condition names a result of the report by name and column (report_results.h), a comparison, and a limit: a fixed
 * number, or the same result on the reference, within a tolerance. */
#ifndef MONITOR_CONDITION_H
#define MONITOR_CONDITION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

enum condition_operator { CONDITION_EQ, CONDITION_NOT_EQ, CONDITION_GT, CONDITION_GTE, CONDITION_LT, CONDITION_LTE,
                          CONDITION_OPERATOR_COUNT };

/* "eq", "not_eq", "gt", "gte", "lt", "lte". */
const char *condition_operator_name(enum condition_operator operator_);

/* False for a name that is none, `*ret_operator` stays as it was. */
bool condition_operator_parse(str name, enum condition_operator *ret_operator);

enum severity { SEVERITY_CRITICAL, SEVERITY_WARNING };
enum test_status { TEST_PASS, TEST_FAIL, TEST_WARN, TEST_SKIP, TEST_STATUS_COUNT };

/* "pass", "fail", "warn", "skip". */
const char *test_status_name(enum test_status status);

/* A reference limit's tolerance is max(|reference| * relative, absolute). */
#define CONDITION_RELATIVE 1e-6
#define CONDITION_ABSOLUTE 1e-12

struct condition {
    str title;  /* empty: made of the rest */
    str metric; /* result name: "missing_share", "accuracy", "drift_share", ... */
    str column; /* empty for results of the whole data set; "*" for every column that has the metric */
    enum condition_operator operator_;
    bool is_relative; /* compare with the reference's own value */
    double limit;     /* when not relative */
    double relative, absolute;
    enum severity severity;
};

struct test_outcome {
    str name, column; /* column empty: the whole data set */
    enum test_status status;
    enum severity severity;
    double value, reference_value; /* NaN: none */
    str condition;                 /* "< 0.5", "within 10 % of the reference" */
    str note;
};

/* Whether `value` satisfies the condition; `reference` is the limit's base when it is relative:
 * eq |v - ref| <= tol, gt v > ref + tol, gte v >= ref - tol, lt v < ref - tol, lte v <= ref + tol. False for NaN. */
bool condition_holds(const struct condition *condition, double value, double reference);

/* "< 0.5" or ">= the reference - 10 %"; appended to `text`. */
void condition_describe(const struct condition *condition, struct buf *text);

#endif
