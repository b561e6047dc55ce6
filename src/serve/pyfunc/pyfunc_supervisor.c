/* serve/pyfunc/pyfunc_supervisor.c - the thread that starts, hears, ends and restarts all workers of the pool.
 *
 * It alone makes and collects processes: the kernel ends a worker with the thread that made it, so that must be one
 * which lives as long as the server. It never waits for a single worker. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "serve/pyfunc/pyfunc_internal.h"

#define NS_PER_MS 1000000
#define BACKOFF_MS_MAX 60000
#define WATCHED_MAX 1024 /* descriptors of one round: three a worker */
#define DEATHS_DOUBLED_MAX 16

void pyfunc_wake(struct pyfunc_pool *pool)
{
    uint64_t one = 1;
    (void)!write(pool->wake, &one, sizeof one); /* a full counter wakes as well */
}

/* ---- one worker ---- */

/* Ends its process and sets when the next one may start: at once after a long life, later and later in a row. */
static void bring_down(struct pyfunc_pool *pool, struct pyfunc_worker *worker)
{
    pyfunc_worker_end(worker);
    int64_t wait_ms = pool->options.backoff_ms << MIN_OF(worker->deaths, DEATHS_DOUBLED_MAX);
    worker->deaths++;
    worker->restart_ns = clock_monotonic_ns() + MIN_OF(wait_ms, BACKOFF_MS_MAX) * NS_PER_MS;
    (void)pthread_cond_broadcast(&pool->changed); /* cannot fail */
}

static void start_failed(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker, const struct error *err)
{
    LOG_WARN("a Python worker does not start", log_str("model", runtime->folder), log_u64("deaths", worker->deaths),
             log_error(err));
    runtime->start_error = *err;
    bring_down(runtime->pool, worker);
}

static void start(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker)
{
    struct error err = { 0 };
    if (pyfunc_worker_start(worker, runtime->pool->python, runtime->setup, &err) != OK)
        start_failed(runtime, worker, &err);
    else
        worker->deadline_ns = clock_monotonic_ns() + runtime->pool->options.load_ms * NS_PER_MS;
}

/* Its first frame, as far as it has come. */
static void hear_ready(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker)
{
    struct error err = { 0 };
    str frame;
    enum status status = pyfunc_worker_read_ready(worker, &frame, &err);
    if (status == OK && str_is_empty(frame))
        return;
    if (status == OK) {
        struct arena arena;
        struct pyfunc_facts facts;
        arena_init(&arena, PYFUNC_FRAME_MAX);
        status = pyfunc_frame_ready(frame, runtime->is_known ? &arena : &runtime->arena, &facts, &err);
        if (status == OK && !runtime->is_known)
            runtime->facts = facts, runtime->is_known = true;
        arena_done(&arena);
    }
    if (status != OK) {
        start_failed(runtime, worker, &err);
        return;
    }
    buf_done(&worker->ready);
    worker->state = WORKER_IDLE;
    error_clear(&runtime->start_error);
    runtime->start_error.status = OK;
    (void)pthread_cond_broadcast(&runtime->pool->changed); /* cannot fail */
}

static void check_deadline(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker, int64_t now_ns)
{
    if (worker->state != WORKER_STARTING || now_ns < worker->deadline_ns)
        return;
    struct error err = { 0 };
    (void)error_set(&err, ERR_UNAVAILABLE, "the model did not load within %lld ms",
                    (long long)runtime->pool->options.load_ms);
    start_failed(runtime, worker, &err);
}

/* Brings a worker to where it should be; returns when it must be looked at again. */
static int64_t tend(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker, int64_t now_ns)
{
    check_deadline(runtime, worker, now_ns);
    if (worker->state == WORKER_BROKEN)
        bring_down(runtime->pool, worker);
    if (runtime->is_closing && worker->state != WORKER_BUSY && worker->state != WORKER_DOWN)
        pyfunc_worker_end(worker);
    if (worker->state == WORKER_DOWN && !runtime->is_closing && now_ns >= worker->restart_ns)
        start(runtime, worker);
    if (worker->state == WORKER_DOWN)
        return runtime->is_closing ? INT64_MAX : worker->restart_ns;
    return worker->state == WORKER_STARTING ? worker->deadline_ns : INT64_MAX;
}

/* ---- all of them ---- */

static bool is_all_down(const struct pyfunc_runtime *runtime)
{
    for (size_t i = 0; i < runtime->worker_count; i++)
        if (runtime->workers[i].state != WORKER_DOWN)
            return false;
    return true;
}

