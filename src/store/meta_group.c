#include "store/meta_group.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/mem.h"
#include "store/meta_db.h"

/* A caller of meta_change, on its own stack while it waits. */
struct waiter {
    meta_change_fn *change;
    void *self;
    struct error *err;
    enum status status;
    bool is_done; /* under the group's lock */
    struct waiter *next;
};

/* Everything is under `lock`, which nobody holds while he writes. */
struct meta_group {
    pthread_mutex_t lock;
    pthread_cond_t committed;
    struct waiter *first, **end; /* waiting, in order of arrival */
    bool is_committing;          /* some caller works for all whom he found waiting */
};

struct meta_group *meta_group_new(void)
{
    struct meta_group *group = mem_must(sizeof *group);
    pthread_mutex_init(&group->lock, NULL);
    pthread_cond_init(&group->committed, NULL);
    group->end = &group->first;
    return group;
}

void meta_group_free(struct meta_group *group)
{
    if (group == NULL)
        return;
    pthread_cond_destroy(&group->committed);
    pthread_mutex_destroy(&group->lock);
    mem_free(group);
}

/* One change between others. */
static enum status run_inside(struct meta *meta, struct waiter *waiter)
{
    TRY(meta_savepoint(meta, waiter->err));
    return meta_savepoint_end(meta, waiter->change(meta, waiter->self, waiter->err), waiter->err);
}

/* A change without company needs no savepoint: the transaction is its own. */
static void commit_one(struct meta *meta, struct waiter *waiter)
{
    waiter->status = meta_begin(meta, waiter->err);
    if (waiter->status == OK)
        waiter->status = meta_end(meta, waiter->change(meta, waiter->self, waiter->err), waiter->err);
}

static void commit_many(struct meta *meta, struct waiter *first)
{
    struct error err = { 0 };
    enum status status = meta_begin(meta, &err);
    for (struct waiter *waiter = first; waiter != NULL && status == OK; waiter = waiter->next)
        waiter->status = run_inside(meta, waiter);
    if (status == OK)
        status = meta_end(meta, OK, &err);
    if (status == OK)
        return;
    for (struct waiter *waiter = first; waiter != NULL; waiter = waiter->next)
        if (waiter->status == OK)
            waiter->status = error_set(waiter->err, status, "%s", err.cause);
}

static void commit(struct meta *meta, struct waiter *first)
{
    meta_lock(meta);
    if (first->next == NULL)
        commit_one(meta, first);
    else
        commit_many(meta, first);
    meta_unlock(meta);
}

/* Takes all that wait, this caller among them. With the lock; gives it up while the disk works. */
static void lead(struct meta_group *group, struct meta *meta)
{
    struct waiter *first = group->first, *next;
    group->first = NULL;
    group->end = &group->first;
    group->is_committing = true;
    pthread_mutex_unlock(&group->lock);

    commit(meta, first);

    pthread_mutex_lock(&group->lock);
    group->is_committing = false;
    for (struct waiter *waiter = first; waiter != NULL; waiter = next) {
        next = waiter->next; /* is_done lets its owner go, as soon as we give the lock up */
        waiter->is_done = true;
    }
    pthread_cond_broadcast(&group->committed);
}

enum status meta_change(struct meta *meta, meta_change_fn *change, void *self, struct error *err)
{
    struct meta_group *group = meta_group_of(meta);
    struct waiter waiter = { .change = change, .self = self, .err = err };
    pthread_mutex_lock(&group->lock);
    *group->end = &waiter;
    group->end = &waiter.next;
    while (!waiter.is_done) {
        if (group->is_committing)
            pthread_cond_wait(&group->committed, &group->lock);
        else
            lead(group, meta);
    }
    pthread_mutex_unlock(&group->lock);
    return waiter.status;
}
