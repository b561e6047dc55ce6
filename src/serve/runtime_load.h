/* serve/runtime_load.h - the runtime that fits a model folder. */
#ifndef SERVE_RUNTIME_LOAD_H
#define SERVE_RUNTIME_LOAD_H

#include "serve/mlmodel.h"

struct pyfunc_pool; /* pyfunc/pyfunc_pool.h: the Python workers of the process; NULL = none may be started */

/* Trees for XGBoost and LightGBM, ONNX Runtime for onnx, Python for everything else; `force` ("pyfunc", "onnx",
 * "trees", empty = choose) lets a user insist. ERR_UNAVAILABLE where the engine is not installed, saying what to
 * install; ERR_INVALID for a file that is no model, naming file and place. */
must_use enum status runtime_load(const struct mlmodel *model, str force, struct pyfunc_pool *pool,
                                  struct runtime **ret_runtime, struct error *err);
void runtime_free(struct runtime *runtime); /* NULL is fine */

#endif
