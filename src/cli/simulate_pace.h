/* cli/simulate_pace.h - when simulated events are due. */
#ifndef CLI_SIMULATE_PACE_H
#define CLI_SIMULATE_PACE_H

#include "cli/simulate_options.h"

/* One burst brings this many seconds' worth of events. */
#define SIMULATE_BURST_S 5.0

/* When event `index` of `count` is due, in seconds after the first. With mean rate r and duration T = count / r:
 *
 *     steady     index / r
 *     burst      the same, moved to the start of its SIMULATE_BURST_S
 *     gradual    the rate grows as 2 r t / T and has sent r t^2 / T events by t, so T sqrt(index / count)
 *
 * options->rate_per_s must not be 0. */
double simulate_due_s(const struct simulate_options *options, size_t index, size_t count);

/* Events of one request: options->batch_rows, but with a rate no more than a tenth of a second brings, so that the pace
 * stays even; at least 1. */
size_t simulate_batch_rows(const struct simulate_options *options);

#endif
