/* api/scheduler.h - the clock thread: starts analyses when their schedules say so, and keeps the stores tidy. */
#ifndef API_SCHEDULER_H
#define API_SCHEDULER_H

#include "api/api_internal.h"

struct scheduler;

/* Looks once a second at every model's schedule; runs what is due, one after the other, in its own thread.
 * Once an hour it rolls and drops what retention says. */
struct scheduler *scheduler_start(struct api *api);

/* Waits for a running analysis, however long it takes. NULL is fine. */
void scheduler_stop(struct scheduler *scheduler);

/* One look at `now_us`, as the thread takes it; for tests. Returns how many analyses ran. */
size_t scheduler_look(struct api *api, int64_t started_us, int64_t now_us);

#endif
