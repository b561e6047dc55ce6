/* monitor/regression_quality.h - how far predicted numbers are from the true ones, on both sides and by segment. */
#ifndef MONITOR_REGRESSION_QUALITY_H
#define MONITOR_REGRESSION_QUALITY_H

#include <stdint.h>

#include "base/arena.h"
#include "monitor/column_type.h"
#include "stats/normality.h"
#include "stats/regression.h"

#define RESIDUAL_BINS_MAX 40
#define QQ_POINTS_MAX 100
#define SCATTER_POINTS_MAX 500

struct regression_metrics {
    struct stats_regression overall;
    double mape_compat; /* Evidently's; NaN: not asked for */
    struct stats_normality normality;
    struct stats_regression_dummy dummy;
    double residual_edges[RESIDUAL_BINS_MAX + 1];
    uint64_t residual_counts[RESIDUAL_BINS_MAX];
    size_t residual_bins;
    struct stats_qq_point *qq;
    size_t qq_count;
    double *actual, *predicted; /* even steps through the rows */
    size_t scatter_count;
};

struct regression_segment {
    str column, value;
    struct regression_metrics metrics;
};

struct error_bias {
    str column;
    enum column_type type;
    double under_mean, majority_mean, over_mean, range_share;
};

struct regression_report {
    str target, prediction;
    struct regression_metrics *reference, *current; /* NULL: no rows with both */
    struct regression_segment *segments;
    size_t segment_count;
    struct error_bias *biases;
    size_t bias_count;
};

#endif
