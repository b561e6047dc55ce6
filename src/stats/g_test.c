/* Terms o ln(o / e) have both signs and nearly cancel for equal shares; the sum is exact enough, since what is asked
 * of it is a tail probability, and its own rounding is some 1e-16 of the rows. */
#include "stats/g_test.h"

#include <math.h>

#include "stats/distributions.h"
#include "stats/shares_internal.h"

static const struct stats_chi_square untestable = { NAN, NAN, NAN };

/* o ln(o / e): 0 for o = 0, +inf for e = 0. */
static double log_ratio(double observed, double expected)
{
    return observed > 0 ? observed * log(observed / expected) : 0;
}

static struct stats_chi_square with_tail(double sum, const uint64_t *reference, const uint64_t *current,
                                         size_t categories)
{
    double df = -1;
    for (size_t i = 0; i < categories; i++)
        df += reference[i] > 0 || current[i] > 0;
    double statistic = sum > 0 ? 2 * sum : 0; /* terms of both signs may leave -1e-16 */
    return (struct stats_chi_square){ statistic, df, df > 0 ? stats_chi2_sf(statistic, df) : NAN };
}

struct stats_chi_square stats_g_test_fit(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    double n = (double)counts_sum(reference, categories), m = (double)counts_sum(current, categories);
    if (n == 0 || m == 0)
        return untestable;
    double sum = 0;
    for (size_t i = 0; i < categories; i++)
        sum += log_ratio((double)current[i], (double)reference[i] * (m / n));
    return with_tail(sum, reference, current, categories);
}

struct stats_chi_square stats_g_test_fit_unscaled(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    if (counts_sum(reference, categories) != counts_sum(current, categories))
        return untestable;
    return stats_g_test_fit(reference, current, categories);
}

struct stats_chi_square stats_g_test_homogeneity(const uint64_t *reference, const uint64_t *current, size_t categories)
{
    double n = (double)counts_sum(reference, categories), m = (double)counts_sum(current, categories);
    if (n == 0 || m == 0)
        return untestable;
    double sum = 0;
    for (size_t i = 0; i < categories; i++) {
        double both = (double)reference[i] + (double)current[i];
        sum += log_ratio((double)reference[i], both * (n / (n + m)));
        sum += log_ratio((double)current[i], both * (m / (n + m)));
    }
    return with_tail(sum, reference, current, categories);
}
