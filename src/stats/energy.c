#include "stats/energy.h"

#include <math.h>
#include <stdint.h>

#include "stats/sum_internal.h"

double stats_energy(struct stats_sample reference, struct stats_sample current)
{
    size_t n1 = reference.count, n2 = current.count, i = 0, j = 0;
    if (n1 == 0 || n2 == 0)
        return NAN;
    /* The gap i n2 - j n1 is whole; inside a tie its value does not matter, the step there is 0. */
    int64_t step_r = (int64_t)n2, step_c = (int64_t)n1, gap = 0;
    double unit = 1 / ((double)n1 * (double)n2);
    double at = fmin(reference.values[0], current.values[0]);
    struct compensated total = { 0 };
    while (i < n1 && j < n2) {
        double block = 0;
        for (int k = 0; k < STATS_BLOCK && i < n1 && j < n2; k++) {
            double r = reference.values[i], c = current.values[j];
            int takes_r = r <= c;
            double next = takes_r ? r : c, share = (double)gap * unit;
            block += share * share * (next - at);
            at = next;
            gap += takes_r ? step_r : -step_c;
            i += takes_r;
            j += !takes_r;
        }
        compensated_add(&total, block);
    }
    for (; i < n1; i++, gap += step_r, at = reference.values[i - 1])
        compensated_add(&total, (double)gap * unit * ((double)gap * unit) * (reference.values[i] - at));
    for (; j < n2; j++, gap -= step_c, at = current.values[j - 1])
        compensated_add(&total, (double)gap * unit * ((double)gap * unit) * (current.values[j] - at));
    return M_SQRT2 * sqrt(compensated_value(&total));
}
