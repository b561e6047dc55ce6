#include "stats/divergence_law.h"

#include <math.h>
#include <stdbool.h>

#include "stats/binning.h"
#include "stats/distributions.h"
#include "stats/effect_size.h"
#include "stats/hellinger.h"
#include "stats/jensen_shannon.h"
#include "stats/kl_divergence.h"
#include "stats/psi.h"

/* Bins that expect fewer rows are joined before the law is asked. The usual 5 is for the statistic of Pearson; the
 * logarithms here reach their law later: with 5, 30 even bins of 200 rows alarm at 10 to 16 % instead of 5. */
#define EXPECTED_ROWS_MIN 15

/* A divergence, or its square, is about factor * (1/n + 1/m) * chi-square: half the second derivative at equality. */
struct law {
    double factor;
    bool is_square; /* the law is of the squared distance */
    double (*distance)(const uint64_t *reference, const uint64_t *current, size_t bins);
};

static const struct law laws[STATS_DIVERGENCE_COUNT] = {
    [STATS_DIVERGENCE_PSI] = { 1, false, stats_psi },
    [STATS_DIVERGENCE_KL] = { 0.5, false, stats_kl_divergence },
    [STATS_DIVERGENCE_JENSEN_SHANNON] = { 0.125, true, stats_jensen_shannon },
    [STATS_DIVERGENCE_HELLINGER] = { 0.125, true, stats_hellinger },
};

static bool has_law(double n, double m, size_t bins)
{
    return n > 0 && m > 0 && bins >= 2;
}

double stats_divergence_p(enum stats_divergence kind, double score, double n, double m, size_t bins)
{
    if (!has_law(n, m, bins) || isnan(score))
        return NAN;
    const struct law *law = &laws[kind];
    double scale = law->factor * (1 / n + 1 / m);
    return stats_chi2_sf((law->is_square ? score * score : score) / scale, (double)bins - 1);
}

double stats_divergence_p_of_counts(enum stats_divergence kind, uint64_t *reference, uint64_t *current, size_t bins)
{
    size_t merged = stats_bins_merge_sparse(reference, current, bins, EXPECTED_ROWS_MIN);
    if (merged < 2)
        return merged == 0 ? NAN : 1;
    double n = 0, m = 0;
    for (size_t i = 0; i < merged; i++) {
        n += (double)reference[i];
        m += (double)current[i];
    }
    return stats_divergence_p(kind, laws[kind].distance(reference, current, merged), n, m, merged);
}

/* The score whose law-scaled value is `chi_square`. */
static double score_of(enum stats_divergence kind, double chi_square, double n, double m)
{
    double scaled = laws[kind].factor * (1 / n + 1 / m) * chi_square;
    return laws[kind].is_square ? sqrt(scaled) : scaled;
}

double stats_divergence_threshold(enum stats_divergence kind, double alpha, double n, double m, size_t bins)
{
    return has_law(n, m, bins) ? score_of(kind, stats_chi2_isf(alpha, (double)bins - 1), n, m) : NAN;
}

double stats_divergence_detectable(enum stats_divergence kind, double alpha, double power, double n, double m,
                                   size_t bins)
{
    if (!has_law(n, m, bins))
        return NAN;
    return score_of(kind, stats_noncentrality(alpha, power, (double)bins - 1), n, m);
}
