/* stats/visible_shift.h - the smallest shift that a test on this many rows would have found.
 *
 * "No drift seen" means no more than this. Shifts move the whole current distribution by a constant and are given in
 * standard deviations of the reference. The mean's own is stats_detectable_d() (effect_size.h). `power` is the
 * probability of finding it, usually 0.8; the noise of a distance around a real shift is taken as normal. */
#ifndef STATS_VISIBLE_SHIFT_H
#define STATS_VISIBLE_SHIFT_H

#include "stats/sample.h"

/* Wasserstein: a pure shift by s has W1 = s, so critical / std + z_power sqrt(1/n1 + 1/n2).
 * critical: distance_law.h. NaN when the std is 0 or a size is 0. */
double stats_visible_shift_wasserstein(double critical, double reference_std, size_t n1, size_t n2, double power);

/* Energy: the s at which energy(R, R + s), on at most 256 quantiles of R, reaches critical plus its noise.
 * NaN when R is constant or a size is 0. */
double stats_visible_shift_energy(struct stats_sample reference, double critical, size_t n1, size_t n2, double power);

/* Kolmogorov-Smirnov at level alpha: the s at which D(R, R + s) reaches the critical D plus its noise.
 * NaN when R is constant, a size is 0, or even complete separation (D = 1) would not be seen. */
double stats_visible_shift_ks(struct stats_sample reference, size_t n1, size_t n2, double alpha, double power);

#endif
