/* The drift methods that read two sorted samples. */
#include <math.h>

#include "monitor/drift_internal.h"
#include "stats/anderson.h"
#include "stats/cramer_von_mises.h"
#include "stats/effect_size.h"
#include "stats/energy.h"
#include "stats/epps_singleton.h"
#include "stats/ks.h"
#include "stats/mann_whitney.h"
#include "stats/mmd.h"
#include "stats/shift_effect.h"
#include "stats/t_test.h"
#include "stats/visible_shift.h"
#include "stats/wasserstein.h"

/* Permutations and deals are drawn from here, so that a report repeats. */
#define DRIFT_SEED 20240229

static struct stats_sample reference_of(const struct drift_shared *shared)
{
    return shared->input->reference->sorted;
}

static struct stats_sample current_of(const struct drift_shared *shared)
{
    return shared->input->current->sorted;
}

/* What every numeric method says beside its score. */
static void describe_shift(const struct drift_shared *shared, struct drift_result *result)
{
    const struct column_profile *reference = shared->input->reference, *current = shared->input->current;
    result->effect = drift_effect_d(stats_cohen_d(&reference->moments, &current->moments));
    result->detectable =
        stats_detectable_d(DRIFT_ALPHA, DRIFT_POWER, (double)reference->count, (double)current->count);
    result->detectable_unit = "reference_std";
}

void drift_ks(struct drift_shared *shared, struct drift_result *result)
{
    struct stats_sample reference = reference_of(shared), current = current_of(shared);
    size_t scratch_size = MAX_OF((size_t)STATS_KS_SCRATCH, MAX_OF(reference.count, current.count) + 2);
    double *scratch = drift_scratch(shared, scratch_size);
    if (!scratch)
        return;
    struct stats_ks ks = stats_ks(reference, current);
    result->statistic = ks.statistic;
    result->score = stats_ks_p(ks.statistic, reference.count, current.count, scratch);
    describe_shift(shared, result);
    result->detectable = stats_visible_shift_ks(reference, reference.count, current.count, DRIFT_ALPHA, DRIFT_POWER);
}

/* The distances asked for and their common law, drawn once; each distance is a pass over both samples. */
static bool need_law(struct drift_shared *shared)
{
    if (shared->has_law)
        return true;
    double *scratch = drift_scratch(shared, STATS_DISTANCE_LAW_SCRATCH);
    if (!scratch)
        return false;
    struct stats_sample reference = reference_of(shared), current = current_of(shared);
    shared->wasserstein = shared->wants_wasserstein ? stats_wasserstein(reference, current) : 0;
    shared->energy = shared->wants_energy ? stats_energy(reference, current) : 0;
    struct stats_distance_law_options options = {
        .observed_wasserstein = shared->wasserstein,
        .observed_energy = shared->energy,
        .alpha = DRIFT_ALPHA,
        .seed = DRIFT_SEED,
    };
    shared->law = stats_distance_law(reference, current, &options, scratch);
    shared->has_law = true;
    return true;
}

/* NumPy squares deviations without scaling, so a spread above 1e154 becomes infinite and the score 0. */
static double std_as_numpy(const struct stats_moments *moments)
{
    return isfinite(moments->std * moments->std * (double)moments->count) ? moments->std : INFINITY;
}

void drift_wasserstein(struct drift_shared *shared, struct drift_result *result)
{
    if (!need_law(shared))
        return;
    const struct stats_moments *moments = &shared->input->reference->moments;
    result->statistic = shared->wasserstein;
    result->score = stats_wasserstein_normed_compat(shared->wasserstein, moments->std);
    result->compat_score = stats_wasserstein_normed_compat(shared->wasserstein, std_as_numpy(moments));
    result->has_compat = result->compat_score != result->score && !isnan(result->score);
    result->p_value = shared->law.wasserstein.p;
    describe_shift(shared, result);
    double unit = MAX_OF(moments->std, STATS_WASSERSTEIN_STD_MIN);
    result->threshold = shared->law.wasserstein.critical / unit;
    result->detectable = stats_visible_shift_wasserstein(shared->law.wasserstein.critical, moments->std,
                                                         reference_of(shared).count, current_of(shared).count,
                                                         DRIFT_POWER);
    if (moments->std < STATS_WASSERSTEIN_STD_MIN)
        result->note = STR("the reference's spread is below 0.001: the score is in units of 0.001, see the p-value");
}

