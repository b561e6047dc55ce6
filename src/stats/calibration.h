/* stats/calibration.h - whether predicted probabilities mean what they say. */
#ifndef STATS_CALIBRATION_H
#define STATS_CALIBRATION_H

#include <stddef.h>
#include <stdint.h>

/* Mean -ln of the probability given to the true class, clipped to [2^-52, 1 - 2^-52] as scikit-learn does.
 * probabilities[c] is the column of class c; rows with a target code >= classes or a NaN are left out. NaN
 * without rows. */
double stats_log_loss(const double *const *probabilities, const uint32_t *target, size_t rows, size_t classes);

/* The binary form from the positive class's probability alone. */
double stats_log_loss_binary(const double *probabilities, const uint8_t *is_positive, size_t rows);

/* Mean squared difference of probability and outcome [Brier1950], in [0, 1]; NaN rows are left out. */
double stats_brier_score(const double *probabilities, const uint8_t *is_positive, size_t rows);

/* One bin of equal width over [0, 1]: (low, high], the first one closed, as scikit-learn's calibration_curve. */
struct stats_calibration_bin {
    uint64_t count, positives;
    double mean_probability; /* NaN in an empty bin */
    double positive_share;   /* NaN in an empty bin */
};

/* Fills `bins` bins; NaN and values outside [0, 1] are left out. O(n). */
void stats_calibration_bins(const double *probabilities, const uint8_t *is_positive, size_t rows, size_t bins,
                            struct stats_calibration_bin *ret_bins);

/* Expected calibration error: mean over rows of |share of positives - mean probability| of the row's bin
 * [Naeini2015]. NaN without rows. */
double stats_calibration_error(const struct stats_calibration_bin *bins, size_t bin_count);

#endif
