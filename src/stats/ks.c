#include "stats/ks.h"

#include <math.h>
#include <stdint.h>

#include "stats/ks_internal.h"

/* exp(-750) is below the least positive double. */
#define EXPONENT_MAX 750

struct stats_ks stats_ks(struct stats_sample reference, struct stats_sample current)
{
    size_t n1 = reference.count, n2 = current.count, i = 0, j = 0;
    int64_t step_r = (int64_t)n2, step_c = (int64_t)n1, gap = 0;
    struct ks_widest widest = { 0, n1 && n2 ? fmin(reference.values[0], current.values[0]) : NAN };
    double at = -INFINITY;
    while (i < n1 && j < n2) {
        double r = reference.values[i], c = current.values[j];
        double next = r < c ? r : c;
        if (next > at) /* within a tie the gap means nothing */
            ks_widest_update(&widest, gap, at);
        at = next;
        /* Which side moves is a coin toss; added as numbers it costs no mispredicted branch. */
        gap += (r <= c) * step_r - (c <= r) * step_c;
        i += r <= c;
        j += c <= r;
    }
    /* One side has ended: after the rest of this tie the gap only closes. */
    for (; i < n1 && reference.values[i] == at; i++)
        gap += step_r;
    for (; j < n2 && current.values[j] == at; j++)
        gap -= step_c;
    ks_widest_update(&widest, gap, at);
    return ks_widest_result(widest, n1, n2);
}

static size_t greatest_common_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* n1 == n2 == n, paths that touch +-h: [Hodges1958] section 4, by reflection, as a nested alternating product. */
static double p_equal_sizes(double n, double h)
{
    double p = 0;
    for (double k = floor(n / h); k >= 0; k--) {
        double ratio = 1;
        for (double j = 0; j < h; j++)
            ratio = (n - k * h - j) * ratio / (n + k * h + j + 1);
        p = ratio * (1 - p);
    }
    return 2 * p;
}

static int64_t floor_ratio(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* [Viehmann2021]: share of lattice paths to (i, j) that left the corridor |i ng - j mg| < h, built row by row from
 * positive terms only, so the smallest p keeps its digits. `row` holds the columns of the corridor, 1 outside it. */
static double p_other_sizes(int64_t m, int64_t n, int64_t divisor, int64_t h, double *row)
{
    int64_t mg = m / divisor, ng = n / divisor;
    int64_t low = 0, high = clamp(floor_ratio(h + mg - 1, mg), 0, n + 1);
    for (int64_t j = 0; j <= n + 1; j++)
        row[j] = j < high ? 0 : 1;
    for (int64_t i = 1; i <= m; i++) {
        int64_t low_before = low, size_before = high - low;
        low = clamp(floor_ratio(ng * i - h, mg) + 1, 0, n);
        high = clamp(floor_ratio(ng * i + h + mg - 1, mg), 0, n + 1);
        if (high <= low)
            return 1;
        double left = low == 0 ? 0 : 1;
        for (int64_t j = low; j < high; j++) {
            double share = 1 / (double)(i + j); /* off the chain of `left`, so divisions overlap */
            left = row[j - low_before] * ((double)i * share) + left * ((double)j * share);
            row[j - low] = left;
        }
        for (int64_t j = high - low; j < size_before; j++)
            row[j] = 1;
    }
    return row[high - low - 1];
}

double stats_ks_p_exact(double statistic, size_t n1, size_t n2, double *scratch)
{
    if (isnan(statistic) || n1 == 0 || n2 == 0)
        return NAN;
    size_t larger = n1 > n2 ? n1 : n2, smaller = n1 > n2 ? n2 : n1;
    size_t divisor = greatest_common_divisor(larger, smaller);
    double h = rint(statistic * ((double)(larger / divisor) * (double)smaller));
    if (h == 0)
        return 1;
    /* p <= 2e exp(-2 D^2 n1 n2 / N), the Dvoretzky-Kiefer-Wolfowitz bound for two samples [WeiDudley2012]. */
    double n = (double)n1 * (double)n2 / ((double)n1 + (double)n2);
    if (2 * statistic * statistic * n > EXPONENT_MAX)
        return 0;
    double p = larger == smaller ? p_equal_sizes((double)larger, h)
                                 : p_other_sizes((int64_t)larger, (int64_t)smaller, (int64_t)divisor, (int64_t)h, scratch);
    return fmin(fmax(p, 0), 1);
}

double stats_ks_p_asymptotic(double statistic, size_t n1, size_t n2, double *scratch)
{
    if (isnan(statistic) || n1 == 0 || n2 == 0)
        return NAN;
    double n = rint((double)n1 * (double)n2 / ((double)n1 + (double)n2));
    return stats_kolmogorov_n_sf(fmax(n, 1), statistic, scratch);
}

double stats_ks_p(double statistic, size_t n1, size_t n2, double *scratch)
{
    size_t larger = n1 > n2 ? n1 : n2;
    return larger <= STATS_KS_EXACT_MAX ? stats_ks_p_exact(statistic, n1, n2, scratch)
                                        : stats_ks_p_asymptotic(statistic, n1, n2, scratch);
}
