#include "base/queue.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"

/* A ring under one lock. All fields but items_max belong to the lock. */
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t has_items, has_room;
    size_t items_max;
    size_t first, count; /* of the ring */
    bool is_closed;
    void *items[];
};

/* Timed waits must not depend on the wall clock, which may jump. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes); /* on Linux these can't fail */
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(condition, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

struct queue *queue_new(size_t items_max)
{
    assert(items_max > 0 && items_max <= SIZE_MAX / sizeof(void *) / 2);
    struct queue *queue = mem_must(sizeof *queue + items_max * sizeof(void *));
    queue->items_max = items_max;
    (void)pthread_mutex_init(&queue->lock, NULL); /* on Linux this can't fail */
    init_condition(&queue->has_items);
    init_condition(&queue->has_room);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (queue == NULL)
        return;
    (void)pthread_cond_destroy(&queue->has_items); /* nobody waits any more */
    (void)pthread_cond_destroy(&queue->has_room);
    (void)pthread_mutex_destroy(&queue->lock);
    mem_free(queue);
}

static void lock(struct queue *queue)
{
    (void)pthread_mutex_lock(&queue->lock); /* fails only for misuse of the mutex */
}

static void unlock(struct queue *queue)
{
    (void)pthread_mutex_unlock(&queue->lock); /* as above */
}

/* Takes the item out of the caller's variable; the lock is held. */
static bool put(struct queue *queue, void *slot, size_t pointer_bytes)
{
    assert(pointer_bytes == sizeof(void *));
    if (queue->is_closed || queue->count == queue->items_max)
        return false;
    void *item;
    memcpy(&item, slot, sizeof item); /* the variable may be a pointer of any type */
    assert(item != NULL);
    memset(slot, 0, sizeof item);
    queue->items[(queue->first + queue->count++) % queue->items_max] = item;
    (void)pthread_cond_signal(&queue->has_items); /* can't fail */
    return true;
}

bool queue_try_send_slot(struct queue *queue, void *slot, size_t pointer_bytes)
{
    lock(queue);
    bool is_taken = put(queue, slot, pointer_bytes);
    unlock(queue);
    return is_taken;
}

bool queue_send_slot(struct queue *queue, void *slot, size_t pointer_bytes)
{
    lock(queue);
    while (queue->count == queue->items_max && !queue->is_closed)
        (void)pthread_cond_wait(&queue->has_room, &queue->lock); /* the condition is looked at again */
    bool is_taken = put(queue, slot, pointer_bytes);
    unlock(queue);
    return is_taken;
}

/* Waits until there is an item, the queue is closed or time is up; the lock is held. */
static void wait_for_items(struct queue *queue, int64_t timeout_ms)
{
    int64_t until_ns = clock_monotonic_ns() + timeout_ms * 1000000;
    struct timespec until = { .tv_sec = until_ns / 1000000000, .tv_nsec = until_ns % 1000000000 };
    int result = 0;
    while (queue->count == 0 && !queue->is_closed && timeout_ms != 0 && result != ETIMEDOUT) {
        if (timeout_ms < 0)
            result = pthread_cond_wait(&queue->has_items, &queue->lock);
        else
            result = pthread_cond_timedwait(&queue->has_items, &queue->lock, &until);
    }
}

size_t queue_receive_many(struct queue *queue, void **items, size_t items_max, int64_t timeout_ms)
{
    lock(queue);
    wait_for_items(queue, timeout_ms);
    size_t taken = MIN_OF(queue->count, items_max);
    for (size_t i = 0; i < taken; i++) {
        items[i] = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->items_max;
    }
    queue->count -= taken;
    if (taken > 0)
        (void)pthread_cond_broadcast(&queue->has_room); /* can't fail */
    unlock(queue);
    return taken;
}

/* One of many: the waiting is written once. */
void *queue_receive(struct queue *queue)
{
    void *item = NULL;
    return queue_receive_many(queue, &item, 1, -1) == 1 ? item : NULL;
}

void queue_close(struct queue *queue)
{
    lock(queue);
    queue->is_closed = true;
    (void)pthread_cond_broadcast(&queue->has_items); /* can't fail */
    (void)pthread_cond_broadcast(&queue->has_room);
    unlock(queue);
}

bool queue_is_closed(struct queue *queue)
{
    lock(queue);
    bool is_closed = queue->is_closed;
    unlock(queue);
    return is_closed;
}

size_t queue_count(struct queue *queue)
{
    lock(queue);
    size_t count = queue->count;
    unlock(queue);
    return count;
}
