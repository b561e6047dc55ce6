/* serve/pyfunc/pyfunc_internal.h - the pool, its supervisor and a model's runtime; shared by this folder's files. */
#ifndef SERVE_PYFUNC_INTERNAL_H
#define SERVE_PYFUNC_INTERNAL_H

#include <pthread.h>

#include "serve/class_index.h"
#include "serve/pyfunc/pyfunc_frame.h"
#include "serve/pyfunc/pyfunc_pool.h"
#include "serve/pyfunc/pyfunc_worker.h"

#define WORKERS_MAX 64 /* of one model */

struct pyfunc_runtime {
    struct runtime runtime; /* first: the handle that others hold */
    struct pyfunc_pool *pool;
    const char *setup; /* what each worker is started with: JSON */
    str folder;
    str columns_frame; /* told to each worker before its first rows */
    bool is_tensor;
    struct class_index classes;
    struct arena arena;

    /* Below: under the pool's lock. */
    struct pyfunc_worker workers[WORKERS_MAX];
    size_t worker_count;
    bool is_closing, is_closed; /* by free, and by the supervisor when no worker is left */
    bool is_known;              /* `facts` are there, in `arena` */
    struct pyfunc_facts facts;
    struct error start_error; /* of the last start that failed; OK since one has succeeded */
    struct pyfunc_runtime *next;
};

struct pyfunc_pool {
    struct pyfunc_options options; /* texts owned: `python` */
    char *python;
    pthread_t supervisor;
    int wake; /* eventfd: something changed that the supervisor must look at */

    pthread_mutex_t lock;    /* over the list and all workers' states; never held while waiting for Python */
    pthread_cond_t changed;  /* a worker became idle or down, a runtime closed; CLOCK_MONOTONIC */
    struct pyfunc_runtime *runtimes;
    bool is_stopping;
};

/* The supervisor's thread; ends when the pool stops, which is when no runtime is left. */
void *pyfunc_supervise(void *pool);

/* Tells it to look again. */
void pyfunc_wake(struct pyfunc_pool *pool);

/* Puts the runtime on the supervisor's list and waits until one of its workers is ready, or the start has failed. */
must_use enum status pyfunc_join(struct pyfunc_runtime *runtime, struct error *err);

/* Ends its workers and takes it off the list. */
void pyfunc_leave(struct pyfunc_runtime *runtime);

/* An idle worker for a request, which gives it back; waits until `deadline_ns` while all are busy or starting.
 * ERR_UNAVAILABLE: none in time, or they do not start. */
must_use enum status pyfunc_take_worker(struct pyfunc_runtime *runtime, int64_t deadline_ns,
                                        struct pyfunc_worker **ret_worker, struct error *err);
void pyfunc_give_worker(struct pyfunc_runtime *runtime, struct pyfunc_worker *worker, bool is_sound);

#endif
