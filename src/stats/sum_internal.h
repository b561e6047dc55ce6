/* stats/sum_internal.h - Neumaier's compensated sum. Inner loops add plain blocks of at most STATS_BLOCK terms and
 * only the block totals go through here: exact enough (256 eps at worst), without the latency on every term. */
#ifndef STATS_SUM_INTERNAL_H
#define STATS_SUM_INTERNAL_H

#include <math.h>

#define STATS_BLOCK 256

struct compensated {
    double sum, lost;
};

static inline void compensated_add(struct compensated *total, double term)
{
    double sum = total->sum + term;
    total->lost += fabs(total->sum) >= fabs(term) ? (total->sum - sum) + term : (term - sum) + total->sum;
    total->sum = sum;
}

/* Once the sum has overflowed the lost part is NaN and must not be added. */
static inline double compensated_value(const struct compensated *total)
{
    return isfinite(total->sum) ? total->sum + total->lost : total->sum;
}

#endif
