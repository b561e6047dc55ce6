#include "stats/moments.h"

#include <math.h>
#include <stdbool.h>

#include "stats/lanes_internal.h"
#include "stats/sum_internal.h"

/* Squares of deviations between these exponents neither overflow nor vanish; others are scaled by a power of two. */
#define SAFE_EXPONENT 450

/* Sum of values * scale. */
static double scaled_sum(const double *values, size_t count, double scale)
{
    struct compensated total = { 0 };
    for (size_t start = 0; start < count; start += STATS_BLOCK) {
        size_t end = count - start < STATS_BLOCK ? count : start + STATS_BLOCK;
        double sum = 0;
        for (size_t i = start; i < end; i++)
            sum += values[i] * scale;
        compensated_add(&total, sum);
    }
    return compensated_value(&total);
}

struct range_and_sum {
    double min, max, sum;
};

static struct range_and_sum range_and_sum_of(const double *values, size_t count)
{
    lanes low = { values[0], values[0] }, high = low;
    struct compensated total = { 0 };
    for (size_t start = 0; start < count; start += STATS_BLOCK) {
        size_t end = count - start < STATS_BLOCK ? count : start + STATS_BLOCK, i = start;
        lanes sums[4] = { { 0 } };
        for (; i + 4 * LANES <= end; i += 4 * LANES)
            for (size_t k = 0; k < 4; k++) {
                lanes value = lanes_load(values + i + k * LANES);
                low = lanes_lower(value, low);
                high = lanes_higher(value, high);
                sums[k] += value;
            }
        for (; i < end; i++) {
            lanes value = { values[i], values[i] };
            low = lanes_lower(value, low);
            high = lanes_higher(value, high);
            sums[0][0] += values[i];
        }
        compensated_add(&total, lanes_sum((sums[0] + sums[1]) + (sums[2] + sums[3])));
    }
    return (struct range_and_sum){ low[0] < low[1] ? low[0] : low[1], high[0] > high[1] ? high[0] : high[1],
                                   compensated_value(&total) };
}

struct deviations {
    double sum, squares;
};

/* Of values * scale - center. */
static struct deviations scaled_deviations(const double *values, size_t count, double scale, double center)
{
    struct compensated sum = { 0 }, squares = { 0 };
    for (size_t start = 0; start < count; start += STATS_BLOCK) {
        size_t end = count - start < STATS_BLOCK ? count : start + STATS_BLOCK;
        lanes sums[2] = { { 0 } }, products[2] = { { 0 } };
        size_t i = start;
        for (; i + 2 * LANES <= end; i += 2 * LANES)
            for (size_t k = 0; k < 2; k++) {
                lanes deviation = lanes_load(values + i + k * LANES) * scale - center;
                sums[k] += deviation;
                products[k] += deviation * deviation;
            }
        for (; i < end; i++) {
            double deviation = values[i] * scale - center;
            sums[0][0] += deviation;
            products[0][0] += deviation * deviation;
        }
        compensated_add(&sum, lanes_sum(sums[0] + sums[1]));
        compensated_add(&squares, lanes_sum(products[0] + products[1]));
    }
    return (struct deviations){ compensated_value(&sum), compensated_value(&squares) };
}

/* A power of two that brings the largest deviation near 1 where its square would not be safe, else 1. */
static double deviation_scale(double min, double max, double mean)
{
    int exponent = ilogb(fmax(max / 2 - mean / 2, mean / 2 - min / 2)) + 1;
    return exponent > -SAFE_EXPONENT && exponent < SAFE_EXPONENT ? 1 : ldexp(1, exponent < -1000 ? 1000 : -exponent);
}

struct stats_moments stats_moments(const double *values, size_t count)
{
    if (count == 0)
        return (struct stats_moments){ 0, NAN, NAN, NAN, NAN, NAN, NAN, 0 };
    double n = (double)count;
    struct range_and_sum whole = range_and_sum_of(values, count);
    double min = whole.min, max = whole.max, sum = whole.sum;
    double mean = isfinite(sum) ? sum / n : ldexp(scaled_sum(values, count, 0x1p-70) / n, 70);
    double sample_divisor = count > 1 ? n - 1 : NAN;
    if (min == max)
        return (struct stats_moments){ count, min, 0, 0 / sample_divisor, min, max, sum, 0 };

    double scale = deviation_scale(min, max, mean);
    struct deviations deviations = scaled_deviations(values, count, scale, mean * scale);
    /* The rounding of the mean shows up as a mean deviation; both are put right by it. */
    double correction = deviations.sum / n;
    double squares = fmax(deviations.squares - deviations.sum * correction, 0);
    double better_mean = mean + correction / scale;
    return (struct stats_moments){
        .count = count,
        .mean = better_mean,
        .std = sqrt(squares / n) / scale,
        .std_sample = sqrt(squares / sample_divisor) / scale,
        .min = min,
        .max = max,
        .sum = sum,
        .mean_rest = correction / scale - (better_mean - mean),
    };
}

/* Between a (at 0) and b (at 1), from the nearer end as numpy does; halves where the difference would overflow. */
static double interpolate(double a, double b, double share)
{
    double difference = b - a;
    if (isinf(difference))
        return a * (1 - share) + b * share;
    return share < 0.5 ? a + difference * share : b - difference * (1 - share);
}

double stats_quantile(struct stats_sample sample, double q)
{
    return stats_pooled_quantile(sample, (struct stats_sample){ NULL, 0 }, q);
}

double stats_pooled_value(struct stats_sample a, struct stats_sample b, size_t rank)
{
    if (rank >= a.count + b.count)
        return NAN;
    /* Of the rank + 1 smallest, `take` come from a: the least with a[take] >= b[rank - take]'s predecessor. */
    size_t low = rank > b.count ? rank - b.count : 0, high = rank < a.count ? rank : a.count;
    while (low < high) {
        size_t take = low + (high - low) / 2;
        if (a.values[take] < b.values[rank - take - 1])
            low = take + 1;
        else
            high = take;
    }
    bool from_a = low < a.count && (rank - low >= b.count || a.values[low] <= b.values[rank - low]);
    return from_a ? a.values[low] : b.values[rank - low];
}

double stats_pooled_quantile(struct stats_sample a, struct stats_sample b, double q)
{
    size_t count = a.count + b.count;
    if (count == 0 || !(q >= 0 && q <= 1))
        return NAN;
    double position = q * (double)(count - 1);
    size_t below = (size_t)position;
    size_t above = below + 1 < count ? below + 1 : below;
    return interpolate(stats_pooled_value(a, b, below), stats_pooled_value(a, b, above), position - (double)below);
}

size_t stats_distinct(struct stats_sample sample)
{
    size_t distinct = sample.count > 0;
    for (size_t i = 1; i < sample.count; i++)
        distinct += sample.values[i] != sample.values[i - 1];
    return distinct;
}
