#include "stats/shift_effect.h"

#include <math.h>

#include "stats/merge_internal.h"

double stats_cohen_d(const struct stats_moments *reference, const struct stats_moments *current)
{
    double n1 = (double)reference->count, n2 = (double)current->count, df = n1 + n2 - 2;
    if (n1 == 0 || n2 == 0 || df < 1)
        return NAN;
    return (current->mean - reference->mean) / hypot(reference->std * sqrt(n1 / df), current->std * sqrt(n2 / df));
}

double stats_superiority(struct stats_sample reference, struct stats_sample current)
{
    double pairs = (double)reference.count * (double)current.count, larger = 0;
    for (struct merge group = merge_start(reference, current); merge_next(&group);)
        larger += (double)group.c_equal * ((double)group.r_before + 0.5 * (double)group.r_equal);
    return larger / pairs;
}

double stats_cliff_delta(struct stats_sample reference, struct stats_sample current)
{
    return 2 * stats_superiority(reference, current) - 1;
}