static int64_t tend_all(struct pyfunc_pool *pool)
{
    int64_t now_ns = clock_monotonic_ns(), next_ns = INT64_MAX;
    for (struct pyfunc_runtime **link = &pool->runtimes, *runtime; (runtime = *link) != NULL;) {
        for (size_t i = 0; i < runtime->worker_count; i++)
            next_ns = MIN_OF(next_ns, tend(runtime, &runtime->workers[i], now_ns));
        if (runtime->is_closing && is_all_down(runtime)) {
            *link = runtime->next;
            runtime->is_closed = true;
            (void)pthread_cond_broadcast(&pool->changed); /* cannot fail */
        } else {
            link = &runtime->next;
        }
    }
    return next_ns;
}

/* What a round waits for, and whose it is. */
struct watch {
    struct pollfd fds[WATCHED_MAX];
    struct pyfunc_runtime *runtimes[WATCHED_MAX];
    struct pyfunc_worker *workers[WATCHED_MAX];
    size_t count;
};

static void watch_fd(struct watch *watch, int fd, struct pyfunc_runtime *runtime, struct pyfunc_worker *worker)
{
    if (fd < 0 || watch->count == WATCHED_MAX)
        return; /* beyond that, deaths are noticed by the next request */
    watch->fds[watch->count] = (struct pollfd){ .fd = fd, .events = POLLIN };
    watch->runtimes[watch->count] = runtime;
    watch->workers[watch->count++] = worker;
}

static void watch_all(struct pyfunc_pool *pool, struct watch *watch)
{
    watch->count = 0;
    watch_fd(watch, pool->wake, NULL, NULL);
    for (struct pyfunc_runtime *runtime = pool->runtimes; runtime != NULL; runtime = runtime->next) {
        for (size_t i = 0; i < runtime->worker_count; i++) {
            struct pyfunc_worker *worker = &runtime->workers[i];
            watch_fd(watch, worker->log, runtime, worker);
            if (worker->state == WORKER_STARTING)
                watch_fd(watch, worker->socket, runtime, worker);
            if (worker->state == WORKER_IDLE || worker->state == WORKER_STARTING)
                watch_fd(watch, worker->process, runtime, worker);
        }
    }
}

/* A descriptor of a worker has something; it may have been closed meanwhile by what came before it in this round. */
static void hear(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker, int fd)
{
    if (fd == worker->log) {
        (void)pyfunc_worker_read_log(worker, runtime->folder); /* its end says nothing: workers may close it */
    } else if (fd == worker->socket && worker->state == WORKER_STARTING) {
        hear_ready(runtime, worker);
    } else if (fd == worker->process && worker->state == WORKER_IDLE) {
        LOG_WARN("a Python worker died while it had nothing to do", log_str("model", runtime->folder),
                 log_i64("pid", worker->pid));
        bring_down(runtime->pool, worker);
    } else if (fd == worker->process && worker->state == WORKER_STARTING) {
        hear_ready(runtime, worker); /* its last words may still lie in the socket; if not, that is an error */
    }
}

static int wait_ms(int64_t next_ns)
{
    if (next_ns == INT64_MAX)
        return -1;
    int64_t left_ms = (next_ns - clock_monotonic_ns() + NS_PER_MS - 1) / NS_PER_MS;
    return (int)MAX_OF(0, MIN_OF(left_ms, BACKOFF_MS_MAX));
}

void *pyfunc_supervise(void *argument)
{
    struct pyfunc_pool *pool = argument;
    static _Thread_local struct watch watch; /* too large for a stack */
    (void)pthread_mutex_lock(&pool->lock);   /* cannot fail, nor can unlock: a plain mutex */
    while (!pool->is_stopping || pool->runtimes != NULL) {
        int64_t next_ns = tend_all(pool);
        watch_all(pool, &watch);
        if (pool->is_stopping && pool->runtimes == NULL)
            break;
        (void)pthread_mutex_unlock(&pool->lock);
        int ready = poll(watch.fds, watch.count, wait_ms(next_ns));
        (void)pthread_mutex_lock(&pool->lock);
        uint64_t wakes;
        if (ready > 0 && watch.fds[0].revents != 0)
            (void)!read(pool->wake, &wakes, sizeof wakes); /* only its being there matters */
        for (size_t i = 1; ready > 0 && i < watch.count; i++)
            if (watch.fds[i].revents != 0)
                hear(watch.runtimes[i], watch.workers[i], watch.fds[i].fd);
    }
    (void)pthread_mutex_unlock(&pool->lock);
    return NULL;
}
