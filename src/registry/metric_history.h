/* registry/metric_history.h - every point of a metric, of one run or several. */
#ifndef REGISTRY_METRIC_HISTORY_H
#define REGISTRY_METRIC_HISTORY_H

#include "registry/run.h"

#define METRIC_HISTORY_PAGE_MAX 25000
#define METRIC_INTERVAL_POINTS_MAX 2500
#define METRIC_BULK_RUNS_MAX 100

/* By time, then step, then value. `max_results` 0 = all, more than METRIC_HISTORY_PAGE_MAX is clamped; `ret_token` is
 * empty on the last page. A run or key that is not there has no points. */
must_use enum status metric_history(struct registry *registry, str run_id, str key, int64_t max_results, str token,
                                    struct arena *arena, struct metric_point **ret_points, size_t *ret_count,
                                    str *ret_token, struct error *err);

struct metric_run {
    str run_id;
    struct metric_point *points; /* by step, then time */
    size_t count;
};

/* Which of the steps of several runs. */
struct metric_interval {
    const str *run_ids;
    size_t run_count;
    str key;
    int64_t from_step, to_step; /* both included */
    int64_t steps_max;
};

/* At most `steps_max` steps, spread evenly over all steps that the runs have between the two, and each run's first and
 * last one: points for charts. `ret_series` [run_count]. */
must_use enum status metric_history_interval(struct registry *registry, const struct metric_interval *interval,
                                             struct arena *arena, struct metric_run **ret_series, struct error *err);

#endif
