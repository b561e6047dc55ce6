#include "stats/kl_divergence.h"

#include "stats/shares_internal.h"

/* The sum of a side's shares after its empty bins were filled; 1 where none was. */
static double filled_sum(const uint64_t *counts, size_t bins, double empty)
{
    size_t empty_count = 0;
    for (size_t i = 0; i < bins; i++)
        empty_count += counts[i] == 0;
    return 1 + (double)empty_count * empty;
}

double stats_kl_divergence(const uint64_t *reference, const uint64_t *current, size_t bins)
{
    double n = (double)counts_sum(reference, bins), m = (double)counts_sum(current, bins);
    if (n == 0 || m == 0)
        return NAN;
    double reference_empty = share_of_empty(reference, bins, n), current_empty = share_of_empty(current, bins, m);
    double reference_sum = filled_sum(reference, bins, reference_empty);
    double current_sum = filled_sum(current, bins, current_empty);

    double divergence = 0;
    for (size_t i = 0; i < bins; i++) {
        double r = share_filled(reference[i], n, reference_empty) / reference_sum;
        double c = share_filled(current[i], m, current_empty) / current_sum;
        divergence += r * log(r / c);
    }
    return divergence > 0 ? divergence : 0; /* the sum of equal shares may round to -1e-17 */
}
