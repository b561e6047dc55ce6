/* kedge/stats.h - libkedge_stats: statistics of two samples, pure functions over arrays.
 *
 * No I/O, no clock, no heap: scratch comes from the caller, and each header says how much. Nothing here can fail; what
 * cannot be computed is NaN, with its reason in the function's contract. All functions are thread-safe.
 *
 *     cc program.c $(pkg-config --cflags --libs kedge_stats) */
#ifndef KEDGE_STATS_H
#define KEDGE_STATS_H

#include "stats/anderson.h"
#include "stats/binning.h"
#include "stats/calibration.h"
#include "stats/chi_square.h"
#include "stats/classification.h"
#include "stats/correlation.h"
#include "stats/cramer_von_mises.h"
#include "stats/distance_law.h"
#include "stats/distributions.h"
#include "stats/divergence_law.h"
#include "stats/effect_size.h"
#include "stats/energy.h"
#include "stats/epps_singleton.h"
#include "stats/fairness.h"
#include "stats/fisher_exact.h"
#include "stats/g_test.h"
#include "stats/hellinger.h"
#include "stats/jensen_shannon.h"
#include "stats/kendall.h"
#include "stats/kl_divergence.h"
#include "stats/kolmogorov.h"
#include "stats/ks.h"
#include "stats/mann_whitney.h"
#include "stats/mmd.h"
#include "stats/moments.h"
#include "stats/multiple_testing.h"
#include "stats/normality.h"
#include "stats/proportion_z.h"
#include "stats/psi.h"
#include "stats/random.h"
#include "stats/regression.h"
#include "stats/roc.h"
#include "stats/sample.h"
#include "stats/sequential.h"
#include "stats/shift_effect.h"
#include "stats/sort.h"
#include "stats/special.h"
#include "stats/t_test.h"
#include "stats/total_variation.h"
#include "stats/visible_shift.h"
#include "stats/wasserstein.h"

#endif
