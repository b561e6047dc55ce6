#include "stats/cramer_von_mises.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "stats/merge_internal.h"
#include "stats/sort.h"
#include "stats/special.h"

/* Sums of squared ranks pass 2^64 from 10^6 rows; the statistic is what is left after most of them cancels. */
__extension__ typedef __int128 int128;

/* 4 U as a whole number: midranks are halves. */
static int128 rank_sum(struct stats_sample reference, struct stats_sample current)
{
    int128 sum_r = 0, sum_c = 0;
    for (struct merge group = merge_start(reference, current); merge_next(&group);) {
        int64_t doubled = (int64_t)(2 * (group.r_before + group.c_before) + group.r_equal + group.c_equal + 1);
        for (size_t i = 1; i <= group.r_equal; i++) {
            int64_t excess = doubled - 2 * (int64_t)(group.r_before + i);
            sum_r += (int128)excess * excess;
        }
        for (size_t j = 1; j <= group.c_equal; j++) {
            int64_t excess = doubled - 2 * (int64_t)(group.c_before + j);
            sum_c += (int128)excess * excess;
        }
    }
    return sum_r * (int64_t)reference.count + sum_c * (int64_t)current.count;
}

static double choose(int n, int k)
{
    double value = 1;
    for (int i = 1; i <= k; i++)
        value = value * (n - k + i) / i;
    return value;
}

static bool is_exact(size_t n1, size_t n2)
{
    return n1 >= 2 && n2 >= 2 && n1 <= STATS_CVM_EXACT_MAX && n2 <= STATS_CVM_EXACT_MAX;
}

size_t stats_cramer_von_mises_scratch(size_t n1, size_t n2)
{
    int longer_half = (int)(n1 + n2 + 1) / 2;
    return is_exact(n1, n2) ? 3 * (size_t)choose(longer_half, longer_half / 2) : 0;
}

/* Lattice paths from the origin to one point, for all of which the sum of node costs is wanted. */
struct paths {
    int64_t step_u, step_v; /* lcm / n1, lcm / n2: node (u, v) costs (step_u u - step_v v)^2 */
    int end_u, end_v;
    double *sums;
    size_t count;
};

static void enumerate(struct paths *paths, int u, int v, int64_t sum)
{
    int64_t gap = paths->step_u * u - paths->step_v * v;
    sum += gap * gap;
    if (u == paths->end_u && v == paths->end_v) {
        paths->sums[paths->count++] = (double)sum;
        return;
    }
    if (u < paths->end_u)
        enumerate(paths, u + 1, v, sum);
    if (v < paths->end_v)
        enumerate(paths, u, v + 1, sum);
}

/* Pairs with a[i] + b[j] >= least; both ascending. */
static double count_pairs(const struct paths *a, const struct paths *b, double least)
{
    double pairs = 0;
    size_t j = b->count;
    for (size_t i = 0; i < a->count; i++) {
        while (j > 0 && a->sums[i] + b->sums[j - 1] >= least)
            j--;
        pairs += (double)(b->count - j);
    }
    return pairs;
}

/* Share of all orders whose sum of costs reaches zeta ([Xiao2006]). Paths are cut in the middle: both halves have at
 * most 2^20 of them together, and sorted halves are paired off in one walk. By symmetry the second half, walked
 * backwards from the end, has the same costs as a path from the origin. */
static double exact_share(int n1, int n2, int64_t lcm, double zeta, double *scratch)
{
    int half = (n1 + n2) / 2;
    double paired = 0;
    for (int u = half > n2 ? half - n2 : 0; u <= n1 && u <= half; u++) {
        struct paths front = { lcm / n1, lcm / n2, u, half - u, scratch, 0 };
        enumerate(&front, 0, 0, 0);
        struct paths back = { lcm / n1, lcm / n2, n1 - u, n2 - (half - u), scratch + front.count, 0 };
        enumerate(&back, 0, 0, 0);
        double *spare = back.sums + back.count;
        stats_sort(front.sums, front.count, spare);
        stats_sort(back.sums, back.count, spare);
        int64_t gap = front.step_u * u - front.step_v * (half - u); /* the middle is in both halves */
        paired += count_pairs(&front, &back, zeta + (double)(gap * gap));
    }
    return paired / choose(n1 + n2, n1);
}

static int64_t gcd(int64_t a, int64_t b)
{
    return b == 0 ? a : gcd(b, a % b);
}

static double p_exact(int128 four_u, size_t n1, size_t n2, double *scratch)
{
    int64_t lcm = (int64_t)(n1 * n2) / gcd((int64_t)n1, (int64_t)n2), product = (int64_t)(n1 * n2);
    int128 numerator = (int128)(lcm * lcm * (int64_t)(n1 + n2)) * (6 * four_u - 4 * (int128)product * (4 * product - 1));
    int128 denominator = 24 * (int128)product * product;
    int128 zeta = numerator / denominator - (numerator % denominator < 0);
    return exact_share((int)n1, (int)n2, lcm, (double)zeta, scratch);
}

/* The limiting law's cdf, [Anderson1952]; terms below 1e-7 end it, as in SciPy. */
static double limiting_cdf(double x)
{
    double sum = 0;
    for (int k = 0; k < 1000; k++) {
        double y = 4 * k + 1, q = y * y / (16 * x);
        double gammas = exp(stats_lgamma(k + 0.5) - stats_lgamma(k + 1)) / (pow(M_PI, 1.5) * sqrt(x));
        double term = gammas * sqrt(y) * exp(-2 * q) * stats_bessel_k_quarter_scaled(q);
        sum += term;
        if (fabs(term) < 1e-7)
            break;
    }
    return sum;
}

double stats_cramer_von_mises_p_asymptotic(double t, size_t n1, size_t n2)
{
    if (isnan(t) || n1 == 0 || n2 == 0)
        return NAN;
    double x = (double)n1, y = (double)n2, n = x + y, product = x * y;
    double mean = (1 + 1 / n) / 6;
    double variance = (n + 1) * (4 * product * n - 3 * (x * x + y * y) - 2 * product) / (45 * n * n * 4 * product);
    double normed = 1.0 / 6 + (t - mean) / sqrt(45 * variance);
    return normed < 0.003 ? 1 : fmin(fmax(1 - limiting_cdf(normed), 0), 1);
}

struct stats_test stats_cramer_von_mises(struct stats_sample reference, struct stats_sample current, double *scratch)
{
    size_t n1 = reference.count, n2 = current.count;
    if (n1 < 2 || n2 < 2)
        return (struct stats_test){ NAN, NAN };
    int128 four_u = rank_sum(reference, current);
    int128 product = (int128)n1 * n2;
    double t = (double)(6 * four_u - 4 * product * (4 * product - 1)) / (24.0 * (double)product * (double)(n1 + n2));
    double p = is_exact(n1, n2) ? p_exact(four_u, n1, n2, scratch) : stats_cramer_von_mises_p_asymptotic(t, n1, n2);
    return (struct stats_test){ t, p };
}
