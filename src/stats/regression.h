/* stats/regression.h - how far predicted numbers are from the true ones.
 *
 * error = prediction - target: positive means that the model guesses too high. Rows where either side is NaN or
 * infinite are left out, and counted. */
#ifndef STATS_REGRESSION_H
#define STATS_REGRESSION_H

#include <stddef.h>
#include "stats/sample.h"

struct stats_regression {
    size_t rows;                  /* used */
    double mean_error, error_std; /* standard deviations: ddof 1, NaN for one row */
    double mean_abs_error, abs_error_std;
    double rmse;
    double r2; /* NaN for less than 2 rows; constant target: 1 without error, else 0 */
    double max_abs_error;
    double mape_percent, abs_percent_error_std; /* 100 |e| / |target| over rows with target != 0; NaN without any */
    size_t zero_targets;                        /* rows that MAPE leaves out */
};

/* Three passes: ranges, sums, deviations; safe at 1e300. O(n). */
struct stats_regression stats_regression_of(const double *target, const double *prediction, size_t rows);

/* Evidently's rule for targets within 2^-52 of zero. */
enum stats_mape_zeros { STATS_MAPE_KEEP, STATS_MAPE_DROP, STATS_MAPE_REPLACE };

/* Evidently's MAPE: 100 mean(|e| / max(target, 2^-52)), some 1e17 for negative targets; REPLACE counts a
 * near-zero target's row as 100 %. For comparison only. */
double stats_mape_evidently(const double *target, const double *prediction, size_t rows, enum stats_mape_zeros zeros);

/* What the best constant prediction gets: the bar that a model must clear. */
struct stats_regression_dummy {
    double mean_abs_error; /* of the median */
    double rmse;           /* of the mean */
    double mape_percent;   /* of the median weighted by 1 / |target|; over rows with target != 0 */
};

/* NaN members for an empty sample. O(n). */
struct stats_regression_dummy stats_regression_dummy_of(struct stats_sample target);

/* A feature's mean where the model errs most: does it err in one region? */
struct stats_error_bias {
    double under;         /* mean of the feature over the rows with the 5 % lowest errors (guessed too low) */
    double over;          /* ... the 5 % highest errors */
    double majority;      /* ... the rest */
    double overall;       /* ... all rows: what Evidently calls majority */
    double range_percent; /* 100 |over - under| / (max - min of the feature), 0 for equal means */
};

/* low, high: the 5 % and 95 % quantiles of the errors; rows at or beyond them are the tails. Rows with a NaN
 * error or feature are left out; NaN members for empty parts. O(n). */
struct stats_error_bias stats_error_bias_of(const double *errors, const double *feature, size_t rows, double low,
                                            double high);

#endif
