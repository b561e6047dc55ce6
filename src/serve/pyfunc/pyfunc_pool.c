#include "serve/pyfunc/pyfunc_pool.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "serve/pyfunc/pyfunc_internal.h"

#define TIMEOUT_MS_DEFAULT 60000
#define LOAD_MS_DEFAULT 120000
#define BACKOFF_MS_DEFAULT 100
#define NS_PER_S 1000000000

static char *choose_python(str configured)
{
    const char *chosen = getenv("KEDGE_PYTHON");
    if (!str_is_empty(configured)) {
        char *copy = mem_must(configured.size + 1);
        memcpy(copy, configured.data, configured.size);
        return copy;
    }
    return mem_copy_text(chosen != NULL && chosen[0] != '\0' ? chosen : "python3");
}

/* Ends the process where a thread cannot be made: that happens at start or never. */
static void must(int failed, const char *what)
{
    if (failed == 0)
        return;
    LOG_ERROR("Python workers cannot be supervised", log_text("call", what), log_text("error", strerror(failed)));
    abort();
}

struct pyfunc_pool *pyfunc_pool_open(const struct pyfunc_options *options)
{
    struct pyfunc_pool *pool = mem_must(sizeof *pool);
    pool->options = *options;
    pool->python = choose_python(options->python);
    pool->options.python = str_of(pool->python);
    pool->options.workers = MIN_OF(MAX_OF(options->workers, 1), WORKERS_MAX);
    pool->options.timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS_DEFAULT;
    pool->options.load_ms = options->load_ms > 0 ? options->load_ms : LOAD_MS_DEFAULT;
    pool->options.backoff_ms = options->backoff_ms > 0 ? options->backoff_ms : BACKOFF_MS_DEFAULT;
    pool->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    must(pool->wake < 0 ? errno : 0, "eventfd");
    pthread_condattr_t monotonic;
    must(pthread_condattr_init(&monotonic), "pthread_condattr_init");
    must(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC), "pthread_condattr_setclock");
    must(pthread_cond_init(&pool->changed, &monotonic), "pthread_cond_init");
    must(pthread_mutex_init(&pool->lock, NULL), "pthread_mutex_init");
    must(pthread_create(&pool->supervisor, NULL, pyfunc_supervise, pool), "pthread_create");
    (void)pthread_setname_np(pool->supervisor, "python"); /* only seen by people */
    (void)pthread_condattr_destroy(&monotonic);           /* frees nothing that could fail */
    return pool;
}

static void lock(struct pyfunc_pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock); /* cannot fail: a plain mutex that this thread does not hold */
}

static void unlock(struct pyfunc_pool *pool)
{
    (void)pthread_mutex_unlock(&pool->lock); /* as above */
}

void pyfunc_pool_close(struct pyfunc_pool *pool)
{
    if (pool == NULL)
        return;
    lock(pool);
    pool->is_stopping = true;
    unlock(pool);
    pyfunc_wake(pool);
    (void)pthread_join(pool->supervisor, NULL); /* ours, and not joined before */
    (void)close(pool->wake);                    /* it holds nothing back */
    (void)pthread_cond_destroy(&pool->changed); /* nobody waits any more */
    (void)pthread_mutex_destroy(&pool->lock);   /* nor holds it */
    mem_free(pool->python);
    mem_free(pool);
}

enum status pyfunc_join(struct pyfunc_runtime *runtime, struct error *err)
{
    struct pyfunc_pool *pool = runtime->pool;
    lock(pool);
    runtime->next = pool->runtimes;
    pool->runtimes = runtime;
    pyfunc_wake(pool);
    while (!runtime->is_known && runtime->start_error.status == OK)
        (void)pthread_cond_wait(&pool->changed, &pool->lock); /* cannot fail; load_ms bounds each start */
    bool is_ready = runtime->is_known;
    if (!is_ready && err != NULL)
        *err = runtime->start_error;
    enum status status = is_ready ? OK : runtime->start_error.status;
    unlock(pool);
    return status;
}

void pyfunc_leave(struct pyfunc_runtime *runtime)
{
    struct pyfunc_pool *pool = runtime->pool;
    lock(pool);
    runtime->is_closing = true;
    pyfunc_wake(pool);
    while (!runtime->is_closed)
        (void)pthread_cond_wait(&pool->changed, &pool->lock); /* cannot fail */
    unlock(pool);
}

/* ---- requests ---- */

static struct pyfunc_worker *find_idle(struct pyfunc_runtime *runtime, bool *ret_is_hopeless)
{
    bool is_alive = false;
    for (size_t i = 0; i < runtime->worker_count; i++) {
        if (runtime->workers[i].state == WORKER_IDLE)
            return &runtime->workers[i];
        is_alive |= runtime->workers[i].state == WORKER_BUSY || runtime->workers[i].state == WORKER_STARTING;
    }
    *ret_is_hopeless = !is_alive && runtime->start_error.status != OK;
    return NULL;
}

enum status pyfunc_take_worker(struct pyfunc_runtime *runtime, int64_t deadline_ns, struct pyfunc_worker **ret_worker,
                               struct error *err)
{
    struct pyfunc_pool *pool = runtime->pool;
    struct timespec until = { .tv_sec = deadline_ns / NS_PER_S, .tv_nsec = deadline_ns % NS_PER_S };
    struct pyfunc_worker *worker;
    enum status status = OK;
    bool is_hopeless = false;
    lock(pool);
    while ((worker = find_idle(runtime, &is_hopeless)) == NULL && status == OK) {
        if (is_hopeless)
            status = error_set(err, ERR_UNAVAILABLE, "the model's Python worker does not start: %s",
                               runtime->start_error.cause);
        else if (pthread_cond_timedwait(&pool->changed, &pool->lock, &until) == ETIMEDOUT)
            status = error_set(err, ERR_UNAVAILABLE, "none of the model's %zu Python workers was free within %lld ms",
                               runtime->worker_count, (long long)pool->options.timeout_ms);
    }
    if (worker != NULL) {
        worker->state = WORKER_BUSY;
        *ret_worker = worker;
        status = OK;
    }
    unlock(pool);
    return status;
}

void pyfunc_give_worker(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker, bool is_sound)
{
    struct pyfunc_pool *pool = runtime->pool;
    lock(pool);
    worker->state = is_sound ? WORKER_IDLE : WORKER_BROKEN;
    if (is_sound)
        worker->deaths = 0;
    (void)pthread_cond_broadcast(&pool->changed); /* cannot fail */
    unlock(pool);
    pyfunc_wake(pool); /* it watches an idle worker's process again, or ends a broken one */
}
