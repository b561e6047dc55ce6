/* base/queue.h - a bounded queue of pointers between threads; sending is giving.
 *
 *     if (!queue_try_send(queue, &event))   // true: event is NULL now, the receiver owns it
 *         return error_set(err, ERR_LIMIT, "the event queue is full");
 *
 * Any number of senders and receivers, first in, first out. A full queue is an answer, not a wait. */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct queue;

/* Holds up to `items_max` (> 0) pointers, allocated now. */
must_use struct queue *queue_new(size_t items_max);

/* NULL is fine. No thread may use the queue any more; what is still in it is the caller's to
 * receive and free before. */
void queue_free(struct queue *queue);

/* `slot` is the address of a pointer variable that is not NULL. True: the item was taken and the
 * variable is NULL. False: the queue is full or closed and the variable keeps the item. */
#define queue_try_send(queue, slot) queue_try_send_slot((queue), (slot), sizeof((void)(*(slot) == NULL), *(slot)))
bool queue_try_send_slot(struct queue *queue, void *slot, size_t pointer_bytes);

/* As queue_try_send, but waits while the queue is full; false only when it is closed. */
#define queue_send(queue, slot) queue_send_slot((queue), (slot), sizeof((void)(*(slot) == NULL), *(slot)))
bool queue_send_slot(struct queue *queue, void *slot, size_t pointer_bytes);

/* Waits for an item, which the caller then owns; NULL when the queue is closed and empty. */
void *queue_receive(struct queue *queue);

/* Waits up to `timeout_ms` (0 = not at all, < 0 = for ever) for the first item, then takes what is
 * there, up to `items_max`. Returns how many; 0 means that time ran out, or closed and empty. */
size_t queue_receive_many(struct queue *queue, void **items, size_t items_max, int64_t timeout_ms);

/* No more sends; receivers get what is left, then nothing. Wakes everybody. Twice is fine. */
void queue_close(struct queue *queue);
bool queue_is_closed(struct queue *queue);

/* Items waiting right now; for metrics. */
size_t queue_count(struct queue *queue);

#endif
