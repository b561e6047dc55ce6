#include "stats/wasserstein.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "stats/lanes_internal.h"
#include "stats/sum_internal.h"

/* Values of the same rank go together: each pair covers the share 1 / n. */
static double distance_of_equal_sizes(const double *reference, const double *current, size_t count)
{
    double unit = 1 / (double)count;
    struct compensated total = { 0 };
    size_t i = 0;
    for (; i + STATS_BLOCK <= count; i += STATS_BLOCK) {
        lanes sums[4] = { { 0 } };
        for (size_t k = 0; k < STATS_BLOCK; k += LANES)
            sums[k / LANES % 4] += lanes_magnitude(lanes_load(reference + i + k) - lanes_load(current + i + k)) * unit;
        compensated_add(&total, lanes_sum((sums[0] + sums[1]) + (sums[2] + sums[3])));
    }
    double rest = 0;
    for (; i < count; i++)
        rest += fabs(reference[i] - current[i]) * unit;
    compensated_add(&total, rest);
    return compensated_value(&total);
}

/* As the integral of |Q_R(u) - Q_C(u)| over the shares u, which is the same area cut the other way: where one quantile
 * function steps, at i / n1 or j / n2, is known without a look at the values. So the walk waits for no load and guesses
 * no branch, which a merge of the values does at every step. */
double stats_wasserstein(struct stats_sample reference, struct stats_sample current)
{
    size_t n1 = reference.count, n2 = current.count, i = 0, j = 0;
    if (n1 == 0 || n2 == 0)
        return NAN;
    if (n1 == n2)
        return distance_of_equal_sizes(reference.values, current.values, n1);
    /* Shares in units of 1 / (n1 n2) are whole. Value i of the reference ends at (i + 1) n2. */
    uint64_t at = 0, end_r = n2, end_c = n1;
    double unit = 1 / ((double)n1 * (double)n2);
    struct compensated total = { 0 };
    while (i < n1) {
        double block = 0;
        for (int k = 0; k < STATS_BLOCK && i < n1; k++) {
            uint64_t next = end_r < end_c ? end_r : end_c;
            block += (double)(int64_t)(next - at) * unit * fabs(reference.values[i] - current.values[j]);
            at = next;
            bool takes_r = end_r == next, takes_c = end_c == next;
            end_r += takes_r ? n2 : 0;
            end_c += takes_c ? n1 : 0;
            i += takes_r;
            j += takes_c;
        }
        compensated_add(&total, block);
    }
    return compensated_value(&total);
}

double stats_wasserstein_normed(double distance, double reference_std)
{
    return distance == 0 && reference_std == 0 ? 0 : distance / reference_std;
}

double stats_wasserstein_normed_compat(double distance, double reference_std)
{
    return distance / fmax(reference_std, STATS_WASSERSTEIN_STD_MIN);
}
