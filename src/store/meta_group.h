/* store/meta_group.h - many small changes, one sync: group commit.
 *
 * A sync of the disk costs more than all else that a change does. While one thread commits, others queue up; the next
 * commit takes all of them. Each runs inside a savepoint of its own, so that one that fails takes nothing of the others
 * along. Nobody waits for company: a lone change is committed at once. */
#ifndef STORE_META_GROUP_H
#define STORE_META_GROUP_H

#include "base/status.h"
#include "store/meta.h"

/* Validates and writes, through the statements of meta_db.h on the `meta` that it is given; whatever it wrote is taken
 * back when it fails. Runs with the lock held, on whichever thread commits; `self` and `err` are the caller's, who
 * waits. Must not take the lock nor begin a transaction. */
typedef enum status meta_change_fn(struct meta *meta, void *self, struct error *err);

/* Runs the change in a transaction that it may share with others; returns when it is durable, or not done at all.
 * Any thread, without the lock. ERR_UNAVAILABLE where the commit failed: then none of the group's changes is done. */
must_use enum status meta_change(struct meta *meta, meta_change_fn *change, void *self, struct error *err);

/* ---- inside store/ ---- */

struct meta_group;
struct meta_group *meta_group_new(void);
struct meta_group *meta_group_of(struct meta *meta);
void meta_group_free(struct meta_group *group); /* NULL is fine; nobody waits */

#endif
