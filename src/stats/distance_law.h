/* stats/distance_law.h - what the numeric distances would be with no drift at all: p-values and thresholds.
 *
 * A fixed threshold of 0.1 on normed Wasserstein alarms 96 % of the time at 50 current rows when nothing has changed.
 * The law of a distance under "no drift" depends on the data's own shape, so it is drawn from the data: labels R and C
 * are dealt again over the pooled order statistics, which is exact for any distribution, tied or heavy-tailed
 * [LehmannRomano2005, ch. 15]. Larger pooled samples are cut into cells of neighbouring ranks, single ranks kept at
 * both ends where a heavy tail puts the distance; the number of R labels in a cell then has the mean and variance of
 * such a deal, and the shape of the heads in 64 tosses (a bridge). One pass serves both distances. False alarms at 5 %,
 * simulated 1,500 times each on five shapes and five sizes from 50 rows a side to 10,000: 3.9 to 6.3 %, where 0.6 is
 * the simulations' own standard error; at 1 % 0.5 to 1.7 %. distance_law_test.c repeats it smaller. */
#ifndef STATS_DISTANCE_LAW_H
#define STATS_DISTANCE_LAW_H

#include <stdint.h>

#include "stats/sample.h"

/* Deals of labels; one more than this times the usual levels is whole. */
#define STATS_DISTANCE_LAW_DEALS 499

/* Pooled ranks that are dealt one by one; more are cut into about this many cells. */
#define STATS_DISTANCE_LAW_CELLS 256

/* Doubles of scratch. */
#define STATS_DISTANCE_LAW_SCRATCH (2 * STATS_DISTANCE_LAW_DEALS + 8 * STATS_DISTANCE_LAW_CELLS)

struct stats_calibrated {
    double p;        /* P(distance >= the observed one | no drift): (1 + deals as large) / 500; when fewer than 10 are,
                        the tail of a gamma law with the deals' mean, variance and skewness, never above that count */
    double critical; /* the distance that a share alpha of the deals exceeds: the calibrated threshold */
};

struct stats_distance_law {
    struct stats_calibrated wasserstein; /* of raw W1, in the unit of the column */
    struct stats_calibrated energy;
};

struct stats_distance_law_options {
    double observed_wasserstein; /* wasserstein.h, raw */
    double observed_energy;      /* energy.h */
    double alpha;                /* level of `critical`, 0 < alpha < 1 */
    uint64_t seed;               /* the same seed and data give the same law on every machine */
};

/* NaN when a side is empty; p = 1 and critical 0 when all values are equal. About 0.2 ms, O(log) in the number of rows
 * beyond STATS_DISTANCE_LAW_CELLS. scratch: [STATS_DISTANCE_LAW_SCRATCH]. */
struct stats_distance_law stats_distance_law(struct stats_sample reference, struct stats_sample current,
                                             const struct stats_distance_law_options *options, double *scratch);

#endif
