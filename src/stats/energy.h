/* stats/energy.h - energy distance of two samples on a line.
 *
 *     sqrt(2 * integral of (F_R(x) - F_C(x))^2 dx)        in the square root of the column's unit
 *
 * Numbers of scipy.stats.energy_distance. Source: [SzekelyRizzo2013]. */
#ifndef STATS_ENERGY_H
#define STATS_ENERGY_H

#include "stats/sample.h"

/* NaN when a side is empty. O(n1 + n2), compensated sum. */
double stats_energy(struct stats_sample reference, struct stats_sample current);

#endif
