#include "stats/jensen_shannon.h"

#include "stats/shares_internal.h"

/* r ln(r/m) + c ln(c/m) for m = (r + c)/2. With d = (r - c)/(r + c) it is m (ln(1 - d^2) + 2 d atanh(d)), whose
 * parts are of the order of the result, where the plain form subtracts two nearly equal numbers. */
static double bin_divergence(double r, double c)
{
    double sum = r + c;
    if (sum == 0)
        return 0;
    double d = fabs(r - c) / sum;
    if (d == 1)
        return sum * M_LN2;
    return sum / 2 * (log1p(-d * d) + 2 * d * atanh(d));
}

double stats_jensen_shannon(const uint64_t *reference, const uint64_t *current, size_t bins)
{
    double n = (double)counts_sum(reference, bins), m = (double)counts_sum(current, bins);
    if (n == 0 || m == 0)
        return NAN;
    double divergence = 0;
    for (size_t i = 0; i < bins; i++)
        divergence += bin_divergence((double)reference[i] / n, (double)current[i] / m);
    return sqrt(divergence / 2);
}
