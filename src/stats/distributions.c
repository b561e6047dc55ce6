#include "stats/distributions.h"

#include <float.h>
#include <math.h>

#include "stats/special.h"

double stats_normal_cdf(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double stats_normal_sf(double z)
{
    return 0.5 * erfc(z * M_SQRT1_2);
}

double stats_normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

/* One step of Halley's method on cdf(z) - p: cubic convergence, and z is the density's own log-derivative. */
static double halley(double z, double excess)
{
    double newton = excess / (exp(-0.5 * z * z) / sqrt(2 * M_PI));
    return z - newton / (1 + 0.5 * z * newton);
}

double stats_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (fabs(p - 0.5) < 0.1) { /* erf keeps the digits of p - 1/2 */
        double z = (p - 0.5) * sqrt(2 * M_PI);
        for (int i = 0; i < 3; i++)
            z = halley(z, 0.5 * erf(z * M_SQRT1_2) - (p - 0.5));
        return z;
    }
    /* [AbramowitzStegun1964] 26.2.23, within 4.5e-4 in either tail; three cubic steps leave rounding only. */
    double tail = p < 0.5 ? p : 1 - p;
    double t = sqrt(-2 * log(tail));
    double z = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for (int i = 0; i < 3; i++)
        z = halley(z, stats_normal_cdf(z) - tail);
    return p < 0.5 ? z : -z;
}

double stats_chi2_cdf(double x, double df)
{
    return x <= 0 && df > 0 ? 0 : stats_gamma_p(df / 2, x / 2);
}

double stats_chi2_sf(double x, double df)
{
    return x <= 0 && df > 0 ? 1 : stats_gamma_q(df / 2, x / 2);
}

static double chi2_log_density(double x, double df)
{
    return (df / 2 - 1) * log(x / 2) - x / 2 - stats_lgamma(df / 2) - M_LN2;
}

double stats_chi2_isf(double p, double df)
{
    if (!(p >= 0 && p <= 1) || !(df > 0) || isinf(df))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? INFINITY : 0;

    /* Wilson and Hilferty's cube, then Newton on the logarithm of the smaller tail, kept inside a bracket. */
    double ninth = 2 / (9 * df);
    double x = df * pow(fmax(1 - ninth - stats_normal_quantile(p) * sqrt(ninth), 1e-4), 3);
    double low = 0, high = INFINITY;
    for (int i = 0; i < 1200; i++) {
        double sf = stats_chi2_sf(x, df), cdf = stats_chi2_cdf(x, df);
        if (sf > p)
            low = x;
        else
            high = x;
        double step = p < 0.5 ? log(sf / p) * exp(log(sf) - chi2_log_density(x, df))
                              : -log(cdf / (1 - p)) * exp(log(cdf) - chi2_log_density(x, df));
        double next = x + step;
        if (!(next > low && next < high))
            next = isinf(high) ? 2 * x : low + (high - low) / 2;
        if (fabs(next - x) <= 2 * DBL_EPSILON * x)
            return next;
        x = next;
    }
    return x;
}

/* P(|T| >= |t|). y = t^2 / (df + t^2) is formed on its own: for large df it holds the digits that x rounds away. */
double stats_t_two_sided(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (isinf(df))
        return stats_normal_two_sided(t);
    double ratio = fabs(t) / sqrt(df);
    double square = ratio * ratio;
    double x = 1 / (1 + square);
    double y = isinf(square) ? 1 : square * x;
    return stats_beta_inc_xy(df / 2, 0.5, x, y);
}

double stats_t_sf(double t, double df)
{
    double half = 0.5 * stats_t_two_sided(t, df);
    return t < 0 ? 1 - half : half;
}

double stats_f_sf(double x, double df1, double df2)
{
    if (isnan(x) || !(df1 > 0) || !(df2 > 0))
        return NAN;
    if (x <= 0)
        return 1;
    double ratio = df1 * x / df2;
    return stats_beta_inc_xy(df2 / 2, df1 / 2, 1 / (1 + ratio), isinf(ratio) ? 1 : ratio / (1 + ratio));
}

double stats_binomial_pmf(double k, double n, double p)
{
    if (!(n >= 0) || !(p >= 0 && p <= 1) || isnan(k) || isinf(n))
        return NAN;
    if (k < 0 || k > n)
        return 0;
    if (p == 0 || p == 1)
        return k == (p == 0 ? 0 : n) ? 1 : 0;
    if (k == 0)
        return exp(n * log1p(-p));
    if (k == n)
        return exp(n * log(p));
    double stirling = stats_stirling_error(n) - stats_stirling_error(k) - stats_stirling_error(n - k);
    double exponent = stats_binomial_exponent(k, n - k, p, 1 - p);
    return exp(exponent + stirling) * sqrt(n / (2 * M_PI * k * (n - k)));
}

double stats_binomial_cdf(double k, double n, double p)
{
    if (isnan(k) || !(n >= 0) || !(p >= 0 && p <= 1))
        return NAN;
    k = floor(k);
    if (k < 0)
        return 0;
    return k >= n ? 1 : stats_beta_inc_xy(n - k, k + 1, 1 - p, p);
}

double stats_binomial_at_least(double k, double n, double p)
{
    if (isnan(k) || !(n >= 0) || !(p >= 0 && p <= 1))
        return NAN;
    k = ceil(k);
    if (k <= 0)
        return 1;
    return k > n ? 0 : stats_beta_inc_xy(k, n - k + 1, p, 1 - p);
}
