#include "stats/distance_law.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "stats/lanes_internal.h"
#include "stats/moments.h"
#include "stats/random.h"
#include "stats/sort.h"
#include "stats/special.h"

/* Ranks dealt one by one at either end of a large sample, and cells between them. */
#define SINGLES 32
#define MIDDLE_CELLS 64

/* Deals that are made side by side, in pairs of lanes: each step waits for the one before, but not for those of other
 * deals. */
#define PAIRS 2
#define DEALS_AT_ONCE (PAIRS * LANES)

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
    double *share;       /* [cells]: of the labels left before a cell that fall in it */
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
        cut->share[cut->cells] = drawn / left;
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
                       .width = scratch + 3 * ROOM, .std = scratch + 4 * ROOM, .share = scratch + 5 * ROOM };
    for (size_t k = 1; k < cut.lower; k++)
        cut.lower_width[k - 1] = width_between(reference, current, k, k + 1);
    for (size_t k = 1; k < cut.upper; k++)
        cut.upper_width[k - 1] = width_between(reference, current, n - k, n - k + 1);
    cut_middle(&cut, reference, current, n - cut.lower - cut.upper);
    cut.last_width = width_between(reference, current, n - cut.upper, n - cut.upper + 1);
    return cut;
}

/* Deals on their way: the labels not yet dealt, and the two integrals so far. */
struct dealing {
    struct stats_random random;
    double left; /* the same in all deals */
    lanes left_r[PAIRS], w1[PAIRS], energy2[PAIRS];
};

static inline void add_constant(struct dealing *dealing, const lanes *gap, double width)
{
    for (int k = 0; k < PAIRS; k++) {
        dealing->w1[k] += lanes_magnitude(gap[k]) * width;
        dealing->energy2[k] += gap[k] * gap[k] * width;
    }
}

/* Trapezoids of |gap| and its square themselves: right on average for a path as rough as this one, which a straight
 * line between a and b would make too smooth. */
static inline void add_cell(struct dealing *dealing, const lanes *a, const lanes *b, double width)
{
    for (int k = 0; k < PAIRS; k++) {
        dealing->w1[k] += (lanes_magnitude(a[k]) + lanes_magnitude(b[k])) * (width / 2);
        dealing->energy2[k] += (a[k] * a[k] + b[k] * b[k]) * (width / 2);
    }
}

/* Two uniform numbers from one draw, on a grid of 2^-31: no label's chance is off by more. */
static inline lanes draw_uniform(struct stats_random *random)
{
    uint64_t bits = stats_random_u64(random);
    return (lanes){ (double)(int32_t)(bits >> 33), (double)(int32_t)(bits & INT32_MAX) } * 0x1p-31;
}

/* Heads of 64 tosses, standardised: what is dealt is a count of labels too. Its excess kurtosis is -1/32, and a path
 * adds up MIDDLE_CELLS of them. */
