#include "stats/mann_whitney.h"

#include <math.h>

#include "stats/distributions.h"
#include "stats/merge_internal.h"

/* SciPy's rule: both sides above this size, or any tie, and the normal law is used. */
#define EXACT_SIDE_MAX 8

/* Orders are counted modulo 2^128; the totals that the limits above admit are smaller. Scratch is aligned as doubles. */
__extension__ typedef unsigned __int128 count128 __attribute__((aligned(8)));

static size_t cells_of(size_t n1, size_t n2)
{
    size_t smaller = n1 < n2 ? n1 : n2, larger = n1 < n2 ? n2 : n1;
    if (smaller == 0 || smaller > EXACT_SIDE_MAX || larger > 2 * STATS_MANN_WHITNEY_CELLS_MAX / smaller)
        return 0;
    return smaller * larger / 2 + 1;
}

size_t stats_mann_whitney_scratch(size_t n1, size_t n2)
{
    return 2 * cells_of(n1, n2);
}

/* counts[u] for u = 0..cells-1: orders of m and n values with that U, the coefficients of the Gaussian binomial
 * prod (1 - q^(n+i)) / (1 - q^i). Differences wrap and come back: modular arithmetic is exact. */
static void count_orders(count128 *counts, size_t cells, size_t m, size_t n)
{
    counts[0] = 1;
    for (size_t u = 1; u < cells; u++)
        counts[u] = 0;
    for (size_t i = 1; i <= m; i++) {
        for (size_t u = cells - 1; u >= n + i && u < cells; u--)
            counts[u] -= counts[u - n - i];
        for (size_t u = i; u < cells; u++)
            counts[u] += counts[u - i];
    }
}

/* P(U >= u), from the counts of the lower half: the law is symmetric. */
static double exact_sf(const count128 *counts, double total, double pairs, double u)
{
    double upper = pairs - u;
    double end = u > pairs / 2 ? upper + 1 : u;
    count128 sum = 0;
    for (size_t v = 0; v < (size_t)end; v++)
        sum += counts[v];
    return u > pairs / 2 ? (double)sum / total : 1 - (double)sum / total;
}

static double normal_sf(double u, double n1, double n2, double ties)
{
    double n = n1 + n2;
    double std = sqrt(n1 * n2 / 12 * (n + 1 - ties / (n * (n - 1))));
    return stats_normal_sf((u - n1 * n2 / 2 - 0.5) / std);
}

struct stats_mann_whitney stats_mann_whitney(struct stats_sample reference, struct stats_sample current, double *scratch)
{
    double n1 = (double)reference.count, n2 = (double)current.count, pairs = n1 * n2;
    if (pairs == 0)
        return (struct stats_mann_whitney){ NAN, NAN, NAN, false };

    double u = 0, ties = 0;
    for (struct merge group = merge_start(reference, current); merge_next(&group);) {
        double size = (double)(group.r_equal + group.c_equal);
        u += (double)group.r_equal * ((double)group.c_before + 0.5 * (double)group.c_equal);
        ties += size * (size * size - 1);
    }
    size_t cells = ties == 0 ? cells_of(reference.count, current.count) : 0;
    double u_larger = fmax(u, pairs - u), p_less, p_half;
    if (cells > 0) {
        size_t m = (size_t)fmin(n1, n2), n = (size_t)fmax(n1, n2);
        count128 *counts = (count128 *)scratch;
        count_orders(counts, cells, m, n);
        double total = 1;
        for (size_t i = 1; i <= m; i++) /* C(n + i, i) is whole after each step */
            total = total * (double)(n + i) / (double)i;
        p_less = exact_sf(counts, total, pairs, pairs - u);
        p_half = exact_sf(counts, total, pairs, u_larger);
    } else {
        p_less = normal_sf(pairs - u, n1, n2, ties);
        p_half = normal_sf(u_larger, n1, n2, ties);
    }
    return (struct stats_mann_whitney){ u, fmin(2 * p_half, 1), p_less, cells > 0 };
}
