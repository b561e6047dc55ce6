/* The drift methods that read counts: per category, or per bin of a number. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "monitor/drift_internal.h"
#include "stats/chi_square.h"
#include "stats/effect_size.h"
#include "stats/fisher_exact.h"
#include "stats/g_test.h"
#include "stats/hellinger.h"
#include "stats/jensen_shannon.h"
#include "stats/kl_divergence.h"
#include "stats/proportion_z.h"
#include "stats/psi.h"
#include "stats/total_variation.h"

/* Evidently's number of permutations; ours the same, so that p has the same steps. */
#define TVD_PERMUTATIONS 1000
#define TVD_SEED 0

static bool allot(struct drift_shared *shared, size_t bins, struct drift_counts *counts)
{
    counts->bins = bins;
    counts->reference = arena_array(shared->input->scratch, uint64_t, bins);
    counts->current = arena_array(shared->input->scratch, uint64_t, bins);
    if (bins == 0 || (counts->reference && counts->current))
        return true;
    if (shared->status == OK)
        shared->status = error_set(shared->err, ERR_LIMIT, "%zu distinct values do not fit in memory", bins);
    return false;
}

static bool count_distinct_numbers(struct drift_shared *shared)
{
    struct stats_sample r = shared->input->reference->sorted, c = shared->input->current->sorted;
    size_t distinct = stats_distinct_union(r, c);
    if (!allot(shared, distinct, &shared->values))
        return false;
    stats_bins_distinct(r, c, distinct, NULL, shared->values.reference, shared->values.current);
    return true;
}

const struct drift_counts *drift_shared_values(struct drift_shared *shared)
{
    if (shared->has_values)
        return &shared->values;
    const struct drift_input *input = shared->input;
    if (input->type == TYPE_NUM) {
        if (!count_distinct_numbers(shared))
            return NULL;
    } else {
        const struct category_pair *pair = input->pair;
        shared->values = (struct drift_counts){ pair->count, pair->reference, pair->current };
    }
    shared->has_values = true;
    return &shared->values;
}

static bool are_both_integers(const struct drift_input *input)
{
    return input->reference->is_integer && input->current->is_integer;
}

const struct drift_counts *drift_shared_bins(struct drift_shared *shared)
{
    const struct drift_input *input = shared->input;
    if (input->type != TYPE_NUM || input->reference->unique <= STATS_BINS_DISTINCT_MAX)
        return drift_shared_values(shared);
    if (shared->has_bins)
        return &shared->bins;
    struct stats_sample r = input->reference->sorted, c = input->current->sorted;
    struct stats_bins bins =
        stats_bins_sturges_sorted(r, c, are_both_integers(input));
    if (!allot(shared, bins.count, &shared->bins))
        return NULL;
    stats_bins_count_sorted(&bins, r, shared->bins.reference);
    stats_bins_count_sorted(&bins, c, shared->bins.current);
    shared->has_bins = true;
    return &shared->bins;
}

/* Effect and visible shift of counts. For a normal column shifted by d standard deviations PSI is d^2, and w^2 is PSI
 * to the first order: so w reads as a shift of numbers, too. */
static void describe_counts(const struct drift_shared *shared, const struct drift_counts *counts,
                            struct drift_result *result)
{
    const struct drift_input *input = shared->input;
    result->effect = drift_effect_w(stats_cohens_w(counts->reference, counts->current, counts->bins));
    result->detectable = stats_detectable_w(DRIFT_ALPHA, DRIFT_POWER, (double)input->reference->count,
                                            (double)input->current->count, (double)counts->bins - 1);
    result->detectable_unit = input->type == TYPE_NUM ? "reference_std" : "cohens_w";
}

