/* monitor/drift_internal.h - what the drift methods of one column share, each part made when first asked for. */
#ifndef MONITOR_DRIFT_INTERNAL_H
#define MONITOR_DRIFT_INTERNAL_H

#include "monitor/category_pair.h"
#include "monitor/drift.h"
#include "stats/binning.h"
#include "stats/divergence_law.h"
#include "stats/distance_law.h"

/* Rows of both sides up to which TVD is also drawn as Evidently does: a thousand shuffles of them all. */
#define DRIFT_TVD_COMPAT_ROWS_MAX 20000

struct drift_counts {
    size_t bins;
    uint64_t *reference, *current;
};

struct drift_shared {
    const struct drift_input *input;
    struct error *err;
    enum status status; /* of memory; a method that sees it set does nothing */

    bool has_values; /* one count a distinct value of the union */
    struct drift_counts values;

    bool has_bins; /* Evidently's bins: values, or Sturges' for numbers with many */
    struct drift_counts bins;

    bool has_law;
    bool wants_wasserstein, wants_energy; /* which of the two distances the plan asks for */
    double wasserstein, energy;           /* raw; 0 where not asked for */
    struct stats_distance_law law;
};

/* Fills statistic, score, p_value, effect, detectable, compat and note; leaves the score NaN when there is none. */
typedef void drift_function(struct drift_shared *shared, struct drift_result *result);

drift_function drift_ks, drift_wasserstein, drift_energy, drift_anderson, drift_cramer_von_mises, drift_mann_whitney,
    drift_t_test, drift_epps_singleton, drift_mmd;
drift_function drift_jensen_shannon, drift_kl, drift_psi, drift_hellinger;
drift_function drift_chi_square, drift_z, drift_g_test, drift_fisher_exact, drift_tvd;

/* NULL (and shared->status set) without memory. Shape [bins], owned by the input's arena; do not change. */
const struct drift_counts *drift_shared_values(struct drift_shared *shared);
const struct drift_counts *drift_shared_bins(struct drift_shared *shared);

/* Scratch of that many doubles, or NULL with the status set. */
double *drift_scratch(struct drift_shared *shared, size_t doubles);

/* Cohen's d and w with the words of [Cohen1988]. */
struct drift_effect drift_effect_d(double d);

/* Of categories: w = sqrt(chi-square / n), small from 0.1, medium from 0.3, large from 0.5. */
struct drift_effect drift_effect_w(double w);

#endif
