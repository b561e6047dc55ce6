#include "stats/psi.h"

#include "stats/shares_internal.h"

double stats_psi(const uint64_t *reference, const uint64_t *current, size_t bins)
{
    double n = (double)counts_sum(reference, bins), m = (double)counts_sum(current, bins);
    if (n == 0 || m == 0)
        return NAN;
    double reference_empty = share_of_empty(reference, bins, n), current_empty = share_of_empty(current, bins, m);

    double psi = 0;
    for (size_t i = 0; i < bins; i++) {
        double r = share_filled(reference[i], n, reference_empty);
        double c = share_filled(current[i], m, current_empty);
        psi += (r - c) * log(r / c);
    }
    return psi;
}
