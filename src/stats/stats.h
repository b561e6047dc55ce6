/* kedge/stats.h - libkedge_stats: statistics of two samples, pure functions over arrays.
 *
 * No I/O, no clock, no heap: scratch comes from the caller, and each header says how much. Nothing here can fail; what
 * cannot be computed is NaN, with its reason in the function's contract. All functions are thread-safe.
 *
 *     cc program.c $(pkg-config --cflags --libs kedge_stats) */
#ifndef KEDGE_STATS_H
#define KEDGE_STATS_H

#include "stats/anderson.h"
#include "stats/cramer_von_mises.h"
#include "stats/distributions.h"
#include "stats/distance_law.h"
#include "stats/energy.h"
#include "stats/epps_singleton.h"
#include "stats/kolmogorov.h"
#include "stats/ks.h"
#include "stats/mann_whitney.h"
#include "stats/mmd.h"
#include "stats/moments.h"
#include "stats/random.h"
#include "stats/sample.h"
#include "stats/shift_effect.h"
#include "stats/sort.h"
#include "stats/special.h"
#include "stats/t_test.h"
#include "stats/visible_shift.h"
#include "stats/wasserstein.h"

#endif
