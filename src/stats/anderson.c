#include "stats/anderson.h"

#include <math.h>
#include <stdbool.h>

#include "stats/special.h"

enum { LEVELS = 7 };

static const double levels[LEVELS] = { 0.25, 0.1, 0.05, 0.025, 0.01, 0.005, 0.001 };

/* [ScholzStephens1987] table 2: critical = b0 + b1 / sqrt(k-1) + b2 / (k-1). */
static const double coefficients[3][LEVELS] = {
    { 0.675, 1.281, 1.645, 1.96, 2.326, 2.573, 3.085 },
    { -0.245, 0.25, 0.678, 1.149, 1.822, 2.364, 3.615 },
    { -0.105, -0.305, -0.362, -0.391, -0.396, -0.345, -0.154 },
};

/* Least-squares parabola of ln(level) over the critical values, by polynomials orthogonal on them [Forsythe1957]. */
static double interpolated_log_level(const double *critical, double x)
{
    double mean = 0, cubes = 0, squares = 0;
    for (int i = 0; i < LEVELS; i++)
        mean += critical[i] / LEVELS;
    for (int i = 0; i < LEVELS; i++) {
        double d = critical[i] - mean;
        squares += d * d;
        cubes += d * d * d;
    }
    double shift = cubes / squares, offset = squares / LEVELS;
    double c0 = 0, c1 = 0, c2 = 0, norm = 0;
    for (int i = 0; i < LEVELS; i++) {
        double d = critical[i] - mean, parabola = d * (d - shift) - offset, y = log(levels[i]);
        c0 += y / LEVELS;
        c1 += y * d / squares;
        c2 += y * parabola;
        norm += parabola * parabola;
    }
    double d = x - mean;
    return c0 + c1 * d + c2 / norm * (d * (d - shift) - offset);
}

static double p_value(double statistic, double m)
{
    double critical[LEVELS];
    for (int i = 0; i < LEVELS; i++)
        critical[i] = coefficients[0][i] + coefficients[1][i] / sqrt(m) + coefficients[2][i] / m;
    if (statistic < critical[0])
        return levels[0];
    if (statistic > critical[LEVELS - 1])
        return levels[LEVELS - 1];
    return exp(interpolated_log_level(critical, statistic));
}

/* Variance of A^2 under no difference, equation 4. The double sum g has a closed form:
 * g = H_N^(2) - (H_N + H_{N-1}) / N, from sum_{j<N} H_{N-j} / j = H_N^2 - H_N^(2). */
static double variance(double n, double k, double inverse_sizes)
{
    double h = stats_harmonic(n - 1);
    double g = stats_harmonic_squares(n) - (stats_harmonic(n) + h) / n;
    double a = (4 * g - 6) * (k - 1) + (10 - 6 * g) * inverse_sizes;
    double b = (2 * g - 4) * k * k + 8 * h * k + (2 * g - 14 * h - 4) * inverse_sizes - 8 * h + 4 * g - 6;
    double c = (6 * h + 2 * g - 2) * k * k + (4 * h - 4 * g + 6) * k + (2 * h - 6) * inverse_sizes + 4 * h;
    double d = (2 * h + 6) * k * k - 4 * h * k;
    return (((a * n + b) * n + c) * n + d) / ((n - 1) * (n - 2) * (n - 3));
}

/* The least value not yet passed; false at the end. */
static bool least_ahead(const struct stats_sample *samples, size_t k, const size_t *passed, double *ret_value)
{
    bool found = false;
    for (size_t i = 0; i < k; i++) {
        if (passed[i] == samples[i].count)
            continue;
        double value = samples[i].values[passed[i]];
        if (!found || value < *ret_value)
            *ret_value = value;
        found = true;
    }
    return found;
}

/* A^2_akN, equation 7: over distinct pooled values, with half of a tie counted below it. */
static double a2_midrank(const struct stats_sample *samples, size_t k, double n)
{
    size_t passed[STATS_ANDERSON_SAMPLES_MAX] = { 0 };
    double equal[STATS_ANDERSON_SAMPLES_MAX];
    double sums[STATS_ANDERSON_SAMPLES_MAX] = { 0 };
    double below = 0, value = 0;
    while (least_ahead(samples, k, passed, &value)) {
        double multiplicity = 0;
        for (size_t i = 0; i < k; i++) {
            size_t start = passed[i];
            while (passed[i] < samples[i].count && samples[i].values[passed[i]] == value)
                passed[i]++;
            equal[i] = (double)(passed[i] - start);
            multiplicity += equal[i];
        }
        double b = below + multiplicity / 2;
        double weight = multiplicity / n / (b * (n - b) - n * multiplicity / 4);
        for (size_t i = 0; i < k; i++) {
            double excess = n * ((double)passed[i] - equal[i] / 2) - b * (double)samples[i].count;
            sums[i] += weight * excess * excess;
        }
        below += multiplicity;
    }
    double a2 = 0;
    for (size_t i = 0; i < k; i++)
        a2 += sums[i] / (double)samples[i].count;
    return a2 * (n - 1) / n;
}

static bool is_testable(const struct stats_sample *samples, size_t k)
{
    if (k < 2 || k > STATS_ANDERSON_SAMPLES_MAX)
        return false;
    size_t n = 0;
    bool differs = false;
    for (size_t i = 0; i < k; i++) {
        if (samples[i].count == 0)
            return false;
        n += samples[i].count;
        differs |= samples[i].values[samples[i].count - 1] != samples[0].values[0] ||
                   samples[i].values[0] != samples[0].values[0];
    }
    return n >= 4 && differs;
}

struct stats_anderson stats_anderson(const struct stats_sample *samples, size_t sample_count)
{
    if (!is_testable(samples, sample_count))
        return (struct stats_anderson){ NAN, NAN, NAN };
    double n = 0, inverse_sizes = 0, m = (double)sample_count - 1;
    for (size_t i = 0; i < sample_count; i++) {
        n += (double)samples[i].count;
        inverse_sizes += 1 / (double)samples[i].count;
    }
    double a2 = a2_midrank(samples, sample_count, n);
    double statistic = (a2 - m) / sqrt(variance(n, m + 1, inverse_sizes));
    return (struct stats_anderson){ a2, statistic, p_value(statistic, m) };
}
