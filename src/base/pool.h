/* base/pool.h - a few named threads: loops over independent parts, and jobs in the background. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

struct pool;

/* `name` (at most 11 bytes are shown) names the threads "name-0" ... `threads` = 0 takes one a CPU
 * that is online; bounded to 64. At most `jobs_max` submitted jobs wait. Ends the process where
 * threads can't be made: that happens at start or never. */
must_use struct pool *pool_new(const char *name, size_t threads, size_t jobs_max);

/* Finishes the submitted jobs, then ends the threads. NULL is fine. */
void pool_free(struct pool *pool);

/* Threads of its own; the caller of pool_run comes on top. */
size_t pool_threads(const struct pool *pool);

/* Calls run(index, argument) once for each index below `count`, on all threads and the calling one,
 * and returns when all are done. Indexes are dealt one at a time, so make each worth more than a
 * microsecond. May be called from within a job or another run: the caller works on, it can't lock
 * up. A NULL pool runs all on the caller. */
void pool_run(struct pool *pool, size_t count, void (*run)(size_t index, void *argument), void *argument);

/* Queues run(argument); false when `jobs_max` jobs are waiting or the pool is ending: then `argument`
 * stays the caller's. */
must_use bool pool_submit(struct pool *pool, void (*run)(void *argument), void *argument);

#endif
