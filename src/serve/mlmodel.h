/* serve/mlmodel.h - the MLmodel file of a model folder: flavors, signature, identity.
 *
 * MLflow's format (YAML). A folder without one is taken as what its one model file is, and so is a file itself: *.onnx,
 * *.json, *.ubj, *.xgb (XGBoost), *.txt, *.lgb (LightGBM), *.pkl, *.joblib, *.skops (scikit-learn). */
#ifndef SERVE_MLMODEL_H
#define SERVE_MLMODEL_H

#include <stdint.h>

#include "serve/runtime.h"

struct tensor_spec {
    str name, dtype; /* numpy's: "float32", "int64", "str" */
    const int64_t *shape; /* [dimensions]; -1 = any */
    size_t dimensions;
};

/* `onnx_session_options` of the onnx flavor; a value that is not said is -1. */
struct mlmodel_onnx {
    int64_t intra_op_threads, inter_op_threads;
    int64_t graph_optimization_level; /* 0, 1, 2, 99 as in ONNX Runtime */
    bool is_parallel;                 /* execution_mode: parallel */
};

struct mlmodel {
    str folder; /* terminated */
    str model_id, run_id, utc_time_created, mlflow_version;
    /* Signature; none: both counts 0. Columns or tensors, not both. */
    const struct field *inputs;
    size_t input_count;
    const struct tensor_spec *input_tensors;
    size_t input_tensor_count;
    const struct field *outputs;
    size_t output_count;
    bool has_onnx, has_xgboost, has_lightgbm, has_sklearn, has_pyfunc;
    /* Below `folder`: the file of the first of onnx, xgboost, lightgbm that is there; else empty. Empty as well where
     * that library's scikit-learn class was pickled: then the file is `pickle_path`. */
    str data_path;
    str pickle_path;   /* of the sklearn flavor and of pickled classes; else empty */
    str pickle_format; /* "pickle", "cloudpickle", "skops"; empty = not said */
    struct mlmodel_onnx onnx;
    bool has_file; /* there is an MLmodel; false: a model file, or a folder with one */
    str pyfunc_loader, pyfunc_data, pyfunc_code; /* of python_function: a module, two paths; empty = not said */
    str model_class;    /* "xgboost.sklearn.XGBClassifier"; empty = not said */
    str flavor; /* the most specific one: "onnx", "xgboost", "lightgbm", "sklearn", any other, "python_function" */
    str serving_input_path, input_example_path; /* below `folder`; empty = none */
};

/* `folder` may be one model file. Texts live in `arena`. ERR_NOT_FOUND: it holds no model; ERR_INVALID names file,
 * line and key, or the model files among which it cannot choose. Paths that lead out of the folder are refused. */
must_use enum status mlmodel_read(const char *folder, struct arena *arena, struct mlmodel *ret_model,
                                  struct error *err);

/* The columns of a signature's JSON text, as MLflow writes it ("[{"type": "double", "name": "x", "required": true}]");
 * unnamed columns have an empty name, a signature of tensors has no columns. ERR_INVALID also for types that one cell
 * cannot carry (array, object, map, binary, any). */
must_use enum status mlmodel_read_signature(str inputs_json, struct arena *arena, const struct field **ret_fields,
                                            size_t *ret_count, struct error *err);

/* MLflow's name of a type: "double", "float", "integer", "long", "boolean", "string", "datetime". */
const char *field_type_name(enum field_type type);

#endif
