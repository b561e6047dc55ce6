/* Errors are scaled by a power of two before they are squared, and back at the end: exact, and the only difference
 * between an RMSE of 1e300 and infinity. */
#include "stats/regression.h"

#include <math.h>
#include <stdbool.h>

/* NumPy's machine epsilon: what Evidently takes for zero. */
#define EPSILON 0x1p-52

static bool is_usable(double target, double prediction)
{
    return isfinite(target) && isfinite(prediction);
}

/* Powers of two that keep squares of 1e300 finite and those of denormals above zero; exact to multiply with. */
static double scale_for(double magnitude)
{
    int exponent = 0;
    if (magnitude == 0 || !isfinite(magnitude))
        return 1;
    (void)frexp(magnitude, &exponent); /* only the exponent is of use */
    return ldexp(1, exponent > 1022 ? -1022 : exponent < -1021 ? 1021 : -exponent);
}

struct scales {
    double error, target;
};

static struct scales scales_of(const double *target, const double *prediction, size_t rows, double *ret_max_error)
{
    double max_error = 0, max_target = 0;
    for (size_t i = 0; i < rows; i++) {
        if (!is_usable(target[i], prediction[i]))
            continue;
        max_error = fmax(max_error, fabs(prediction[i] - target[i]));
        max_target = fmax(max_target, fabs(target[i]));
    }
    *ret_max_error = max_error;
    return (struct scales){ scale_for(max_error), scale_for(max_target) };
}

/* Sums over rows, or means of them; errors and targets scaled. */
struct sums {
    double error, abs_error, target, percent, percent_rows;
};

static double percent_error(double target, double prediction)
{
    return 100 * fabs((prediction - target) / target);
}

static struct sums means_of(const double *target, const double *prediction, size_t rows, struct scales scales,
                            size_t *ret_used)
{
    struct sums sums = { 0 };
    size_t used = 0;
    for (size_t i = 0; i < rows; i++) {
        if (!is_usable(target[i], prediction[i]))
            continue;
        double error = (prediction[i] - target[i]) * scales.error;
        used++;
        sums.error += error;
        sums.abs_error += fabs(error);
        sums.target += target[i] * scales.target;
        if (target[i] != 0) {
            sums.percent += percent_error(target[i], prediction[i]);
            sums.percent_rows++;
        }
    }
    *ret_used = used;
    double n = (double)used;
    return (struct sums){ sums.error / n, sums.abs_error / n, sums.target / n, sums.percent / sums.percent_rows,
                          sums.percent_rows };
}

/* Sums of squared deviations from `means`; error_raw is of the errors themselves. */
struct squares {
    double error, error_raw, abs_error, target, percent;
};

static struct squares squares_of(const double *target, const double *prediction, size_t rows, struct scales scales,
                                 const struct sums *means)
{
    struct squares squares = { 0 };
    for (size_t i = 0; i < rows; i++) {
        if (!is_usable(target[i], prediction[i]))
            continue;
        double error = (prediction[i] - target[i]) * scales.error;
        double off = error - means->error, abs_off = fabs(error) - means->abs_error;
        double target_off = target[i] * scales.target - means->target;
        squares.error_raw += error * error;
        squares.error += off * off;
        squares.abs_error += abs_off * abs_off;
        squares.target += target_off * target_off;
        if (target[i] != 0) {
            double percent_off = percent_error(target[i], prediction[i]) - means->percent;
            squares.percent += percent_off * percent_off;
        }
    }
    return squares;
}

static double r2_of(const struct squares *squares, struct scales scales, double n)
{
    if (n < 2)
        return NAN;
    if (squares->target == 0)
        return squares->error_raw == 0 ? 1 : 0;
    double unit = scales.target / scales.error;
    return 1 - squares->error_raw / squares->target * unit * unit;
}

struct stats_regression stats_regression_of(const double *target, const double *prediction, size_t rows)
{
    struct stats_regression result = { 0 };
    struct scales scales = scales_of(target, prediction, rows, &result.max_abs_error);
    struct sums means = means_of(target, prediction, rows, scales, &result.rows);
    struct squares squares = squares_of(target, prediction, rows, scales, &means);
    double n = (double)result.rows;
    if (n == 0)
        result.max_abs_error = NAN;
    result.mean_error = means.error / scales.error;
    result.error_std = n > 1 ? sqrt(squares.error / (n - 1)) / scales.error : NAN;
    result.mean_abs_error = means.abs_error / scales.error;
    result.abs_error_std = n > 1 ? sqrt(squares.abs_error / (n - 1)) / scales.error : NAN;
    result.rmse = sqrt(squares.error_raw / n) / scales.error;
    result.r2 = r2_of(&squares, scales, n);
    result.mape_percent = means.percent;
    result.abs_percent_error_std = means.percent_rows > 1 ? sqrt(squares.percent / (means.percent_rows - 1)) : NAN;
    result.zero_targets = result.rows - (size_t)means.percent_rows;
    return result;
}

