#include "monitor/workspace.h"

#include <pthread.h>

#include "base/mem.h"

struct workspace_pool {
    pthread_mutex_t lock;
    struct workspace *idle;
};

double *workspace_array(struct workspace *workspace, enum workspace_slot slot, size_t doubles)
{
    if (doubles <= workspace->capacity[slot] && workspace->arrays[slot])
        return workspace->arrays[slot];
    mem_free(workspace->arrays[slot]);
    workspace->capacity[slot] = 0;
    /* At least one, so that no rows are not taken for no memory. */
    workspace->arrays[slot] = mem_block(doubles ? doubles : 1, sizeof(double));
    if (workspace->arrays[slot])
        workspace->capacity[slot] = doubles;
    return workspace->arrays[slot];
}

struct workspace_pool *workspace_pool_new(void)
{
    struct workspace_pool *pool = mem_must(sizeof *pool);
    pthread_mutex_init(&pool->lock, NULL);
    return pool;
}

static void workspace_free(struct workspace *workspace)
{
    for (size_t i = 0; i < WORK_SLOT_COUNT; i++)
        mem_free(workspace->arrays[i]);
    mem_free(workspace);
}

void workspace_pool_free(struct workspace_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle) {
        struct workspace *next = pool->idle->next;
        workspace_free(pool->idle);
        pool->idle = next;
    }
    pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
}

struct workspace *workspace_borrow(struct workspace_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct workspace *workspace = pool->idle;
    if (workspace)
        pool->idle = workspace->next;
    pthread_mutex_unlock(&pool->lock);
    return workspace ? workspace : mem_must(sizeof *workspace);
}

void workspace_return(struct workspace_pool *pool, struct workspace *workspace)
{
    pthread_mutex_lock(&pool->lock);
    workspace->next = pool->idle;
    pool->idle = workspace;
    pthread_mutex_unlock(&pool->lock);
}
