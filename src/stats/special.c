#include "stats/special.h"

#include <float.h>
#include <math.h>

/* Both continued fractions and series below converge in O(sqrt(parameter)) steps; this bounds them for 1e12. */
#define STEPS_MAX 10000000

#define LOG_SQRT_2PI 0.918938533204672741780329736406
#define EULER_GAMMA 0.577215664901532860606512090082

double stats_lgamma(double x)
{
    int sign; /* lgamma() would write the global signgam */
    return lgamma_r(x, &sign);
}

double stats_log1p_minus(double x)
{
    if (fabs(x) > 0.4)
        return log1p(x) - x;
    /* ln(1 + x) = 2 atanh(r), r = x / (2 + x), and 2r - x = -r x: the first-order terms cancel on paper. */
    double r = x / (2 + x);
    double r2 = r * r;
    double sum = 0;
    for (int k = 27; k >= 3; k -= 2)
        sum = sum * r2 + 1.0 / k;
    return r * (2 * r2 * sum - x);
}

double stats_stirling_error(double n)
{
    if (!(n >= 0))
        return NAN;
    if (n < 10)
        return n == 0 ? INFINITY : stats_lgamma(n + 1) - (n + 0.5) * log(n) + n - LOG_SQRT_2PI;
    /* B_{2j} / (2j (2j - 1) n^{2j-1}), [DLMF] 5.11.1; the next term is below 1e-17 from n = 10. */
    static const double terms[] = { 1.0 / 156, -691.0 / 360360, 1.0 / 1188, -1.0 / 1680,
                                    1.0 / 1260, -1.0 / 360,      1.0 / 12 };
    double inverse2 = 1 / (n * n);
    double sum = 0;
    for (int i = 0; i < 7; i++)
        sum = sum * inverse2 + terms[i];
    return sum / n;
}

/* a ln(ratio) - a u, where ratio = 1 + u: the series where u is small, the logarithm where u has lost ratio's digits. */
static double log_ratio_minus(double a, double ratio, double u)
{
    return fabs(u) <= 0.4 ? a * stats_log1p_minus(u) : a * (log(ratio) - u);
}

double stats_binomial_exponent(double a, double b, double x, double y)
{
    /* a u + b v = 0, so both parts may drop their first-order term. */
    double u = (b * x - a * y) / a;
    double v = (a * y - b * x) / b;
    double n = a + b;
    if (a == 0)
        return b * log(y);
    if (b == 0)
        return a * log(x);
    return log_ratio_minus(a, n * x / a, u) + log_ratio_minus(b, n * y / b, v);
}

/* x^a e^-x / Gamma(a + 1) by Loader's saddle point: no large logarithms are subtracted. */
static double gamma_prefix(double a, double x)
{
    double exponent = log_ratio_minus(a, x / a, (x - a) / a);
    return exp(exponent - stats_stirling_error(a)) / sqrt(2 * M_PI * a);
}

static double gamma_p_series(double a, double x)
{
    double term = 1, sum = 1;
    for (int n = 1; n < STEPS_MAX && term > sum * (DBL_EPSILON / 8); n++) {
        term *= x / (a + n);
        sum += term;
    }
    return gamma_prefix(a, x) * sum;
}

/* [DLMF] 8.9.2 by the modified Lentz method. */
static double gamma_q_fraction(double a, double x)
{
    double b = x + 1 - a;
    double c = 1 / DBL_MIN;
    double d = 1 / b;
    double h = d;
    for (int n = 1; n < STEPS_MAX; n++) {
        double numerator = -n * (n - a);
        b += 2;
        d = numerator * d + b;
        c = b + numerator / c;
        d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
        c = fabs(c) < DBL_MIN ? DBL_MIN : c;
        double step = d * c;
        h *= step;
        if (fabs(step - 1) < DBL_EPSILON)
            break;
    }
    return gamma_prefix(a, x) * a * h;
}

double stats_gamma_p(double a, double x)
{
    if (!(a > 0) || !(x >= 0) || isinf(a))
        return NAN;
    if (x == 0)
        return 0;
    if (isinf(x))
        return 1;
    return x < a + 1 ? gamma_p_series(a, x) : 1 - gamma_q_fraction(a, x);
}

double stats_gamma_q(double a, double x)
{
    if (!(a > 0) || !(x >= 0) || isinf(a))
        return NAN;
    if (x == 0)
        return 1;
    if (isinf(x))
        return 0;
    return x < a + 1 ? 1 - gamma_p_series(a, x) : gamma_q_fraction(a, x);
}

/* a B(a, b) I_x(a, b) / (x^a y^b) by the fraction of [DiDonatoMorris1992] (equation 9), modified Lentz method. It holds
 * x only through a y - b x, so that an x within rounding of 1 (Student's t with a million rows) costs no digits. */
