/* serve/fake_runtime.h - a model for tests: it adds its inputs up, or answers as its path tells it to.
 *
 *     sum         regression over a, b, c (double): a + b + c
 *     classes     "low", "high": high where a + b > 10; probabilities by a logistic curve
 *     mixed       inputs n (long), flag (boolean), city (string, optional), at (datetime, optional): n
 *     broken      does not load
 *     refuses     loads, but refuses every row: it fails its trial
 *     waits       sum, which says that it may wait */
#ifndef SERVE_FAKE_RUNTIME_H
#define SERVE_FAKE_RUNTIME_H

#include <stdatomic.h>

#include "serve/model_set.h"

/* Runtimes that are loaded and not yet freed. */
extern atomic_int fake_runtimes_alive;

/* A model_loader; the last part of `path` picks the model. */
enum status fake_runtime_load(const char *path, str force, struct pyfunc_pool *pool, struct arena *arena,
                              struct mlmodel *ret_model, struct runtime **ret_runtime, struct error *err);

/* A source with one model, "m", whose stages a test moves. */
struct fake_source {
    struct model_source base;
    atomic_int production;      /* version in Production; 0 = none */
    atomic_int revision;        /* raise it after a change */
    const char *paths[8];       /* by version: which fake runtime */
    atomic_int fetches;
};
void fake_source_init(struct fake_source *source);

#endif
