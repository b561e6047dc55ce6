/* monitor/column_profile.h - one column of one side, sorted and counted once; everything downstream reads this. */
#ifndef MONITOR_COLUMN_PROFILE_H
#define MONITOR_COLUMN_PROFILE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "data/frame.h"
#include "monitor/column_type.h"
#include "monitor/workspace.h"
#include "stats/moments.h"
#include "stats/sample.h"

#define PROFILE_FREQUENT_MAX 5
#define PROFILE_QUANTILES 7

/* 0.01 0.05 0.25 0.5 0.75 0.95 0.99 */
extern const double profile_quantile_levels[PROFILE_QUANTILES];

struct value_count {
    str text;
    uint64_t count;
};

/* A distinct value of a categorical column. */
struct category {
    str label;
    double number; /* the value where the column holds numbers, else NaN */
    uint64_t count;
};

struct column_profile {
    enum column_type type;
    size_t rows;
    size_t missing;  /* NULL, empty, NaN */
    size_t infinite; /* numbers only */
    size_t count;    /* rows - missing - infinite */
    size_t unique;
    struct value_count frequent[PROFILE_FREQUENT_MAX]; /* most frequent first, ties in value order */
    size_t frequent_count;
    bool is_integer; /* the source held integers */

    /* TYPE_NUM; finite values ascending. TYPE_DATETIME: sorted holds microseconds. */
    struct stats_sample sorted;
    struct stats_moments moments;
    double skewness, kurtosis; /* bias-corrected as pandas' skew() and kurt(); NaN below 3 and 4 values, or constant */
    size_t zeros, negative;
    double quantiles[PROFILE_QUANTILES];

    /* TYPE_CAT and TYPE_BOOL: values in order (numbers by value, texts by bytes), counts > 0. */
    const struct category *categories;
    size_t category_count;
    bool is_numeric; /* categories are numbers */

    /* TYPE_TEXT and TYPE_ID of text: lengths in code points. */
    double mean_length;
    size_t min_length, max_length;

    /* TYPE_DATETIME */
    int64_t first_us, last_us;
};

/* Where the profile's parts go. */
struct profile_memory {
    struct arena *arena;         /* labels and categories; lives as long as the profile */
    double *values;              /* [column->rows] sorted values; NULL: taken from the arena */
    struct workspace *workspace; /* scratch */
};

/* Profiles `column` as `type`. The column's storage must suit: NUMBER for num; see column_view.h.
 * O(rows) but for text (dictionary order is already there). ERR_LIMIT without memory. */
must_use enum status column_profile_build(const struct column *column, enum column_type type,
                                          const struct profile_memory *memory, struct column_profile *ret_profile,
                                          struct error *err);

#endif
