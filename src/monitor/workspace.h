/* monitor/workspace.h - big scratch arrays that tasks borrow, so that each page is touched once a thread, not once a
 * column. */
#ifndef MONITOR_WORKSPACE_H
#define MONITOR_WORKSPACE_H

#include <stddef.h>

#include "base/attributes.h"

enum workspace_slot { WORK_REFERENCE, WORK_CURRENT, WORK_SCRATCH, WORK_SLOT_COUNT };

struct workspace {
    double *arrays[WORK_SLOT_COUNT];
    size_t capacity[WORK_SLOT_COUNT]; /* doubles */
    struct workspace *next;
};

/* The slot's array with room for `doubles`; content undefined. NULL without memory. Growing loses the content. */
must_use double *workspace_array(struct workspace *workspace, enum workspace_slot slot, size_t doubles);

/* A stack of idle workspaces; any thread. */
struct workspace_pool;

/* Empty; workspaces are made when they are borrowed. */
must_use struct workspace_pool *workspace_pool_new(void);

/* Every workspace must be back. NULL is fine. */
void workspace_pool_free(struct workspace_pool *pool);

/* An idle workspace with its grown arrays, or a new one. Never NULL. */
struct workspace *workspace_borrow(struct workspace_pool *pool);

/* Its arrays stay for the next borrower. */
void workspace_return(struct workspace_pool *pool, struct workspace *workspace);

#endif
