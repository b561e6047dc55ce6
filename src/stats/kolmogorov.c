#include "stats/kolmogorov.h"

#include <math.h>
#include <stddef.h>

#include "stats/special.h"

#define SQRT_2PI 2.506628274631000502415765284811

/* Above this many terms the one-sided sum is sampled instead. */
#define SMIRNOV_TERMS_MAX 8192

static double clip(double p)
{
    return p < 0 ? 0 : p > 1 ? 1 : p;
}

double stats_kolmogorov_sf(double x)
{
    if (isnan(x))
        return NAN;
    if (x <= 0)
        return 1;
    double sum = 0;
    if (x < 1) { /* Jacobi's transformed series of the cdf: three terms are enough here */
        for (int k = 1; k <= 7; k += 2)
            sum += exp(-k * k * M_PI * M_PI / (8 * x * x));
        return clip(1 - SQRT_2PI / x * sum);
    }
    for (int k = 5; k >= 1; k--)
        sum = exp(-2.0 * k * k * x * x) - sum;
    return clip(2 * sum);
}

/* Term j of the one-sided sum, C(n,j) p^j (1-p)^(n-j) d/p with p = d + j/n: a binomial mass whose deviations from its
 * mean are +nd and -nd exactly, so nothing cancels. */
static double smirnov_term(double n, double d, double j)
{
    double nd = n * d, rest = n - j;
    if (j == 0)
        return exp(n * log1p(-d));
    if (rest <= nd)
        return 0;
    double u = nd / j, v = -nd / rest;
    double exponent = u < 0.4 ? j * stats_log1p_minus(u) : j * log1p(u) - nd;
    exponent += v > -0.4 ? rest * stats_log1p_minus(v) : rest * log((rest - nd) / rest) + nd;
    exponent += stats_stirling_error(n) - stats_stirling_error(j) - stats_stirling_error(rest);
    return exp(exponent) * sqrt(n / (2 * M_PI * j * rest)) * nd / (j + nd);
}

double stats_smirnov_sf(double n, double d)
{
    if (isnan(n) || isnan(d) || n < 1)
        return NAN;
    if (d <= 0 || d >= 1)
        return d <= 0 ? 1 : 0;
    double last = floor(n * (1 - d));
    /* The summand is analytic in j and, once nd is large, vanishes with all its derivatives at both ends: the
     * trapezoidal rule with a coarser whole step then has the same sum to rounding (kolmogorov_test.c). */
    double stride = n * d > 100 ? ceil(n / SMIRNOV_TERMS_MAX) : 1;
    double sum = 0;
    for (double j = 0; j <= last; j += stride)
        sum += smirnov_term(n, d, j);
    return clip(sum * stride);
}

/* ln(n! / n^n) */
static double log_factorial_ratio(double n)
{
    return 0.5 * log(2 * M_PI * n) - n + stats_stirling_error(n);
}

/* Fills the m x m matrix of [Marsaglia2003]: 1/(i-j+1)! on and under the superdiagonal, with corrections by h in the
 * first column, last row and their corner. */
static void fill_durbin_matrix(double *matrix, int m, double h)
{
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            matrix[i * m + j] = i - j + 1 < 0 ? 0 : 1;
    double power = 1;
    for (int i = 0; i < m; i++) {
        power *= h;
        matrix[i * m] -= power;
        matrix[(m - 1) * m + (m - 1 - i)] -= power;
    }
    if (2 * h > 1)
        matrix[(m - 1) * m] += pow(2 * h - 1, m);
    for (int i = 0; i < m; i++) {
        double factorial = 1;
        for (int j = i; j >= 0; j--) {
            factorial *= i - j + 1;
            matrix[i * m + j] /= factorial;
        }
    }
}

static void square_matrix(const double *matrix, double *out, int m)
{
    for (int i = 0; i < m; i++) {
        double *row = out + (ptrdiff_t)i * m;
        for (int j = 0; j < m; j++)
            row[j] = 0;
        for (int k = 0; k < m; k++) {
            double factor = matrix[i * m + k];
            for (int j = 0; j < m && factor != 0; j++)
                row[j] += factor * matrix[k * m + j];
        }
    }
}

static void multiply_row(const double *row, const double *matrix, double *out, int m)
{
    for (int j = 0; j < m; j++)
        out[j] = 0;
    for (int k = 0; k < m; k++)
        for (int j = 0; j < m; j++)
            out[j] += row[k] * matrix[k * m + j];
}

