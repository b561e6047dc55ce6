#include "stats/proportion_z.h"

#include <math.h>

#include "stats/distributions.h"

struct stats_proportion_z stats_proportion_z_test(uint64_t reference_hits, uint64_t reference_count,
                                                  uint64_t current_hits, uint64_t current_count)
{
    double n = (double)reference_count, m = (double)current_count;
    if (n == 0 || m == 0)
        return (struct stats_proportion_z){ NAN, NAN };
    double hits = (double)reference_hits + (double)current_hits;
    double pooled = hits / (n + m), pooled_misses = (n + m - hits) / (n + m);
    if (pooled == 0 || pooled_misses == 0)
        return (struct stats_proportion_z){ 0, 1 };
    double difference = (double)reference_hits / n - (double)current_hits / m;
    double z = difference / sqrt(pooled * pooled_misses * (1 / n + 1 / m));
    return (struct stats_proportion_z){ z, stats_normal_two_sided(z) };
}
