/* serve/pyfunc/pyfunc_pool.h - Python workers: how models of any other flavor are answered.
 *
 * Each loaded model has one or more processes of its own, started from one small script and spoken to over a Unix
 * socket in frames (pyfunc_frame.h). They inherit no descriptor of ours, end when the server ends, and are started
 * again, later and later, when they die: nothing that happens in Python ends or blocks the server.
 *
 * The pool holds what they have in common: the interpreter, bounds, time-outs. */
#ifndef SERVE_PYFUNC_POOL_H
#define SERVE_PYFUNC_POOL_H

#include <stdint.h>

#include "serve/mlmodel.h"

struct pyfunc_pool;

struct pyfunc_options {
    str python;          /* name or path of the interpreter; empty: $KEDGE_PYTHON, else "python3" */
    size_t workers;      /* of one model; 0 = 1 */
    int64_t timeout_ms;  /* of a prediction; 0 = 60 s */
    int64_t load_ms;     /* for a worker to start and load its model; 0 = 120 s */
    size_t memory_bytes; /* address space of a worker (RLIMIT_AS); 0 = no bound */
    int64_t backoff_ms;  /* from a death to the restart, doubled up to a minute while it keeps dying; 0 = 100 ms */
};

/* Starts nothing; texts are copied. */
must_use struct pyfunc_pool *pyfunc_pool_open(const struct pyfunc_options *options);

/* All runtimes of it are freed. NULL is fine. */
void pyfunc_pool_close(struct pyfunc_pool *pool);

/* Starts the workers and waits until one of them has the model. ERR_UNAVAILABLE: no interpreter, or none of the
 * packages that the model needs, in Python's words; ERR_INVALID: the model does not load. Slow. */
must_use enum status runtime_pyfunc_load(const struct mlmodel *model, struct pyfunc_pool *pool,
                                         struct runtime **ret_runtime, struct error *err);

#endif
