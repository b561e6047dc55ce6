/* stats/sequential.h - tests that may be looked at at any time: p-values and intervals that stay valid under peeking.
 *
 * A fixed-horizon p-value is below 0.05 sooner or later even where nothing differs, if one looks often enough. Here
 *
 *     P(at any time ever p <= alpha) <= alpha
 *
 * holds: 1/p is a non-negative martingale (or below one) under "no difference", which reaches 1/alpha with probability
 * at most alpha [Ville1939]. Each function looks only at the counts so far, so that nothing is kept between looks. */
#ifndef STATS_SEQUENTIAL_H
#define STATS_SEQUENTIAL_H

#include <stdint.h>

/* One side's observations so far. */
struct stats_sequential_side {
    uint64_t count;
    double mean, variance; /* variance with count - 1 */
};

struct stats_sequential {
    double difference; /* of b against a */
    double low, high;  /* an interval that holds the true difference at all times together, with 1 - alpha; NaN: none */
    double p;          /* always valid, at most 1 */
};

/* Fewer observations of a side say nothing of its variance: p = 1 and no interval. */
#define STATS_SEQUENTIAL_MEAN_MIN 30

/* Whether two means differ: the mixture SPRT of [Johari2022], eq. (8) and section 4.3. With V = va/na + vb/nb and d the
 * difference of the means, mixed over normal differences N(0, tau^2),
 *
 *     L = sqrt(V / (V + tau^2)) * exp(tau^2 d^2 / (2 V (V + tau^2))),   p = min(1, 1/L),
 *     d +- sqrt(V (V + tau^2) / tau^2 * (2 ln(1/alpha) + ln((V + tau^2) / V))).
 *
 * `tau` is the size of difference that is looked for hardest; any tau > 0 keeps the promise, which is asymptotic since
 * the variances are estimated. Sides without variance and without difference give p = 1. 0 < alpha < 1. */
struct stats_sequential stats_sequential_means(const struct stats_sequential_side *a, const struct stats_sequential_side *b,
                                               double tau, double alpha);

/* Whether two shares differ (errors of requests): with hits s, misses f of each side and B the beta function,
 *
 *     L = B(1/2 + sa, 1/2 + fa) B(1/2 + sb, 1/2 + fb) / B(1/2, 1/2)^2 / max over q of q^(sa + sb) (1 - q)^(fa + fb)
 *
 * Jeffreys' mixture on each side against the best common share: at most the likelihood ratio to the true common share,
 * so exact at any size and for any order of arrival ([Wasserman2020] section 8, [Turner2024]). The interval is that of
 * the difference of both sides' own beta-binomial confidence sequences at alpha/2 [Robbins1970]: sound, somewhat wide.
 * hits <= count; no observation gives p = 1 and the interval -1..1. O(bisection), no memory. */
struct stats_sequential stats_sequential_shares(uint64_t a_hits, uint64_t a_count, uint64_t b_hits, uint64_t b_count,
                                                double alpha);

#endif