/* Takes 2^e out of values so that the entry `at` is near 1; returns e. Powers of the matrix overflow without it. */
static int rescale(double *values, int count, int at)
{
    int exponent;
    (void)frexp(values[at], &exponent); /* the mantissa stays in values[at] */
    if (exponent > -100 && exponent < 100)
        return 0;
    for (int i = 0; i < count; i++)
        values[i] = ldexp(values[i], -exponent);
    return exponent;
}

/* Durbin's cdf: n!/n^n times the middle entry of H^n. Only its row is needed, so a row is multiplied by the squares
 * of H that the bits of n ask for: two matrices instead of three, and every entry is positive. */
static double durbin_cdf(double n, double d, double *scratch)
{
    double nd = n * d;
    int k = (int)ceil(nd), m = 2 * k - 1;
    double *matrix = scratch, *square = matrix + (ptrdiff_t)m * m, *row = square + (ptrdiff_t)m * m, *next = row + m;
    fill_durbin_matrix(matrix, m, k - nd);
    for (int j = 0; j < m; j++)
        row[j] = j == k - 1;

    double row_exponent = 0, matrix_exponent = 0;
    for (long bits = (long)n;;) {
        if (bits & 1) {
            multiply_row(row, matrix, next, m);
            double *swap = row;
            row = next;
            next = swap;
            row_exponent += matrix_exponent + rescale(row, m, k - 1);
        }
        bits >>= 1;
        if (bits == 0)
            break;
        square_matrix(matrix, square, m);
        double *swap = matrix;
        matrix = square;
        square = swap;
        matrix_exponent = 2 * matrix_exponent + rescale(matrix, m * m, (k - 1) * m + k - 1);
    }
    return exp(log(row[k - 1]) + row_exponent * M_LN2 + log_factorial_ratio(n));
}

/* K0 + K1/sqrt(n) + K2/n + K3/n^(3/2), [PelzGood1976] as written in [Simard2011] section 2.3, z = sqrt(n) d. Sums run
 * over half-odd multiples of pi (`odd`) and whole ones (`even`). */
static double pelz_good_cdf(double n, double d)
{
    double z2 = n * d * d, z = sqrt(z2), z4 = z2 * z2, z6 = z4 * z2;
    double k0 = 0, k1 = 0, k2 = 0, k3 = 0, even2 = 0, even3 = 0;
    int terms = (int)ceil(16 * z / M_PI) + 1;
    for (int k = terms; k >= 1; k--) {
        double odd = M_PI * (k - 0.5), odd2 = odd * odd, odd4 = odd2 * odd2, odd6 = odd4 * odd2;
        double weight = exp(-odd2 / (2 * z2));
        k0 += weight;
        k1 += weight * (odd2 - z2);
        k2 += weight * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * odd2 + (1 - 2 * z2) * odd4);
        k3 += weight * (-30 * z6 - 90 * z4 * z4 + (135 * z4 - 96 * z6) * odd2 + (212 * z4 - 60 * z2) * odd4 +
                        (5 - 30 * z2) * odd6);
        double even = M_PI * k, square = even * even;
        weight = exp(-square / (2 * z2));
        even2 += weight * square;
        even3 += weight * square * (3 * z2 - square);
    }
    k0 *= SQRT_2PI / z;
    k1 *= SQRT_2PI / (6 * z4);
    k2 = SQRT_2PI * (k2 / (72 * z6 * z) - even2 / (36 * z2 * z));
    k3 = SQRT_2PI * (k3 / (6480 * z6 * z4) + even3 / (216 * z6));
    return k0 + (k1 + (k2 + k3 / sqrt(n)) / sqrt(n)) / sqrt(n);
}

double stats_kolmogorov_n_sf(double n, double d, double *scratch)
{
    if (isnan(n) || isnan(d) || n < 1)
        return NAN;
    double t = n * d;
    if (t <= 0.5)
        return 1;
    if (d >= 1)
        return 0;
    if (t <= 1)
        return clip(1 - exp(log_factorial_ratio(n) + n * log(2 * t - 1)));
    if (t >= n - 1)
        return clip(2 * exp(n * log1p(-d)));

    /* Above these limits both sides' excursions together are less likely than 1e-16 (n > 140: less than 1e-4 of p). */
    double square = t * d;
    if (d >= 0.5 || square > (n <= 140 ? 4 : 2.2))
        return square >= 370 && n > 140 ? 0 : clip(2 * stats_smirnov_sf(n, d));
    /* Where [Simard2011] takes Pomeranz's recursion (n <= 140) Durbin's matrix has at most 47 rows and is as exact. */
    if (n <= 140 || (n <= 100000 && t * sqrt(d) <= 1.4))
        return clip(1 - durbin_cdf(n, d, scratch));
    return clip(1 - pelz_good_cdf(n, d));
}
