/* serve/onnx/onnx_runtime.h - models in ONNX's format, answered by ONNX Runtime.
 *
 * The library is opened at the first model (ort_library.h tells where it is looked for); a process that serves no such
 * model needs none. A session per model; predict may run on any number of threads at a time.
 *
 * Inputs: a graph with one matrix takes all columns side by side, a graph with an input a column takes them by name.
 * Numbers become the type the graph wants, double to float as MLflow does. Outputs: a classifier's label and its
 * probabilities (a tensor, or ZipMap's list of maps); else the first numeric output is the prediction. */
#ifndef SERVE_ONNX_RUNTIME_H
#define SERVE_ONNX_RUNTIME_H

#include "serve/mlmodel.h"

/* ERR_UNAVAILABLE: ONNX Runtime is not installed, or too old; ERR_INVALID: the file is no model, or one whose inputs
 * and outputs are not a table's. */
must_use enum status runtime_onnx_load(const struct mlmodel *model, struct runtime **ret_runtime, struct error *err);

#endif
