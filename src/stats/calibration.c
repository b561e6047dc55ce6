/* Probabilities are taken as given: they are not scaled to a sum of 1 first, as scikit-learn does not either. */
#include "stats/calibration.h"

#include <math.h>
#include <string.h>

/* The distance of 1 to the next double: certainty is punished, not with infinity. */
#define PROBABILITY_MIN 0x1p-52

static double loss_of(double probability)
{
    return -log(fmin(fmax(probability, PROBABILITY_MIN), 1 - PROBABILITY_MIN));
}

double stats_log_loss(const double *const *probabilities, const uint32_t *target, size_t rows, size_t classes)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t i = 0; i < rows; i++) {
        if (target[i] >= classes || isnan(probabilities[target[i]][i]))
            continue;
        sum += loss_of(probabilities[target[i]][i]);
        counted++;
    }
    return counted > 0 ? sum / (double)counted : NAN;
}

double stats_log_loss_binary(const double *probabilities, const uint8_t *is_positive, size_t rows)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(probabilities[i]))
            continue;
        sum += loss_of(is_positive[i] ? probabilities[i] : 1 - probabilities[i]);
        counted++;
    }
    return counted > 0 ? sum / (double)counted : NAN;
}

double stats_brier_score(const double *probabilities, const uint8_t *is_positive, size_t rows)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(probabilities[i]))
            continue;
        double miss = probabilities[i] - (is_positive[i] ? 1 : 0);
        sum += miss * miss;
        counted++;
    }
    return counted > 0 ? sum / (double)counted : NAN;
}

/* The bin whose half-open (low, high] holds the probability. The product is a guess, the edges decide, as NumPy's
 * linspace computes them. */
static size_t bin_of(double probability, size_t bins)
{
    double width = 1 / (double)bins;
    size_t bin = (size_t)(probability * (double)bins);
    bin = bin < bins ? bin : bins - 1;
    while (bin > 0 && probability <= (double)bin * width)
        bin--;
    while (bin + 1 < bins && probability > (double)(bin + 1) * width)
        bin++;
    return bin;
}

void stats_calibration_bins(const double *probabilities, const uint8_t *is_positive, size_t rows, size_t bins,
                            struct stats_calibration_bin *ret_bins)
{
    memset(ret_bins, 0, bins * sizeof(*ret_bins));
    for (size_t i = 0; i < rows; i++) {
        if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
            continue;
        struct stats_calibration_bin *bin = &ret_bins[bin_of(probabilities[i], bins)];
        bin->count++;
        bin->positives += is_positive[i] != 0;
        bin->mean_probability += probabilities[i]; /* the sum, until the division below */
    }
    for (size_t i = 0; i < bins; i++) {
        double count = (double)ret_bins[i].count;
        ret_bins[i].mean_probability = count > 0 ? ret_bins[i].mean_probability / count : NAN;
        ret_bins[i].positive_share = count > 0 ? (double)ret_bins[i].positives / count : NAN;
    }
}

double stats_calibration_error(const struct stats_calibration_bin *bins, size_t bin_count)
{
    double sum = 0, rows = 0;
    for (size_t i = 0; i < bin_count; i++) {
        if (bins[i].count == 0)
            continue;
        rows += (double)bins[i].count;
        sum += (double)bins[i].count * fabs(bins[i].positive_share - bins[i].mean_probability);
    }
    return rows > 0 ? sum / rows : NAN;
}
