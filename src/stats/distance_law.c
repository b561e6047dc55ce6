#include "stats/distance_law.h"

#include <math.h>
#include <stdbool.h>

#include "stats/moments.h"
#include "stats/random.h"
#include "stats/sort.h"
#include "stats/special.h"

/* Of the cells, this many single ranks at either end; the middle is shared evenly by the others. */
#define SINGLES 48
#define MIDDLE_CELLS 96

/* With fewer hits than this among the deals, the count says little and the fitted tail is used. */
#define HITS_MIN 10

/* Some ranks of the pooled sample, from 1 to n, and the distances between their values. */
struct spans {
    double *rank;  /* [count + 1] */
    double *width; /* [count]: of the span from rank[k] to rank[k + 1] */
    size_t count;
    double n1, n2;
};

/* The chosen rank after `rank`: the next one near the ends or in a small sample, else the next cell's. */
static double rank_after(double rank, double n)
{
    double middle = n - 2 * SINGLES;
    if (n <= STATS_DISTANCE_LAW_CELLS || rank < SINGLES || rank >= n - SINGLES)
        return rank + 1;
    double cell = floor((rank + 1 - SINGLES) * MIDDLE_CELLS / middle) + 1;
    return fmax(rank + 1, floor(SINGLES + fmin(cell / MIDDLE_CELLS, 1) * middle));
}

static void spans_init(struct spans *spans, struct stats_sample reference, struct stats_sample current, double *scratch)
{
    double n1 = (double)reference.count, n2 = (double)current.count;
    *spans = (struct spans){ scratch, scratch + 2 * STATS_DISTANCE_LAW_CELLS, 0, n1, n2 };
    double value = stats_pooled_value(reference, current, 0);
    spans->rank[0] = 1;
    while (spans->rank[spans->count] < n1 + n2) {
        double next = rank_after(spans->rank[spans->count], n1 + n2);
        double next_value = stats_pooled_value(reference, current, (size_t)next - 1);
        spans->width[spans->count++] = next_value - value;
        spans->rank[spans->count] = next;
        value = next_value;
    }
}

/* R labels among `drawn` of `left` values that hold `left_r` of them: hypergeometric; normal with its mean and variance
 * for more than one, rounded and kept possible. */
static double deal(struct stats_random *random, double drawn, double left, double left_r)
{
    double share = left_r / left;
    if (drawn == 1)
        return stats_random_uniform(random) < share;
    double std = sqrt(drawn * share * (1 - share) * (left - drawn) / (left - 1));
    double count = rint(drawn * share + std * stats_random_normal(random));
    return fmin(fmax(count, fmax(0, drawn - (left - left_r))), fmin(drawn, left_r));
}

/* Mean of |g| along a straight line from a to b. */
static double mean_absolute(double a, double b)
{
    if (a * b >= 0)
        return fabs(a + b) / 2;
    return (a * a + b * b) / (2 * (fabs(a) + fabs(b)));
}

/* One deal of all labels: W1 and squared energy distance of it. */
static void deal_distances(const struct spans *spans, struct stats_random *random, double *ret_w1, double *ret_energy2)
{
    double left = spans->n1 + spans->n2, left_r = spans->n1;
    double step_r = 1 / spans->n1, step_c = 1 / spans->n2;
    double w1 = 0, energy2 = 0, gap = 0, drawn = 1; /* rank 1 comes before the first span */
    for (size_t k = 0;; k++) {
        double reference = deal(random, drawn, left, left_r), before = gap;
        gap += reference * step_r - (drawn - reference) * step_c;
        left -= drawn;
        left_r -= reference;
        if (drawn > 1) {
            w1 += mean_absolute(before, gap) * spans->width[k - 1];
            /* Inside, the gap is a bridge whose variance averages drawn / 6 steps; its square adds up. */
            double line = (before * before + before * gap + gap * gap) / 3;
            energy2 += (line + drawn / 6 * step_r * step_c) * spans->width[k - 1];
        }
        if (k == spans->count)
            break;
        drawn = spans->rank[k + 1] - spans->rank[k];
        if (drawn == 1) { /* the gap is constant up to the next value */
            w1 += fabs(gap) * spans->width[k];
            energy2 += gap * gap * spans->width[k];
        }
    }
    *ret_w1 = w1;
    *ret_energy2 = 2 * energy2;
}

/* Upper tail at x of the gamma law (shifted) with the mean, variance and skewness of `draws`. */
static double fitted_tail(const double *draws, size_t count, double x)
{
    struct stats_moments moments = stats_moments(draws, count);
    double cubes = 0;
    for (size_t i = 0; i < count; i++)
        cubes += pow((draws[i] - moments.mean) / moments.std, 3);
    double skewness = fmax(cubes / (double)count, 0.01); /* below that a normal law, to four digits */
    double shape = 4 / (skewness * skewness);
    double scaled = shape + (x - moments.mean) / moments.std * sqrt(shape);
    return stats_gamma_q(shape, fmax(scaled, 0));
}

static struct stats_calibrated calibrate(double *draws, double observed, double alpha, double *scratch)
{
    enum { DEALS = STATS_DISTANCE_LAW_DEALS };
    stats_sort(draws, DEALS, scratch);
    size_t hits = 0;
    /* Cells round differently from the full walk: equal up to 1e-12 is a tie, hence a hit. */
    while (hits < DEALS && draws[DEALS - 1 - hits] >= observed * (1 - 1e-12))
        hits++;
    double p = (1.0 + (double)hits) / (DEALS + 1);
    if (hits < HITS_MIN && draws[0] < draws[DEALS - 1])
        p = fmin(p, fitted_tail(draws, DEALS, observed));
    size_t above = (size_t)fmax(floor(alpha * (DEALS + 1)), 1);
    return (struct stats_calibrated){ p, draws[above < DEALS ? DEALS - above : 0] };
}

struct stats_distance_law stats_distance_law(struct stats_sample reference, struct stats_sample current,
                                             const struct stats_distance_law_options *options, double *scratch)
{
    enum { DEALS = STATS_DISTANCE_LAW_DEALS };
    if (reference.count == 0 || current.count == 0)
        return (struct stats_distance_law){ { NAN, NAN }, { NAN, NAN } };
    double *w1 = scratch, *energy2 = w1 + DEALS, *rest = energy2 + DEALS;
    struct spans spans;
    spans_init(&spans, reference, current, rest);
    struct stats_random random = stats_random_init(options->seed);
    for (int i = 0; i < DEALS; i++)
        deal_distances(&spans, &random, &w1[i], &energy2[i]);

    struct stats_distance_law law;
    law.wasserstein = calibrate(w1, options->observed_wasserstein, options->alpha, rest);
    law.energy = calibrate(energy2, options->observed_energy * options->observed_energy, options->alpha, rest);
    law.energy.critical = sqrt(law.energy.critical);
    return law;
}
