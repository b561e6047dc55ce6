#include "serve/runtime_load.h"

#include "base/log.h"
#include "serve/encoding.h"
#include "serve/onnx/onnx_runtime.h"
#include "serve/pyfunc/pyfunc_pool.h"
#include "serve/trees/trees_runtime.h"

enum engine { ENGINE_TREES, ENGINE_ONNX, ENGINE_PYFUNC, ENGINE_COUNT };

static const str engine_names[ENGINE_COUNT] = { { "trees", 5 }, { "onnx", 4 }, { "pyfunc", 6 } };

static enum status parse_engine(str name, enum engine *ret_engine, struct error *err)
{
    for (enum engine engine = 0; engine < ENGINE_COUNT; engine++) {
        if (str_equal(engine_names[engine], name)) {
            *ret_engine = engine;
            return OK;
        }
    }
    return error_set(err, ERR_INVALID, "no runtime is called \"%.*s\"; there are trees, onnx and pyfunc", STR_ARG(name));
}

/* What answers fastest first; a model without a file that we read ourselves is Python's. */
static enum engine choose_engine(const struct mlmodel *model)
{
    if (str_is_empty(model->data_path))
        return ENGINE_PYFUNC;
    return model->has_onnx ? ENGINE_ONNX : ENGINE_TREES;
}

static enum status load_with(enum engine engine, const struct mlmodel *model, struct pyfunc_pool *pool,
                             struct runtime **ret_runtime, struct error *err)
{
    switch (engine) {
    case ENGINE_TREES:
        return runtime_trees_load(model, ret_runtime, err);
    case ENGINE_ONNX:
        return runtime_onnx_load(model, ret_runtime, err);
    case ENGINE_PYFUNC:
        if (pool == NULL)
            return error_set(err, ERR_UNAVAILABLE, "%s is a model of flavor %.*s, which only Python runs, and Python is off here",
                             model->folder.data, STR_ARG(model->flavor));
        return runtime_pyfunc_load(model, pool, ret_runtime, err);
    case ENGINE_COUNT:
        break;
    }
    return error_set(err, ERR_INVALID, "no such runtime");
}

static enum status load_best(const struct mlmodel *model, str force, struct pyfunc_pool *pool, struct runtime **ret_runtime,
                             struct error *err)
{
    enum engine engine = choose_engine(model);
    if (!str_is_empty(force)) {
        TRY(parse_engine(force, &engine, err));
        return load_with(engine, model, pool, ret_runtime, err);
    }
    struct error own = { 0 }, pythons = { 0 };
    enum status status = load_with(engine, model, pool, ret_runtime, &own);
    if (status == OK)
        return OK;
    /* A file that our own engines do not read (an old binary, several numbers a row) may be one that Python does. */
    if (engine != ENGINE_PYFUNC && model->has_pyfunc && pool != NULL &&
        runtime_pyfunc_load(model, pool, ret_runtime, &pythons) == OK) {
        LOG_WARN("model is answered by Python, slower than by its own runtime", log_text("folder", model->folder.data),
                 log_str("runtime", engine_names[engine]), log_error(&own));
        return OK;
    }
    if (err != NULL)
        *err = own;
    return status;
}

enum status runtime_load(const struct mlmodel *model, str force, struct pyfunc_pool *pool, struct runtime **ret_runtime,
                         struct error *err)
{
    struct runtime *runtime = NULL;
    struct mlmodel inner = *model;
    if (encoding_is_there(model->folder.data))
        inner.input_count = 0; /* the signature is that of the texts before they are encoded */
    TRY(load_best(&inner, force, pool, &runtime, err));
    enum status status = encoding_wrap(model->folder.data, &runtime, err);
    if (status != OK) {
        runtime_free(runtime);
        return status;
    }
    *ret_runtime = runtime;
    return OK;
}

void runtime_free(struct runtime *runtime)
{
    if (runtime != NULL)
        runtime->methods->free(runtime);
}