static double beta_fraction(double a, double b, double x, double y)
{
    double lambda = a * y - b * x;
    double value = a * (lambda + 1) / (a + 1);
    double c = value, d = 0;
    for (int m = 1; m < STEPS_MAX; m++) {
        double span = a + 2.0 * m - 1;
        double pair = m * (b - m) * x / span;
        double numerator = (a + m - 1) * (a + b + m - 1) * x / span * pair;
        double denominator = m + pair + (a + m) * (lambda + 1 + m * (1 + y)) / (span + 2);
        d = denominator + numerator * d;
        c = denominator + numerator / c;
        d = 1 / (fabs(d) < DBL_MIN ? DBL_MIN : d);
        c = fabs(c) < DBL_MIN ? DBL_MIN : c;
        double step = c * d;
        value *= step;
        if (fabs(step - 1) < DBL_EPSILON)
            break;
    }
    return a / value;
}

static double beta_lower(double a, double b, double x, double y)
{
    double stirling = stats_stirling_error(a + b) - stats_stirling_error(a) - stats_stirling_error(b);
    double prefix = exp(stats_binomial_exponent(a, b, x, y) + stirling) * sqrt(b / (2 * M_PI * a * (a + b)));
    return prefix * beta_fraction(a, b, x, y);
}

double stats_beta_inc_xy(double a, double b, double x, double y)
{
    if (!(a > 0) || !(b > 0) || !(x >= 0) || !(y >= 0) || isinf(a) || isinf(b))
        return NAN;
    if (x == 0 || y == 0)
        return x == 0 ? 0 : 1;
    /* Below its mean the fraction converges, and the smaller tail is the one that is computed. */
    return x <= (a + 1) / (a + b + 2) ? beta_lower(a, b, x, y) : 1 - beta_lower(b, a, y, x);
}

double stats_beta_inc(double a, double b, double x)
{
    return x <= 1 ? stats_beta_inc_xy(a, b, x, 1 - x) : NAN;
}

double stats_beta_inc_upper(double a, double b, double x)
{
    return x >= 0 ? stats_beta_inc_xy(b, a, 1 - x, x) : NAN;
}

/* I_v(x) / (x/2)^v by its power series, given 1 / Gamma(v + 1). */
static double bessel_i_series(double v, double inverse_gamma, double x)
{
    double quarter = x * x / 4;
    double term = inverse_gamma, sum = term;
    for (int k = 1; k < 60 && term > sum * (DBL_EPSILON / 8); k++) {
        term *= quarter / (k * (k + v));
        sum += term;
    }
    return sum;
}

/* Steed's evaluation of the second continued fraction for K_v, [Temme1975]; converges quickly for x >= 2. */
static double bessel_k_fraction(double v, double x)
{
    double a1 = 0.25 - v * v;
    double a = -a1, b = 2 * (1 + x);
    double d = 1 / b, step = d;
    double q_before = 0, q = 1, c = a1, weight = a1;
    double sum = 1 + weight * step;
    for (int i = 2; i < 1000; i++) {
        a -= 2 * (i - 1);
        c = -a * c / i;
        double q_next = (q_before - b * q) / a;
        q_before = q;
        q = q_next;
        weight += c * q_next;
        b += 2;
        d = 1 / (b + a * d);
        step = (b * d - 1) * step;
        double term = weight * step;
        sum += term;
        if (fabs(term) < sum * DBL_EPSILON / 4)
            break;
    }
    return sqrt(M_PI / (2 * x)) / sum;
}

double stats_bessel_k_quarter_scaled(double x)
{
    if (!(x > 0))
        return NAN;
    if (x >= 2)
        return bessel_k_fraction(0.25, x);
    /* K_v = pi/2 (I_-v - I_v) / sin(v pi). */
    double root = sqrt(sqrt(x / 2));
    double lower = bessel_i_series(-0.25, 1 / 1.2254167024651776451, x) / root; /* Gamma(3/4) */
    double upper = bessel_i_series(0.25, 1 / 0.9064024770554770780, x) * root;  /* Gamma(5/4) */
    return exp(x) * M_PI_2 * M_SQRT2 * (lower - upper);
}

double stats_harmonic(double n)
{
    if (n < 32) {
        double sum = 0;
        for (double k = floor(n); k >= 1; k--)
            sum += 1 / k;
        return n >= 0 ? sum : NAN;
    }
    double i2 = 1 / (n * n);
    double tail = i2 * (1.0 / 12 - i2 * (1.0 / 120 - i2 * (1.0 / 252 - i2 * (1.0 / 240 - i2 / 132))));
    return log(n) + EULER_GAMMA + 0.5 / n - tail;
}

double stats_harmonic_squares(double n)
{
    if (n < 32) {
        double sum = 0;
        for (double k = floor(n); k >= 1; k--)
            sum += 1 / (k * k);
        return n >= 0 ? sum : NAN;
    }
    /* pi^2/6 minus the tail by Euler and Maclaurin. */
    double i2 = 1 / (n * n);
    double tail = 1.0 / 6 - i2 * (1.0 / 30 - i2 * (1.0 / 42 - i2 * (1.0 / 30 - i2 * 5 / 66)));
    return M_PI * M_PI / 6 - (1 - 0.5 / n + i2 * tail) / n;
}
