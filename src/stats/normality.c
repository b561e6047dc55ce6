/* Fourth powers are why deviations are divided by the largest one first. */
#include "stats/normality.h"

#include <math.h>

#include "stats/distributions.h"

struct stats_normality stats_jarque_bera(const double *values, size_t count)
{
    double n = (double)count, mean = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        mean += values[i] / n;
        low = fmin(low, values[i]);
        high = fmax(high, values[i]);
    }
    double reach = fmax(high - mean, mean - low); /* deviations become at most 1, and their 4th powers finite */
    if (!(low < high) || !isfinite(reach))
        return (struct stats_normality){ NAN, NAN, NAN, NAN };

    double offset = 0, squares = 0, cubes = 0, fourths = 0;
    for (size_t i = 0; i < count; i++)
        offset += (values[i] - mean) / reach / n; /* what rounding left in the mean */
    for (size_t i = 0; i < count; i++) {
        double off = (values[i] - mean) / reach - offset;
        squares += off * off;
        cubes += off * off * off;
        fourths += off * off * off * off;
    }
    double variance = squares / n;
    struct stats_normality result = { .skewness = cubes / n / (variance * sqrt(variance)),
                                      .excess_kurtosis = fourths / n / (variance * variance) - 3 };
    result.statistic =
        n / 6 * (result.skewness * result.skewness + result.excess_kurtosis * result.excess_kurtosis / 4);
    result.p = stats_chi2_sf(result.statistic, 2);
    return result;
}

/* Filliben's median of the i-th of n uniform order statistics, i from 1. */
static double median_position(size_t i, size_t n)
{
    double last = pow(0.5, 1 / (double)n);
    if (i == n)
        return last;
    return i == 1 ? 1 - last : ((double)i - 0.3175) / ((double)n + 0.365);
}

size_t stats_qq_normal(struct stats_sample sample, size_t points_max, struct stats_qq_point *ret_points)
{
    size_t points = sample.count < points_max ? sample.count : points_max;
    if (points < 2 && sample.count > 1)
        return 0;
    for (size_t i = 0; i < points; i++) {
        size_t rank = points < 2 ? 0 : (size_t)llround((double)i * (double)(sample.count - 1) / (double)(points - 1));
        double position = median_position(rank + 1, sample.count);
        ret_points[i] = (struct stats_qq_point){ stats_normal_quantile(position), sample.values[rank] };
    }
    return points;
}