/* The p-value of a divergence under its chi-square law, and the threshold that the law gives. */
static void calibrate(struct drift_shared *shared, enum stats_divergence kind, const struct drift_counts *counts,
                      struct drift_result *result)
{
    const struct drift_input *input = shared->input;
    double *scratch = drift_scratch(shared, 2 * counts->bins);
    if (!scratch)
        return;
    /* The law joins sparse bins in place: it gets copies. */
    uint64_t *reference = (uint64_t *)scratch, *current = reference + counts->bins;
    memcpy(reference, counts->reference, counts->bins * sizeof *reference);
    memcpy(current, counts->current, counts->bins * sizeof *current);
    result->p_value = stats_divergence_p_of_counts(kind, reference, current, counts->bins);
    result->threshold = stats_divergence_threshold(kind, DRIFT_ALPHA, (double)input->reference->count,
                                                   (double)input->current->count, counts->bins);
    describe_counts(shared, counts, result);
}

static void run_divergence(struct drift_shared *shared, struct drift_result *result, enum stats_divergence kind,
                           double (*divergence)(const uint64_t *, const uint64_t *, size_t))
{
    const struct drift_counts *counts = drift_shared_bins(shared);
    if (!counts)
        return;
    result->score = divergence(counts->reference, counts->current, counts->bins);
    calibrate(shared, kind, counts, result);
}

void drift_jensen_shannon(struct drift_shared *shared, struct drift_result *result)
{
    run_divergence(shared, result, STATS_DIVERGENCE_JENSEN_SHANNON, stats_jensen_shannon);
}

void drift_kl(struct drift_shared *shared, struct drift_result *result)
{
    run_divergence(shared, result, STATS_DIVERGENCE_KL, stats_kl_divergence);
}

void drift_psi(struct drift_shared *shared, struct drift_result *result)
{
    run_divergence(shared, result, STATS_DIVERGENCE_PSI, stats_psi);
}

/* Evidently cuts numbers for this one method by the number of distinct values, not of rows. */
static void hellinger_of_numbers(struct drift_shared *shared, struct drift_result *result)
{
    const struct drift_input *input = shared->input;
    struct stats_sample r = input->reference->sorted, c = input->current->sorted;
    size_t distinct = stats_distinct_union(r, c);
    double low = MIN_OF(r.values[0], c.values[0]);
    double high = MAX_OF(r.values[r.count - 1], c.values[c.count - 1]);
    struct stats_bins bins = stats_bins_sturges(low, high, distinct, are_both_integers(input));
    uint64_t reference[STATS_BINS_MAX], current[STATS_BINS_MAX];
    stats_bins_count_sorted(&bins, r, reference);
    stats_bins_count_sorted(&bins, c, current);
    result->score = stats_hellinger_density(&bins, reference, current);
    struct drift_counts counts = { bins.count, reference, current };
    calibrate(shared, STATS_DIVERGENCE_HELLINGER, &counts, result);
}

void drift_hellinger(struct drift_shared *shared, struct drift_result *result)
{
    if (shared->input->type == TYPE_NUM)
        hellinger_of_numbers(shared, result);
    else
        run_divergence(shared, result, STATS_DIVERGENCE_HELLINGER, stats_hellinger);
}

static bool has_new_category(const struct drift_counts *counts)
{
    for (size_t i = 0; i < counts->bins; i++)
        if (counts->reference[i] == 0 && counts->current[i] > 0)
            return true;
    return false;
}

typedef struct stats_chi_square chi_square_test(const uint64_t *, const uint64_t *, size_t);

/* A fit to the reference's shares as Evidently does it. A category that the reference lacks makes any fit impossible
 * (p = 0 for one row in a million); then the right question is whether both sides come from one source. */
static void run_fit(struct drift_shared *shared, struct drift_result *result, chi_square_test *fit,
                    chi_square_test *homogeneity)
{
    const struct drift_counts *counts = drift_shared_values(shared);
    if (!counts)
        return;
    struct stats_chi_square test = fit(counts->reference, counts->current, counts->bins);
    if (has_new_category(counts)) {
        result->has_compat = true;
        result->compat_score = test.p;
        test = homogeneity(counts->reference, counts->current, counts->bins);
        result->note = STR("the reference lacks a category: both sides are tested for one source");
    }
    result->statistic = test.statistic;
    result->score = test.p;
    describe_counts(shared, counts, result);
    if (isnan(result->score))
        result->note = (str){ 0 };
}

