/* serve/onnx/ort_library.h - ONNX Runtime's shared library, opened once when the first model needs it.
 *
 * Looked for as: the file $KEDGE_ONNXRUNTIME names, and then nothing else; libonnxruntime.so.1 where the loader looks
 * (the program's RPATH lib/kedge, LD_LIBRARY_PATH, the system); libonnxruntime.so there; and .deps/onnxruntime of a
 * source tree that the program lies in. It stays open until the process ends. */
#ifndef SERVE_ORT_LIBRARY_H
#define SERVE_ORT_LIBRARY_H

#include "base/status.h"
#include "serve/onnx/ort_api.h"

struct ort_library {
    const struct ort_api *api;
    struct ort_env *env;
    struct ort_memory_info *memory; /* the CPU's: tensors over our own bytes */
    struct ort_allocator *allocator;
    char version[32]; /* "1.30.0" */
};

/* Any thread. ERR_UNAVAILABLE: not found, or not a release that is understood; says where it was looked for. A failure
 * is not kept: the next call looks again. */
must_use enum status ort_library_get(const struct ort_library **ret_library, struct error *err);

/* Takes over `result`, NULL = success. `status` is for failures, but ERR_NOT_FOUND where a file is missing. */
must_use enum status ort_check(const struct ort_library *library, ort_result result, enum status status,
                               struct error *err);

#endif
