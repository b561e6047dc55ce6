/* serve/shadow.h - variants that are asked after the caller has been answered, and only recorded.
 *
 * A request's rows are copied into a job of a bounded queue; one thread asks the shadow. A full queue or rows beyond a
 * size lose the question, which is counted: an answer never waits for a shadow and never fails because of one. What a
 * shadow predicts is stored under the model "NAME.VARIANT" with the same prediction ids, so that labels can be sent for
 * either and the monitored model's events stay what its callers saw. */
#ifndef SERVE_SHADOW_H
#define SERVE_SHADOW_H

#include "serve/row_reader.h"
#include "serve/split.h"

struct shadow_pool;

#define SHADOW_JOBS_MAX 256
#define SHADOW_ROWS_BYTES_MAX ((size_t)256 << 10) /* of one request: 64 MiB in all */

struct shadow_pool *shadow_pool_new(void);

/* Asks what waits, then ends. NULL is fine. */
void shadow_pool_free(struct shadow_pool *pool);

/* What was answered; everything is copied. */
struct shadow_question {
    const struct row_schema *schema; /* the rows' columns, of the version that answered */
    struct runtime_rows rows;
    const str *ids;          /* [rows] */
    int64_t now_us;
    const int64_t *times_us; /* [rows] or NULL: now */
};

/* Queues the question for each shadow of the split. Columns that a shadow calls alike are its columns; where it misses
 * one that it requires, or one has another kind, that is its error. */
void shadow_ask(struct shadow_pool *pool, struct split *split, const struct shadow_question *question);

#endif