double stats_mape_evidently(const double *target, const double *prediction, size_t rows, enum stats_mape_zeros zeros)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t i = 0; i < rows; i++) {
        bool is_near_zero = fabs(target[i]) <= EPSILON;
        if (!is_usable(target[i], prediction[i]) || (is_near_zero && zeros == STATS_MAPE_DROP))
            continue;
        counted++;
        if (is_near_zero && zeros == STATS_MAPE_REPLACE)
            sum += 1;
        else
            sum += fabs(prediction[i] - target[i]) / fmax(target[i], EPSILON);
    }
    return 100 * sum / (double)counted;
}

/* The value at which the weights 1 / |target| of the values up to it reach half of all: it has the least mean
 * percentage error. Relative to the smallest |target|, so that weights neither overflow nor vanish. */
static double weighted_median(struct stats_sample target)
{
    double smallest = INFINITY, all = 0, reached = 0;
    for (size_t i = 0; i < target.count; i++)
        if (target.values[i] != 0)
            smallest = fmin(smallest, fabs(target.values[i]));
    for (size_t i = 0; i < target.count; i++)
        all += target.values[i] != 0 ? smallest / fabs(target.values[i]) : 0;
    for (size_t i = 0; i < target.count; i++) {
        reached += target.values[i] != 0 ? smallest / fabs(target.values[i]) : 0;
        if (target.values[i] != 0 && reached >= all / 2)
            return target.values[i];
    }
    return NAN;
}

static double median_of(struct stats_sample sample)
{
    double low = sample.values[(sample.count - 1) / 2], high = sample.values[sample.count / 2];
    return low / 2 + high / 2; /* halves first: the sum of two 1e308 does not exist */
}

struct stats_regression_dummy stats_regression_dummy_of(struct stats_sample target)
{
    if (target.count == 0)
        return (struct stats_regression_dummy){ NAN, NAN, NAN };
    double n = (double)target.count, median = median_of(target), percent_median = weighted_median(target);
    double scale = scale_for(fmax(fabs(target.values[0]), fabs(target.values[target.count - 1])));
    double mean = 0;
    for (size_t i = 0; i < target.count; i++)
        mean += target.values[i] * scale / n;

    double abs_error = 0, squares = 0, percent = 0, percent_rows = 0;
    for (size_t i = 0; i < target.count; i++) {
        double value = target.values[i], off = value * scale - mean;
        abs_error += fabs(value - median) / n;
        squares += off * off;
        if (value != 0) {
            percent += percent_error(value, percent_median);
            percent_rows++;
        }
    }
    return (struct stats_regression_dummy){ abs_error, sqrt(squares / n) / scale, percent / percent_rows };
}

struct part {
    double sum, count;
};

static void part_add(struct part *part, double value)
{
    part->sum += value;
    part->count++;
}

static double part_mean(const struct part *part)
{
    return part->sum / part->count; /* NaN for an empty part */
}

struct stats_error_bias stats_error_bias_of(const double *errors, const double *feature, size_t rows, double low,
                                            double high)
{
    struct part under = { 0 }, over = { 0 }, majority = { 0 }, overall = { 0 };
    double feature_low = INFINITY, feature_high = -INFINITY;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(errors[i]) || isnan(feature[i]))
            continue;
        feature_low = fmin(feature_low, feature[i]);
        feature_high = fmax(feature_high, feature[i]);
        part_add(&overall, feature[i]);
        if (errors[i] <= low)
            part_add(&under, feature[i]);
        if (errors[i] >= high) /* few distinct errors may put a row into both tails */
            part_add(&over, feature[i]);
        if (errors[i] > low && errors[i] < high)
            part_add(&majority, feature[i]);
    }
    struct stats_error_bias bias = { part_mean(&under), part_mean(&over), part_mean(&majority), part_mean(&overall),
                                     0 };
    if (bias.over != bias.under)
        bias.range_percent = 100 * fabs(bias.over - bias.under) / (feature_high - feature_low);
    return bias;
}
