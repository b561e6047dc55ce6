/* Noncentral tails are mixtures of central ones with Poisson weights; the root in the noncentrality is bisected,
 * because the tail rises with it and is cheap. */
#include "stats/effect_size.h"

#include <math.h>

#include "stats/chi_square.h"
#include "stats/distributions.h"
#include "stats/shares_internal.h"
#include "stats/special.h"

/* Mixture terms further than this many deviations below the Poisson mode weigh less than e^-50. */
#define POISSON_DEVIATIONS 10
#define TERM_NEGLIGIBLE 1e-18

static size_t used_rows(const uint64_t *table, size_t rows, size_t columns)
{
    size_t used = 0;
    for (size_t row = 0; row < rows; row++)
        used += counts_sum(table + row * columns, columns) > 0;
    return used;
}

double stats_cramers_v(const uint64_t *table, size_t rows, size_t columns)
{
    struct stats_chi_square test = stats_chi_square_table(table, rows, columns);
    double row_df = (double)used_rows(table, rows, columns) - 1;
    if (!(test.df > 0))
        return NAN;
    double smaller_df = fmin(row_df, test.df / row_df);
    return sqrt(fmin(test.statistic / (double)counts_sum(table, rows * columns) / smaller_df, 1));
}

double stats_cramers_v_samples(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    struct stats_chi_square test = stats_chi_square_homogeneity(reference, current, categories);
    if (!(test.df > 0))
        return test.df; /* 0 for a single category, NaN for an empty side */
    double total = (double)counts_sum(reference, categories) + (double)counts_sum(current, categories);
    return sqrt(fmin(test.statistic / total, 1));
}

double stats_cohens_w(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    double n = (double)counts_sum(reference, categories), m = (double)counts_sum(current, categories);
    if (n == 0 || m == 0)
        return NAN;
    double sum = 0;
    for (size_t i = 0; i < categories; i++) {
        double r = (double)reference[i] / n, c = (double)current[i] / m;
        sum += r + c > 0 ? (c - r) * (c - r) / ((r + c) / 2) : 0;
    }
    return sqrt(sum);
}

double stats_cohens_h(double reference_proportion, double current_proportion)
{
    return 2 * asin(sqrt(reference_proportion)) - 2 * asin(sqrt(current_proportion));
}

double stats_noncentral_chi_square_sf(double x, double df, double noncentrality)
{
    if (isnan(x) || !(df > 0) || !(noncentrality >= 0))
        return NAN;
    if (x <= 0)
        return 1;
    if (noncentrality == 0)
        return stats_chi2_sf(x, df);

    /* sum of Poisson(j; nc/2) Q(df/2 + j, x/2). Upwards only, where Q grows by adding: no digit is lost. */
    double mean = noncentrality / 2, half = x / 2;
    double j = fmax(0, floor(mean - POISSON_DEVIATIONS * (sqrt(mean) + 1)));
    double a = df / 2 + j;
    double weight = exp(j * log(mean) - mean - stats_lgamma(j + 1));
    double tail = stats_gamma_q(a, half);
    double growth = exp(a * log(half) - half - stats_lgamma(a + 1)); /* Q(a + 1) - Q(a) */
    double sum = 0;
    while (j <= mean || weight > sum * TERM_NEGLIGIBLE) {
        sum += weight * tail;
        tail = fmin(tail + growth, 1);
        growth *= half / (++a);
        weight *= mean / (++j);
    }
    return fmin(sum, 1);
}

double stats_noncentrality(double alpha, double power, double df)
{
    if (!(alpha > 0 && alpha < power && power < 1 && df > 0))
        return NAN;
    double critical = stats_chi2_isf(alpha, df);
    double low = 0, high = 1;
    while (stats_noncentral_chi_square_sf(critical, df, high) < power)
        high *= 2;
    while (high - low > 1e-13 * high) {
        double middle = low + (high - low) / 2;
        if (stats_noncentral_chi_square_sf(critical, df, middle) < power)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double stats_detectable_w(double alpha, double power, double n, double m, double df)
{
    return n > 0 && m > 0 ? sqrt(stats_noncentrality(alpha, power, df) * (1 / n + 1 / m)) : NAN;
}

double stats_detectable_d(double alpha, double power, double n, double m)
{
    if (!(alpha > 0 && alpha < power && power < 1 && n > 0 && m > 0))
        return NAN;
    return (stats_normal_quantile(1 - alpha / 2) + stats_normal_quantile(power)) * sqrt(1 / n + 1 / m);
}
