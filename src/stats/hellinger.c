#include "stats/hellinger.h"

#include "stats/shares_internal.h"

double stats_hellinger(const uint64_t *reference, const uint64_t *current, size_t bins)
{
    double n = (double)counts_sum(reference, bins), m = (double)counts_sum(current, bins);
    if (n == 0 || m == 0)
        return NAN;
    double squares = 0;
    for (size_t i = 0; i < bins; i++) {
        double root_difference = sqrt((double)reference[i] / n) - sqrt((double)current[i] / m);
        squares += root_difference * root_difference;
    }
    return sqrt(fmin(squares / 2, 1));
}

double stats_hellinger_density(const struct stats_bins *bins, const uint64_t *reference, const uint64_t *current)
{
    double n = (double)counts_sum(reference, bins->count), m = (double)counts_sum(current, bins->count);
    if (n == 0 || m == 0)
        return NAN;
    double mean_width = (bins->edges[bins->count] - bins->edges[0]) / (double)bins->count;

    /* 1 - BC = sum (sqrt r - sqrt c)^2 / 2 - sum sqrt(r c) (mean width / own width - 1). */
    double squares = 0, correction = 0;
    for (size_t i = 0; i < bins->count; i++) {
        double r = (double)reference[i] / n, c = (double)current[i] / m;
        double root_difference = sqrt(r) - sqrt(c);
        double own_width = bins->edges[i + 1] - bins->edges[i];
        squares += root_difference * root_difference;
        if (isfinite(mean_width) && own_width > 0) /* no bin is empty of width but among the denormals */
            correction += sqrt(r * c) * (mean_width - own_width) / own_width;
    }
    return sqrt(fmin(fmax(squares / 2 - correction, 0), 1));
}
