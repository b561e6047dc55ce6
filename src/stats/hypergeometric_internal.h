/* stats/hypergeometric_internal.h - draws without replacement, at a cost that does not grow with the counts. */
#ifndef STATS_HYPERGEOMETRIC_INTERNAL_H
#define STATS_HYPERGEOMETRIC_INTERNAL_H

#include <stdint.h>

#include "stats/random.h"

/* How many of `good` come along when `drawn` of good + bad are drawn; drawn <= good + bad < 2^53. O(1). */
uint64_t stats_hypergeometric_draw(struct stats_random *random, uint64_t good, uint64_t bad, uint64_t drawn);

#endif
