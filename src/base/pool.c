/* One lock, one list of runs and one ring of jobs. Idle threads first help the newest run, because somebody
 * waits for it, then take the oldest job.
 *
 *   (P1) A run is on the list while it has indexes to deal; its owner takes it off before it returns.
 *   (P2) A thread that helps a run is counted in it; the owner waits until that count is zero.
 *   (P3) The owner deals to itself as well, so a run ends even when every thread is busy. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/mem.h"

#define THREADS_MAX 64

struct job {
    void (*run)(void *argument);
    void *argument;
};

/* A pool_run in progress; lives on its owner's stack. */
struct run {
    struct run *next;
    size_t count;
    atomic_size_t dealt; /* relaxed: hands out numbers; the pool's lock orders what they lead to */
    size_t helpers;      /* under the pool's lock */
    void (*each)(size_t index, void *argument);
    void *argument;
};

/* Fields from `runs` on belong to the lock. */
struct pool {
    pthread_t threads[THREADS_MAX];
    size_t thread_count, jobs_max;
    char name[12];
    pthread_mutex_t lock;
    pthread_cond_t has_work;     /* a run, a job, or the end */
    pthread_cond_t helper_left;  /* some run lost a helper */
    struct run *runs;            /* newest first */
    size_t first_job, job_count; /* of the ring */
    bool is_ending;
    size_t named; /* threads that have taken a number for their name */
    struct job jobs[];
};

static void lock(struct pool *pool)
{
    (void)pthread_mutex_lock(&pool->lock); /* fails only for misuse of the mutex */
}

static void unlock(struct pool *pool)
{
    (void)pthread_mutex_unlock(&pool->lock); /* as above */
}

static void deal(struct run *run)
{
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&run->dealt, 1, memory_order_relaxed);
        if (index >= run->count)
            return;
        run->each(index, run->argument);
    }
}

static bool has_indexes(struct run *run)
{
    return atomic_load_explicit(&run->dealt, memory_order_relaxed) < run->count;
}

/* The newest run that still has something to do; the lock is held. */
static struct run *find_run(struct pool *pool)
{
    struct run *run = pool->runs;
    while (run != NULL && !has_indexes(run))
        run = run->next;
    return run;
}

/* Helps one run or does one job; the lock is held before and after, not meanwhile. False when idle. */
static bool work_once(struct pool *pool)
{
    struct run *run = find_run(pool);
    if (run != NULL) {
        run->helpers++;
        unlock(pool);
        deal(run);
        lock(pool);
        run->helpers--;
        (void)pthread_cond_broadcast(&pool->helper_left); /* can't fail */
        return true;
    }
    if (pool->job_count == 0)
        return false;
    struct job job = pool->jobs[pool->first_job];
    pool->first_job = (pool->first_job + 1) % pool->jobs_max;
    pool->job_count--;
    unlock(pool);
    job.run(job.argument);
    lock(pool);
    return true;
}

static void *work(void *argument)
{
    struct pool *pool = argument;
    lock(pool);
    char name[16];
    (void)snprintf(name, sizeof name, "%s-%zu", pool->name, pool->named++);
    (void)pthread_setname_np(pthread_self(), name); /* only for people with a debugger */
    for (;;) {
        if (work_once(pool))
            continue;
        if (pool->is_ending)
            break;
        (void)pthread_cond_wait(&pool->has_work, &pool->lock); /* the conditions are looked at again */
    }
    unlock(pool);
    return NULL;
}

struct pool *pool_new(const char *name, size_t threads, size_t jobs_max)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (threads == 0)
        threads = online > 0 ? (size_t)online : 1;
    jobs_max = MAX_OF(jobs_max, (size_t)1);
    struct pool *pool = mem_must(sizeof *pool + jobs_max * sizeof(struct job));
    pool->jobs_max = jobs_max;
    (void)snprintf(pool->name, sizeof pool->name, "%s", name); /* a name is 15 bytes with its number */
    (void)pthread_mutex_init(&pool->lock, NULL);               /* on Linux these can't fail */
    (void)pthread_cond_init(&pool->has_work, NULL);
    (void)pthread_cond_init(&pool->helper_left, NULL);
    for (size_t i = 0; i < MIN_OF(threads, (size_t)THREADS_MAX); i++) {
        if (pthread_create(&pool->threads[i], NULL, work, pool) != 0) {
            fprintf(stderr, "kedge: can't start a thread of the pool %s\n", name);
            abort();
        }
        pool->thread_count++;
    }
    return pool;
}

void pool_free(struct pool *pool)
{
    if (pool == NULL)
        return;
    lock(pool);
    pool->is_ending = true;
    (void)pthread_cond_broadcast(&pool->has_work); /* can't fail */
    unlock(pool);
    for (size_t i = 0; i < pool->thread_count; i++)
        (void)pthread_join(pool->threads[i], NULL); /* they are ours and joined once */
    (void)pthread_cond_destroy(&pool->has_work);
    (void)pthread_cond_destroy(&pool->helper_left);
    (void)pthread_mutex_destroy(&pool->lock);
    mem_free(pool);
}

size_t pool_threads(const struct pool *pool)
{
    return pool->thread_count;
}

static void take_off(struct pool *pool, struct run *run)
{
    struct run **link = &pool->runs;
    while (*link != run)
        link = &(*link)->next;
    *link = run->next;
}

void pool_run(struct pool *pool, size_t count, void (*run)(size_t index, void *argument), void *argument)
{
    struct run mine = { .count = count, .each = run, .argument = argument };
    if (pool == NULL || count <= 1) {
        deal(&mine);
        return;
    }
    lock(pool);
    mine.next = pool->runs;
    pool->runs = &mine;
    (void)pthread_cond_broadcast(&pool->has_work); /* can't fail */
    unlock(pool);
    deal(&mine);
    lock(pool);
    take_off(pool, &mine);
    while (mine.helpers > 0)
        (void)pthread_cond_wait(&pool->helper_left, &pool->lock); /* the count is looked at again */
    unlock(pool);
}

bool pool_submit(struct pool *pool, void (*run)(void *argument), void *argument)
{
    lock(pool);
    bool has_room = pool->job_count < pool->jobs_max && !pool->is_ending;
    if (has_room) {
        pool->jobs[(pool->first_job + pool->job_count++) % pool->jobs_max] = (struct job){ run, argument };
        (void)pthread_cond_signal(&pool->has_work); /* can't fail */
    }
    unlock(pool);
    return has_room;
}
