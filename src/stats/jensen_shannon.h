/* stats/jensen_shannon.h - Jensen-Shannon distance of two binned samples [Lin1991, EndresSchindelin2003].
 *
 *     JS = sqrt((KL(r || m) + KL(c || m)) / 2),  m = (r + c) / 2,  natural logarithm
 *
 * The square root is a metric; it ends at sqrt(ln 2) = 0.8326 where the samples share no bin. */
#ifndef STATS_JENSEN_SHANNON_H
#define STATS_JENSEN_SHANNON_H

#include <stddef.h>
#include <stdint.h>

/* reference, current: row counts, shape [bins], over the same bins; empty bins need no filling.
 * NaN when a side has no rows. Exactly 0 for equal shares: the sum is arranged so that nearly equal
 * sides do not cancel. O(bins). */
double stats_jensen_shannon(const uint64_t *reference, const uint64_t *current, size_t bins);

#endif