void drift_chi_square(struct drift_shared *shared, struct drift_result *result)
{
    run_fit(shared, result, stats_chi_square_fit, stats_chi_square_homogeneity);
}

void drift_g_test(struct drift_shared *shared, struct drift_result *result)
{
    run_fit(shared, result, stats_g_test_fit, stats_g_test_homogeneity);
    /* Theirs does not scale the expected counts, and SciPy refuses sums that differ. */
    if (shared->input->reference->count != shared->input->current->count) {
        result->has_compat = true;
        result->compat_score = NAN;
    }
}

void drift_z(struct drift_shared *shared, struct drift_result *result)
{
    const struct drift_counts *counts = drift_shared_values(shared);
    if (!counts || counts->bins == 0)
        return;
    const struct drift_input *input = shared->input;
    uint64_t n = input->reference->count, m = input->current->count;
    struct stats_proportion_z test =
        stats_proportion_z_test(n - counts->reference[0], n, m - counts->current[0], m);
    result->statistic = test.z;
    result->score = test.p;
    describe_counts(shared, counts, result);
    double detectable = stats_detectable_w(DRIFT_ALPHA, DRIFT_POWER, (double)n, (double)m, 1);
    result->detectable = detectable;
    if (counts->bins > 2)
        result->note = STR("of the share of the smallest value; the other values count as one");
}

void drift_fisher_exact(struct drift_shared *shared, struct drift_result *result)
{
    const struct drift_counts *counts = drift_shared_values(shared);
    if (!counts || counts->bins > 2 || counts->bins == 0)
        return;
    const uint64_t *r = counts->reference, *c = counts->current;
    result->score = counts->bins == 1 ? 1 : stats_fisher_exact_2x2(r[0], r[1], c[0], c[1]);
    describe_counts(shared, counts, result);
    if (shared->input->reference->count != shared->input->current->count)
        result->has_compat = true; /* theirs wants sides of one size; compat_score is NaN */
}

/* Rows without a value have no place in the shuffles. */
static size_t drop_missing(uint32_t *codes, size_t rows)
{
    size_t kept = 0;
    for (size_t row = 0; row < rows; row++)
        if (codes[row] != FRAME_MISSING)
            codes[kept++] = codes[row];
    return kept;
}

static void tvd_compat(struct drift_shared *shared, struct drift_result *result)
{
    const struct drift_input *input = shared->input;
    const struct column *reference = input->reference_rows, *current = input->current_rows;
    size_t rows = reference ? reference->rows + (current ? current->rows : 0) : 0;
    if (!reference || !current || rows > DRIFT_TVD_COMPAT_ROWS_MAX)
        return;
    size_t categories = input->pair->count;
    uint32_t *codes = mem_array(2 * rows + 1, sizeof *codes);
    double *sums = drift_scratch(shared, 2 * categories);
    if (codes && sums && category_pair_codes(input->pair, reference, codes, shared->err) == OK &&
        category_pair_codes(input->pair, current, codes + reference->rows, shared->err) == OK) {
        struct stats_code_pair pair = { codes, codes + reference->rows, 0, 0, categories };
        pair.reference_count = drop_missing(codes, reference->rows);
        pair.current_count = drop_missing(codes + reference->rows, current->rows);
        result->has_compat = true;
        result->compat_score = stats_total_variation_p_numpy(&pair, TVD_PERMUTATIONS, codes + rows, sums);
    }
    mem_free(codes);
}

void drift_tvd(struct drift_shared *shared, struct drift_result *result)
{
    const struct drift_counts *counts = drift_shared_values(shared);
    if (!counts)
        return;
    result->statistic = stats_total_variation(counts->reference, counts->current, counts->bins);
    result->score =
        stats_total_variation_p(counts->reference, counts->current, counts->bins, TVD_PERMUTATIONS, TVD_SEED);
    describe_counts(shared, counts, result);
    if (shared->input->type != TYPE_NUM)
        tvd_compat(shared, result);
}
