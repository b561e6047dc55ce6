/* serve/mlmodel.h - the MLmodel file of a model folder: flavors, signature, identity.
 *
 * MLflow's format (YAML). A folder without one is taken as what its files are: *.json, *.ubj, *.xgb (XGBoost),
 * *.txt (LightGBM), *.onnx. */
#ifndef SERVE_MLMODEL_H
#define SERVE_MLMODEL_H

#include <stdint.h>

#include "serve/runtime.h"

struct tensor_spec {
    str name, dtype; /* numpy's: "float32", "int64", "str" */
    const int64_t *shape; /* [dimensions]; -1 = any */
    size_t dimensions;
};

struct mlmodel {
    str folder;
    str model_id, run_id, utc_time_created, mlflow_version;
    /* Signature; none: both counts 0. Columns or tensors, not both. */
    const struct field *inputs;
    size_t input_count;
    const struct tensor_spec *input_tensors;
    size_t input_tensor_count;
    const struct field *outputs;
    size_t output_count;
    bool has_onnx, has_xgboost, has_lightgbm, has_sklearn, has_pyfunc;
    str data_path;      /* below `folder`: the file of the first of onnx, xgboost, lightgbm that is there; else empty */
    str model_class;    /* "xgboost.sklearn.XGBClassifier"; empty = not said */
    str flavor;         /* the most specific one: "xgboost", "onnx", "sklearn", "python_function" */
    str serving_input_path, input_example_path; /* below `folder`; empty = none */
};

/* Texts live in `arena`. ERR_NOT_FOUND: the folder holds no model; ERR_INVALID names file, line and key. */
must_use enum status mlmodel_read(const char *folder, struct arena *arena, struct mlmodel *ret_model, struct error *err);

/* The signature's JSON text, as MLflow writes it ("[{"type": "double", "name": "x", "required": true}]"). */
must_use enum status mlmodel_read_signature(str inputs_json, struct arena *arena, const struct field **ret_fields,
                                            size_t *ret_count, struct error *err);

#endif
