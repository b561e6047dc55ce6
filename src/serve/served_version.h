/* serve/served_version.h - one model version in memory: its runtime, its columns, its instruments, its way to the log.
 *
 * Made off the request path, tried once before anybody sees it, never changes afterwards, and is freed by its last
 * user (model_slot.h counts them). */
#ifndef SERVE_SERVED_VERSION_H
#define SERVE_SERVED_VERSION_H

#include <stdatomic.h>

#include "serve/mlmodel.h"
#include "serve/model_source.h"
#include "serve/prediction_log.h"
#include "serve/row_reader.h"
#include "serve/serve_instruments.h"

struct pyfunc_pool;

/* How a folder or file becomes a runtime: model_loader_load (model_loader.h) but for tests. */
typedef enum status model_loader(const char *path, str force, struct pyfunc_pool *pool, struct arena *arena,
                                 struct mlmodel *ret_model, struct runtime **ret_runtime, struct error *err);

struct served_version {
    atomic_int_fast64_t references; /* model_slot.c's half of the count; acq_rel, the last one frees */
    struct model_location location; /* texts in `arena` */
    struct mlmodel model;
    struct runtime *runtime;
    struct row_schema schema;
    struct version_instruments instruments;
    struct prediction_ring *ring; /* NULL: predictions are not captured */
    int64_t loaded_us;
    double load_seconds;
    struct arena arena;
};

struct served_version_options {
    const struct model_location *location;
    const char *folder; /* of its files, or one model file */
    str force;          /* runtime asked for; empty = choose */
    model_loader *load;
    struct pyfunc_pool *pool;
    struct serve_instruments *instruments;
    struct prediction_log *log; /* NULL: not captured */
};

/* Loads and tries it: one prediction of its own input example, or of a row of zeros where it has none and takes only
 * numbers. ERR_INVALID, ERR_UNAVAILABLE, ERR_NOT_FOUND say what is wrong with which file. Slow. */
must_use enum status served_version_load(const struct served_version_options *options, struct served_version **ret_version,
                                         struct error *err);
void served_version_free(struct served_version *version); /* NULL is fine */

#endif
