/* monitor/analysis.h - compare current rows with a reference: the whole product in one call.
 *
 *     types -> a profile of each column and side -> drift, quality -> correlations, model quality -> tests -> report
 *
 * Columns are independent and run in parallel; one that cannot be tested says why in its own note and never fails
 * the rest. */
#ifndef MONITOR_ANALYSIS_H
#define MONITOR_ANALYSIS_H

#include "base/pool.h"
#include "data/frame.h"
#include "monitor/analysis_options.h"
#include "monitor/report.h"

/* `pool` may be NULL. Both frames may be freed after the call: the report owns what it shows.
 * ERR_INVALID: an option names a column that neither side has, or a method that its type does not take;
 * ERR_LIMIT: no memory. Same input, same report, whatever the number of threads (timing apart). */
must_use enum status analysis_run(const struct analysis_options *options, const struct frame *reference,
                                  const struct frame *current, struct pool *pool, struct report **ret_report,
                                  struct error *err);

#endif
