#include "stats/t_test.h"

#include <math.h>

#include "stats/distributions.h"

static double difference_of_means(const struct stats_moments *reference, const struct stats_moments *current)
{
    return reference->mean - current->mean + (reference->mean_rest - current->mean_rest);
}

static struct stats_t_test result_of(double difference, double standard_error, double df)
{
    double t = difference / standard_error; /* 0/0: NaN, no spread and no difference */
    return (struct stats_t_test){ t, df, stats_t_two_sided(t, df) };
}

struct stats_t_test stats_t_test(const struct stats_moments *reference, const struct stats_moments *current)
{
    double n1 = (double)reference->count, n2 = (double)current->count, df = n1 + n2 - 2;
    if (n1 == 0 || n2 == 0 || df < 1)
        return (struct stats_t_test){ NAN, NAN, NAN };
    /* hypot: variances of 1e300 data overflow, their roots do not. */
    double pooled = hypot(reference->std * sqrt(n1 / df), current->std * sqrt(n2 / df));
    return result_of(difference_of_means(reference, current), pooled * sqrt(1 / n1 + 1 / n2), df);
}

struct stats_t_test stats_t_test_welch(const struct stats_moments *reference, const struct stats_moments *current)
{
    double n1 = (double)reference->count, n2 = (double)current->count;
    if (n1 < 2 || n2 < 2)
        return (struct stats_t_test){ NAN, NAN, NAN };
    double error_r = reference->std_sample / sqrt(n1), error_c = current->std_sample / sqrt(n2);
    double error = hypot(error_r, error_c);
    if (error == 0)
        return result_of(difference_of_means(reference, current), 0, 1);
    double share_r = error_r / error, share_c = error_c / error;
    double df = 1 / (pow(share_r, 4) / (n1 - 1) + pow(share_c, 4) / (n2 - 1));
    return result_of(difference_of_means(reference, current), error, df);
}