void drift_energy(struct drift_shared *shared, struct drift_result *result)
{
    if (!need_law(shared))
        return;
    result->statistic = result->score = shared->energy;
    result->p_value = shared->law.energy.p;
    describe_shift(shared, result);
    result->threshold = shared->law.energy.critical;
    result->detectable = stats_visible_shift_energy(reference_of(shared), shared->law.energy.critical,
                                                    reference_of(shared).count, current_of(shared).count, DRIFT_POWER);
}

void drift_anderson(struct drift_shared *shared, struct drift_result *result)
{
    struct stats_sample samples[2] = { reference_of(shared), current_of(shared) };
    struct stats_anderson anderson = stats_anderson(samples, 2);
    result->statistic = anderson.statistic;
    result->score = anderson.p;
    result->p_value = anderson.p;
    describe_shift(shared, result);
    if (anderson.p == 0.25 || anderson.p == 0.001)
        result->note = arena_printf(shared->input->arena, "p %s, the end of the table",
                                    anderson.p == 0.25 ? "is at least 0.25" : "is at most 0.001");
}

void drift_cramer_von_mises(struct drift_shared *shared, struct drift_result *result)
{
    struct stats_sample reference = reference_of(shared), current = current_of(shared);
    double *scratch = drift_scratch(shared, stats_cramer_von_mises_scratch(reference.count, current.count));
    if (!scratch)
        return;
    struct stats_test test = stats_cramer_von_mises(reference, current, scratch);
    result->statistic = test.statistic;
    result->score = test.p;
    describe_shift(shared, result);
}

void drift_mann_whitney(struct drift_shared *shared, struct drift_result *result)
{
    struct stats_sample reference = reference_of(shared), current = current_of(shared);
    double *scratch = drift_scratch(shared, stats_mann_whitney_scratch(reference.count, current.count));
    if (!scratch)
        return;
    struct stats_mann_whitney test = stats_mann_whitney(reference, current, scratch);
    result->statistic = test.u;
    result->score = test.p_two_sided;
    result->has_compat = true; /* theirs sees only upward shifts */
    result->compat_score = test.p_less;
    describe_shift(shared, result);
}

void drift_t_test(struct drift_shared *shared, struct drift_result *result)
{
    const struct column_profile *reference = shared->input->reference, *current = shared->input->current;
    struct stats_t_test test = stats_t_test(&reference->moments, &current->moments);
    result->statistic = test.statistic;
    result->score = test.p;
    describe_shift(shared, result);
}

void drift_epps_singleton(struct drift_shared *shared, struct drift_result *result)
{
    struct stats_test test = stats_epps_singleton(reference_of(shared), current_of(shared));
    result->statistic = test.statistic;
    result->score = test.p;
    describe_shift(shared, result);
}

void drift_mmd(struct drift_shared *shared, struct drift_result *result)
{
    double *scratch = drift_scratch(shared, STATS_MMD_SCRATCH);
    if (!scratch)
        return;
    struct stats_mmd mmd = stats_mmd(reference_of(shared), current_of(shared), DRIFT_SEED, scratch);
    result->statistic = mmd.statistic;
    result->score = mmd.p;
    result->p_value = mmd.p_valid;
    describe_shift(shared, result);
    result->detectable = NAN; /* the kernel's width decides, and nobody knows a formula */
    if (mmd.is_thinned)
        result->note = arena_printf(shared->input->arena, "of %d evenly spaced values a side", STATS_MMD_SAMPLE_MAX);
}