static inline double draw_count(struct stats_random *random)
{
    uint64_t bits = stats_random_u64(random);
    bits -= (bits >> 1) & 0x5555555555555555u;
    bits = (bits & 0x3333333333333333u) + ((bits >> 2) & 0x3333333333333333u);
    bits = (bits + (bits >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    int32_t heads = (int32_t)((bits * 0x0101010101010101u) >> 56);
    return (heads - 32) * 0.25;
}

/* Deals `count` labels one by one and adds the spans between them; `ret_gap` is the gap behind the last. An R label
 * moves the gap by step_r, a C label by step_c. */
static void deal_singles(struct dealing *ret_dealing, size_t count, const double *widths, double step_r, double step_c,
                         lanes *ret_gap)
{
    struct dealing dealing = *ret_dealing; /* a copy, so that it may live in registers */
    lanes gap[PAIRS] = { { 0 } };
    for (size_t i = 0; i < count; i++) {
        for (int k = 0; k < PAIRS; k++) {
            lane_mask is_reference = draw_uniform(&dealing.random) * dealing.left < dealing.left_r[k];
            lanes one = (lanes)(is_reference & (lane_mask)(lanes){ 1, 1 });
            gap[k] += one * (step_r - step_c) + step_c;
            dealing.left_r[k] -= one;
        }
        dealing.left -= 1;
        if (i + 1 < count)
            add_constant(&dealing, gap, widths[i]);
    }
    memcpy(ret_gap, gap, sizeof(gap));
    *ret_dealing = dealing;
}

/* The cells between both ends, as a bridge that starts at `gap`. */
static void deal_cells(struct dealing *ret_dealing, const struct cut *cut, lanes *gap)
{
    struct dealing dealing = *ret_dealing;
    double step_r = 1 / cut->n1, step_c = 1 / cut->n2;
    lanes deviation[PAIRS];
    for (int k = 0; k < PAIRS; k++) {
        lanes share = dealing.left_r[k] / fmax(dealing.left, 1);
        for (int lane = 0; lane < LANES; lane++)
            deviation[k][lane] = sqrt(share[lane] * (1 - share[lane]));
    }
    for (size_t i = 0; i < cut->cells; i++) {
        double drawn = cut->edge[i + 1] - cut->edge[i];
        lanes next[PAIRS];
        for (int k = 0; k < PAIRS; k++) {
            double first = draw_count(&dealing.random);
            lanes counts = { first, draw_count(&dealing.random) };
            lanes reference = dealing.left_r[k] * cut->share[i] + deviation[k] * counts * cut->std[i];
            next[k] = gap[k] + reference * (step_r + step_c) - drawn * step_c;
            dealing.left_r[k] -= reference;
        }
        add_cell(&dealing, gap, next, cut->width[i]);
        memcpy(gap, next, sizeof(next));
    }
    *ret_dealing = dealing;
}

/* A few deals of all labels: both ends exactly, then the middle. The order in which values get their labels does not
 * matter. */
static void deal_distances(const struct cut *cut, struct dealing *dealing)
{
    dealing->left = cut->n1 + cut->n2;
    for (int k = 0; k < PAIRS; k++) {
        dealing->left_r[k] = (lanes){ cut->n1, cut->n1 };
        dealing->w1[k] = dealing->energy2[k] = (lanes){ 0, 0 };
    }
    double step_r = 1 / cut->n1, step_c = 1 / cut->n2;
    lanes gap[PAIRS], gap_end[PAIRS];
    deal_singles(dealing, cut->lower, cut->lower_width, step_r, -step_c, gap);
    deal_singles(dealing, cut->upper, cut->upper_width, -step_r, step_c, gap_end);
    deal_cells(dealing, cut, gap);
    add_constant(dealing, gap_end, cut->last_width);
}

/* Upper tail at x of the gamma law (shifted) with the mean, variance and skewness of `draws`. */
static double fitted_tail(const double *draws, size_t count, double x)
{
    struct stats_moments moments = stats_moments(draws, count);
    double cubes = 0;
    for (size_t i = 0; i < count; i++) {
        double z = (draws[i] - moments.mean) / moments.std;
        cubes += z * z * z;
    }
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
    struct dealing dealing = { .random = stats_random_init(options->seed) };
    for (int i = 0; i < DEALS; i += DEALS_AT_ONCE) {
        deal_distances(&cut, &dealing);
        for (int lane = 0; lane < DEALS_AT_ONCE && i + lane < DEALS; lane++) {
            w1[i + lane] = dealing.w1[lane / LANES][lane % LANES];
            energy2[i + lane] = 2 * dealing.energy2[lane / LANES][lane % LANES];
        }
    }

    struct stats_distance_law law;
    law.wasserstein = calibrate(w1, options->observed_wasserstein, options->alpha, rest);
    law.energy = calibrate(energy2, options->observed_energy * options->observed_energy, options->alpha, rest);
    law.energy.critical = sqrt(law.energy.critical);
    return law;
}
