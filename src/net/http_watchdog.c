#include "net/http_watchdog.h"

#include <pthread.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_server.h"

#define NS_PER_S ((int64_t)1000000000)

struct http_watchdog {
    int64_t idle_timeout_s, head_timeout_s;
    pthread_t thread;
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t stopping;
    bool is_stopping;
    struct http_watched *first;
    uint64_t count, cut_off_total;
};

void http_watched_enter(struct http_watched *watched, enum http_phase phase, int64_t now_ns)
{
    atomic_store_explicit(&watched->body_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&watched->since_ns, now_ns, memory_order_relaxed);
    atomic_store_explicit(&watched->phase, (int)phase, memory_order_relaxed);
}

bool http_watched_is_late(const struct http_watched *watched, int64_t now_ns, int64_t idle_timeout_s,
                          int64_t head_timeout_s)
{
    int64_t took_ns = now_ns - atomic_load_explicit(&watched->since_ns, memory_order_relaxed);
    int64_t took_s = took_ns / NS_PER_S;
    switch ((enum http_phase)atomic_load_explicit(&watched->phase, memory_order_relaxed)) {
    case HTTP_PHASE_HEAD:
        return took_s > idle_timeout_s + head_timeout_s;
    case HTTP_PHASE_BODY: {
        size_t bytes = atomic_load_explicit(&watched->body_bytes, memory_order_relaxed);
        return took_s > head_timeout_s + (int64_t)(bytes / HTTP_BODY_BYTES_PER_S_MIN);
    }
    case HTTP_PHASE_ANSWER:
        break;
    }
    return false;
}

static void look_at_all(struct http_watchdog *watchdog)
{
    int64_t now_ns = clock_monotonic_ns();
    for (struct http_watched *watched = watchdog->first; watched != NULL; watched = watched->next)
        if (http_watched_is_late(watched, now_ns, watchdog->idle_timeout_s, watchdog->head_timeout_s)) {
            (void)shutdown(watched->fd, SHUT_RDWR); /* fails only where the other side has gone already */
            http_watched_enter(watched, HTTP_PHASE_ANSWER, now_ns); /* once is enough */
            watchdog->cut_off_total++;
        }
}

static void *watch(void *argument)
{
    struct http_watchdog *watchdog = argument;
    pthread_mutex_lock(&watchdog->lock);
    while (!watchdog->is_stopping) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 1;
        (void)pthread_cond_timedwait(&watchdog->stopping, &watchdog->lock, &until); /* either way we look */
        look_at_all(watchdog);
    }
    pthread_mutex_unlock(&watchdog->lock);
    return NULL;
}

struct http_watchdog *http_watchdog_start(int64_t idle_timeout_s, int64_t head_timeout_s)
{
    struct http_watchdog *watchdog = mem_must(sizeof *watchdog);
    watchdog->idle_timeout_s = idle_timeout_s;
    watchdog->head_timeout_s = head_timeout_s;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&watchdog->lock, NULL);
    pthread_cond_init(&watchdog->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&watchdog->thread, NULL, watch, watchdog) != 0)
        abort(); /* happens at start or never */
    (void)pthread_setname_np(watchdog->thread, "http-watch"); /* for people with a debugger */
    return watchdog;
}

void http_watchdog_stop(struct http_watchdog *watchdog)
{
    if (watchdog == NULL)
        return;
    pthread_mutex_lock(&watchdog->lock);
    watchdog->is_stopping = true;
    pthread_cond_signal(&watchdog->stopping);
    pthread_mutex_unlock(&watchdog->lock);
    pthread_join(watchdog->thread, NULL);
    pthread_cond_destroy(&watchdog->stopping);
    pthread_mutex_destroy(&watchdog->lock);
    mem_free(watchdog);
}

void http_watchdog_add(struct http_watchdog *watchdog, struct http_watched *watched)
{
    http_watched_enter(watched, HTTP_PHASE_HEAD, clock_monotonic_ns());
    pthread_mutex_lock(&watchdog->lock);
    watched->previous = NULL;
    watched->next = watchdog->first;
    if (watchdog->first != NULL)
        watchdog->first->previous = watched;
    watchdog->first = watched;
    watchdog->count++;
    pthread_mutex_unlock(&watchdog->lock);
}

void http_watchdog_remove(struct http_watchdog *watchdog, struct http_watched *watched)
{
    pthread_mutex_lock(&watchdog->lock);
    if (watched->previous != NULL)
        watched->previous->next = watched->next;
    else
        watchdog->first = watched->next;
    if (watched->next != NULL)
        watched->next->previous = watched->previous;
    watchdog->count--;
    pthread_mutex_unlock(&watchdog->lock);
}

uint64_t http_watchdog_cut_off_total(struct http_watchdog *watchdog)
{
    pthread_mutex_lock(&watchdog->lock);
    uint64_t total = watchdog->cut_off_total;
    pthread_mutex_unlock(&watchdog->lock);
    return total;
}

uint64_t http_watchdog_count(struct http_watchdog *watchdog)
{
    pthread_mutex_lock(&watchdog->lock);
    uint64_t count = watchdog->count;
    pthread_mutex_unlock(&watchdog->lock);
    return count;
}
