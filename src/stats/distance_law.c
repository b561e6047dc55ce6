#include "stats/distance_law.h"

#include <math.h>
#include <stdbool.h>

#include "stats/moments.h"
#include "stats/random.h"
#include "stats/sort.h"
#include "stats/special.h"

/* Ranks dealt one by one at either end of a large sample, and cells between them. */
#define SINGLES 32
#define MIDDLE_CELLS 64

/* With fewer hits than this among the deals, the count says little and the fitted tail is used. */
#define HITS_MIN 10

/* The pooled sample z_1 .. z_N cut into: `lower` single ranks, cells with edges at the ranks edge[0] = lower ..
 * edge[cells] = N - upper, and `upper` single ranks. Small samples are all single ranks and no cells. */
struct cut {
    double n1, n2;
    size_t lower, upper, cells;
    double *lower_width; /* [lower - 1]: z_k+1 - z_k */
    double *upper_width; /* [upper - 1]: the same from the top down */
    double *edge;        /* [cells + 1] */
    double *width;       /* [cells]: between the values at the edges */
    double *std;         /* [cells]: of the R labels in a cell, given those before, over sqrt(share (1 - share)) */
    double last_width;   /* from the value at the last edge to the next rank */
};

static double width_between(struct stats_sample reference, struct stats_sample current, size_t low, size_t high)
{
    return stats_pooled_value(reference, current, high - 1) - stats_pooled_value(reference, current, low - 1);
}

/* Cell edges crowd towards the ends, where a cell holds few labels. */
static void cut_middle(struct cut *cut, struct stats_sample reference, struct stats_sample current, size_t middle)
{
    cut->edge[0] = (double)cut->lower;
    for (int i = 1; i <= MIDDLE_CELLS && middle > 0; i++) {
        double before = cut->edge[cut->cells];
        double edge = (double)cut->lower + floor((double)middle * (1 - cos(M_PI * i / MIDDLE_CELLS)) / 2 + 0.5);
        if (edge == before)
            continue;
        double drawn = edge - before, left = (double)(cut->lower + middle) - before;
        cut->std[cut->cells] = sqrt(drawn * (left - drawn) / fmax(left - 1, 1));
        cut->width[cut->cells] = width_between(reference, current, (size_t)before, (size_t)edge);
        cut->edge[++cut->cells] = edge;
    }
}

static struct cut cut_init(struct stats_sample reference, struct stats_sample current, double *scratch)
{
    enum { ROOM = STATS_DISTANCE_LAW_CELLS };
    size_t n = reference.count + current.count;
    bool is_small = n <= STATS_DISTANCE_LAW_CELLS;
    struct cut cut = { .n1 = (double)reference.count, .n2 = (double)current.count,
                       .lower = is_small ? n / 2 : SINGLES, .upper = is_small ? n - n / 2 : SINGLES,
                       .lower_width = scratch, .upper_width = scratch + ROOM, .edge = scratch + 2 * ROOM,
                       .width = scratch + 3 * ROOM, .std = scratch + 4 * ROOM };
    for (size_t k = 1; k < cut.lower; k++)
        cut.lower_width[k - 1] = width_between(reference, current, k, k + 1);
    for (size_t k = 1; k < cut.upper; k++)
        cut.upper_width[k - 1] = width_between(reference, current, n - k, n - k + 1);
    cut_middle(&cut, reference, current, n - cut.lower - cut.upper);
    cut.last_width = width_between(reference, current, n - cut.upper, n - cut.upper + 1);
    return cut;
}

/* Labels not yet dealt, and the two integrals so far. */
struct dealing {
    struct stats_random *random;
    double left, left_r, w1, energy2;
};

static void add_constant(struct dealing *dealing, double gap, double width)
{
    dealing->w1 += fabs(gap) * width;
    dealing->energy2 += gap * gap * width;
}

/* Trapezoids of |gap| and its square themselves: right on average for a path as rough as this one, which a straight
 * line between a and b would make too smooth. */
static void add_cell(struct dealing *dealing, double a, double b, double width)
{
    dealing->w1 += width * (fabs(a) + fabs(b)) / 2;
    dealing->energy2 += width * (a * a + b * b) / 2;
}

/* Deals `count` labels one by one and adds the spans between them; returns the gap behind the last. */
static double deal_singles(struct dealing *dealing, size_t count, const double *widths, double step_r, double step_c)
{
    double gap = 0;
    for (size_t k = 0; k < count; k++) {
        bool is_reference = stats_random_uniform(dealing->random) * dealing->left < dealing->left_r;
        gap += is_reference ? step_r : -step_c;
        dealing->left_r -= is_reference;
        dealing->left -= 1;
        if (k + 1 < count)
            add_constant(dealing, gap, widths[k]);
    }
    return gap;
}

/* One deal of all labels: both ends exactly, then the middle as a bridge between them. The order in which values get
 * their labels does not matter. */
static void deal_distances(const struct cut *cut, struct stats_random *random, double *ret_w1, double *ret_energy2)
{
    double step_r = 1 / cut->n1, step_c = 1 / cut->n2;
    struct dealing dealing = { random, cut->n1 + cut->n2, cut->n1, 0, 0 };
    double gap = deal_singles(&dealing, cut->lower, cut->lower_width, step_r, step_c);
    double gap_end = deal_singles(&dealing, cut->upper, cut->upper_width, -step_r, -step_c);
    double share = dealing.left_r / fmax(dealing.left, 1), deviation = sqrt(share * (1 - share));
    for (size_t k = 0; k < cut->cells; k++) {
        double drawn = cut->edge[k + 1] - cut->edge[k];
        double reference = drawn * dealing.left_r / dealing.left + cut->std[k] * deviation * stats_random_normal(random);
        double next = gap + reference * step_r - (drawn - reference) * step_c;
        add_cell(&dealing, gap, next, cut->width[k]);
        dealing.left -= drawn;
        dealing.left_r -= reference;
        gap = next;
    }
    add_constant(&dealing, gap_end, cut->last_width);
    *ret_w1 = dealing.w1;
    *ret_energy2 = 2 * dealing.energy2;
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
    struct cut cut = cut_init(reference, current, rest);
    struct stats_random random = stats_random_init(options->seed);
    for (int i = 0; i < DEALS; i++)
        deal_distances(&cut, &random, &w1[i], &energy2[i]);

    struct stats_distance_law law;
    law.wasserstein = calibrate(w1, options->observed_wasserstein, options->alpha, rest);
    law.energy = calibrate(energy2, options->observed_energy * options->observed_energy, options->alpha, rest);
    law.energy.critical = sqrt(law.energy.critical);
    return law;
}
