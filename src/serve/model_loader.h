/* serve/model_loader.h - from a path to a runtime: an MLflow folder, a folder with a model file, or the file itself. */
#ifndef SERVE_MODEL_LOADER_H
#define SERVE_MODEL_LOADER_H

#include "serve/runtime_load.h"

/* A `model_loader` (served_version.h). ERR_NOT_FOUND: nothing at that path; ERR_INVALID: no model; ERR_UNAVAILABLE:
 * what runs it is not installed. Texts of `ret_model` live in `arena`. */
must_use enum status model_loader_load(const char *path, str force, struct pyfunc_pool *pool, struct arena *arena,
                                       struct mlmodel *ret_model, struct runtime **ret_runtime, struct error *err);

#endif
