/* stats/shift_effect.h - how far one numeric sample lies from another, whatever the number of rows. */
#ifndef STATS_SHIFT_EFFECT_H
#define STATS_SHIFT_EFFECT_H

#include "stats/moments.h"
#include "stats/sample.h"

/* Cohen's d: (mean C - mean R) / pooled std. 0.2 small, 0.5 medium, 0.8 large [Cohen1988]. NaN when a side has no
 * value or there is no spread; two different constants give +-inf. */
double stats_cohen_d(const struct stats_moments *reference, const struct stats_moments *current);

/* P(C > R) + P(C = R) / 2 for a random row of each: 0.5 when neither is larger [VarghaDelaney2000].
 * NaN when a side is empty. O(n1 + n2). */
double stats_superiority(struct stats_sample reference, struct stats_sample current);

/* Cliff's delta: P(C > R) - P(C < R), in [-1, 1] [Cliff1993]. NaN when a side is empty. O(n1 + n2). */
double stats_cliff_delta(struct stats_sample reference, struct stats_sample current);

#endif
