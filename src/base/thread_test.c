/* Queues and pools, under TSan in its preset. */
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/queue.h"
#include "base/test.h"

TEST(queue_takes_what_it_is_sent)
{
    struct queue *queue = queue_new(2);
    int numbers[3] = { 1, 2, 3 };
    int *item = &numbers[0];
    CHECK("sent", queue_try_send(queue, &item) && item == NULL);
    item = &numbers[1];
    CHECK("sent", queue_send(queue, &item) && item == NULL);
    item = &numbers[2];
    CHECK("full is an answer", !queue_try_send(queue, &item) && item == &numbers[2]);
    CHECK_INT("waiting", queue_count(queue), 2);
    CHECK("first in, first out", queue_receive(queue) == &numbers[0]);
    CHECK("round the ring", queue_try_send(queue, &item));
    void *items[5];
    CHECK_INT("both", queue_receive_many(queue, items, 5, -1), 2);
    CHECK("in order", items[0] == &numbers[1] && items[1] == &numbers[2]);
    CHECK_INT("nothing, at once", queue_receive_many(queue, items, 5, 0), 0);
    CHECK_INT("nothing, after a moment", queue_receive_many(queue, items, 5, 1), 0);
    queue_free(queue);
}

TEST(queue_closes)
{
    struct queue *queue = queue_new(4);
    int number = 7;
    int *item = &number;
    CHECK("sent", queue_try_send(queue, &item));
    queue_close(queue);
    item = &number;
    CHECK("no more", !queue_try_send(queue, &item) && !queue_send(queue, &item) && item == &number);
    CHECK("what was in it", queue_receive(queue) == &number);
    CHECK("then nothing", queue_receive(queue) == NULL && queue_is_closed(queue));
    queue_free(queue);
}

#define SENDERS 3
#define EACH_SENDS 5000

static size_t numbers_sent[SENDERS * EACH_SENDS];

struct sender {
    struct queue *queue;
    size_t *numbers;
};

static void *send_all(void *argument)
{
    struct sender *sender = argument;
    for (size_t i = 0; i < EACH_SENDS; i++) {
        size_t *item = &sender->numbers[i];
        while (!queue_send(sender->queue, &item))
            continue;
    }
    return NULL;
}

TEST(queue_loses_nothing_between_threads)
{
    struct queue *queue = queue_new(8);
    pthread_t threads[SENDERS];
    struct sender senders[SENDERS];
    for (size_t i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ queue, numbers_sent + i * EACH_SENDS };
        for (size_t j = 0; j < EACH_SENDS; j++)
            senders[i].numbers[j] = j;
        CHECK_INT("started", pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    size_t next[SENDERS] = { 0 }, out_of_order = 0;
    for (size_t i = 0; i < SENDERS * EACH_SENDS; i++) {
        size_t *item = queue_receive(queue);
        size_t from = (size_t)(item - numbers_sent) / EACH_SENDS;
        out_of_order += *item != next[from]++;
    }
    CHECK_INT("each sender's in its order", out_of_order, 0);
    for (size_t i = 0; i < SENDERS; i++)
        CHECK_INT("ended", pthread_join(threads[i], NULL), 0);
    CHECK_INT("no more", queue_count(queue), 0);
    queue_free(queue);
}

struct squares {
    struct pool *pool;
    uint64_t of[1000];
};

static void square(size_t index, void *argument)
{
    ((struct squares *)argument)->of[index] += (uint64_t)index * index;
}

TEST(pool_runs_each_index_once)
{
    struct squares squares = { .pool = pool_new("test", 3, 4) };
    for (size_t round = 1; round <= 20; round++)
        pool_run(squares.pool, COUNT(squares.of), square, &squares);
    pool_run(NULL, COUNT(squares.of), square, &squares);
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(squares.of); i++)
        wrong += squares.of[i] != 21 * (uint64_t)i * i;
    CHECK_INT("21 times each", wrong, 0);
    CHECK_INT("threads", pool_threads(squares.pool), 3);
    pool_free(squares.pool);
}

struct nested {
    struct pool *pool;
    atomic_size_t calls;
};

static void count_call(size_t index, void *argument)
{
    (void)index;
    atomic_fetch_add(&((struct nested *)argument)->calls, 1);
}

static void run_inner(size_t index, void *argument)
{
    (void)index;
    pool_run(((struct nested *)argument)->pool, 10, count_call, argument);
}

static void run_outer(void *argument)
{
    pool_run(((struct nested *)argument)->pool, 10, run_inner, argument);
}

TEST(pool_runs_within_runs_and_jobs)
{
    struct nested nested = { .pool = pool_new("nested", 2, 8) };
    for (size_t i = 0; i < 8; i++)
        CHECK("room for eight", pool_submit(nested.pool, run_outer, &nested));
    pool_run(nested.pool, 10, run_inner, &nested);
    pool_free(nested.pool); /* finishes the jobs */
    CHECK_INT("nine times ten times ten", nested.calls, 900);
}

/* A job that holds the pool's one thread until the test lets go. */
struct gate {
    pthread_mutex_t lock;
    atomic_int passed;
    struct queue *entered;
};

static void pass_gate(void *argument)
{
    struct gate *gate = argument;
    struct gate *here = gate;
    (void)queue_try_send(gate->entered, &here); /* full when the test no longer looks */
    (void)pthread_mutex_lock(&gate->lock); /* a plain mutex of ours */
    atomic_fetch_add(&gate->passed, 1);
    (void)pthread_mutex_unlock(&gate->lock); /* as above */
}

TEST(pool_says_when_too_many_jobs_wait)
{
    struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .entered = queue_new(1) };
    struct pool *pool = pool_new("gate", 1, 2);
    CHECK_INT("closed", pthread_mutex_lock(&gate.lock), 0);
    CHECK("the first runs", pool_submit(pool, pass_gate, &gate));
    CHECK("it has begun", queue_receive(gate.entered) == &gate);
    CHECK("two wait", pool_submit(pool, pass_gate, &gate) && pool_submit(pool, pass_gate, &gate));
    CHECK("a third does not", !pool_submit(pool, pass_gate, &gate));
    CHECK_INT("open", pthread_mutex_unlock(&gate.lock), 0);
    pool_free(pool);
    CHECK_INT("all that were taken ran", gate.passed, 3);
    queue_free(gate.entered);
}
