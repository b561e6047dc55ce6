#include "cli/simulate_pace.h"

#include <assert.h>
#include <math.h>

#define BATCH_S 0.1

double simulate_due_s(const struct simulate_options *options, size_t index, size_t count)
{
    assert(options->rate_per_s > 0);
    double steady = (double)index / options->rate_per_s;
    switch (options->pattern) {
    case TRAFFIC_STEADY:
        return steady;
    case TRAFFIC_BURST:
        return floor(steady / SIMULATE_BURST_S) * SIMULATE_BURST_S;
    case TRAFFIC_GRADUAL:
        return (double)count / options->rate_per_s * sqrt((double)index / (double)count);
    case TRAFFIC_PATTERN_COUNT:
        break;
    }
    assert(false);
    return 0;
}

size_t simulate_batch_rows(const struct simulate_options *options)
{
    double paced = options->rate_per_s * BATCH_S;
    bool is_unpaced = options->rate_per_s == 0 || options->pattern == TRAFFIC_BURST;
    if (is_unpaced || paced >= (double)options->batch_rows)
        return options->batch_rows;
    return paced < 1 ? 1 : (size_t)paced;
}
