#include "stats/sequential.h"

#include <math.h>
#include <stdbool.h>

#include "stats/special.h"

#define BISECTIONS 60 /* of an interval of length 1: down to the last bit */
#define LN_PI 1.1447298858494002 /* ln B(1/2, 1/2) */

struct stats_sequential stats_sequential_means(const struct stats_sequential_side *a, const struct stats_sequential_side *b,
                                               double tau, double alpha)
{
    struct stats_sequential result = { .difference = b->mean - a->mean, .low = NAN, .high = NAN, .p = 1 };
    if (a->count < STATS_SEQUENTIAL_MEAN_MIN || b->count < STATS_SEQUENTIAL_MEAN_MIN)
        return result;
    double spread = a->variance / (double)a->count + b->variance / (double)b->count;
    if (!(spread > 0)) {
        result.low = result.high = result.difference;
        result.p = result.difference == 0 ? 1 : 0;
        return result;
    }
    double mixed = spread + tau * tau, difference = result.difference;
    double log_ratio = 0.5 * log(spread / mixed) + tau * tau * difference * difference / (2 * spread * mixed);
    double reach = sqrt(spread * mixed / (tau * tau) * (2 * log(1 / alpha) + log(mixed / spread)));
    result.p = fmin(1, exp(-log_ratio));
    result.low = difference - reach;
    result.high = difference + reach;
    return result;
}

/* ln of Jeffreys' mixture likelihood of a side. */
static double log_mixture(double hits, double misses)
{
    return stats_lgamma(hits + 0.5) + stats_lgamma(misses + 0.5) - stats_lgamma(hits + misses + 1) - LN_PI;
}

/* ln q^hits (1 - q)^misses, with 0 ln 0 = 0. */
static double log_likelihood(double hits, double misses, double q)
{
    return (hits > 0 ? hits * log(q) : 0) + (misses > 0 ? misses * log1p(-q) : 0);
}

/* The end, towards `far`, of the shares that a side's own martingale does not refute: it grows with the distance from
 * the observed share, so that bisection finds where it crosses. */
static double end_of_shares(double hits, double misses, double far, double log_limit)
{
    double inside = hits / (hits + misses), outside = far, mixture = log_mixture(hits, misses);
    if (mixture - log_likelihood(hits, misses, far) < log_limit)
        return far;
    for (int i = 0; i < BISECTIONS; i++) {
        double middle = (inside + outside) / 2;
        bool is_refuted = mixture - log_likelihood(hits, misses, middle) >= log_limit;
        *(is_refuted ? &outside : &inside) = middle;
    }
    return inside;
}

struct stats_sequential stats_sequential_shares(uint64_t a_hits, uint64_t a_count, uint64_t b_hits, uint64_t b_count,
                                                double alpha)
{
    struct stats_sequential result = { .difference = NAN, .low = -1, .high = 1, .p = 1 };
    if (a_count == 0 || b_count == 0)
        return result;
    double sa = (double)a_hits, fa = (double)(a_count - a_hits), sb = (double)b_hits, fb = (double)(b_count - b_hits);
    double common = (sa + sb) / (sa + sb + fa + fb), log_limit = log(2 / alpha);
    double log_ratio = log_mixture(sa, fa) + log_mixture(sb, fb) - log_likelihood(sa + sb, fa + fb, common);
    result.difference = sb / (sb + fb) - sa / (sa + fa);
    result.p = fmin(1, exp(-log_ratio));
    result.low = end_of_shares(sb, fb, 0, log_limit) - end_of_shares(sa, fa, 1, log_limit);
    result.high = end_of_shares(sb, fb, 1, log_limit) - end_of_shares(sa, fa, 0, log_limit);
    return result;
}
