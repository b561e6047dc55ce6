/* serve/trees/trees_runtime.h - gradient boosted trees answered by our own evaluator, without their libraries.
 *
 * XGBoost (JSON and UBJSON, 1.0 up to 3.x; gbtree, dart, gblinear) and LightGBM (text). Predictions equal the
 * libraries' to 1e-6, contributions (exact path-dependent TreeSHAP) to 1e-5. */
#ifndef SERVE_TREES_RUNTIME_H
#define SERVE_TREES_RUNTIME_H

#include "serve/mlmodel.h"
#include "serve/runtime.h"

/* Reads model->data_path below model->folder; the content tells the format, not the name.
 *
 * A scikit-learn wrapper (model_class ends in Classifier, Regressor, ...; or the file says that one wrote it) answers
 * as that wrapper's predict does: the class, from the trees up to best_iteration. A Booster answers from all trees,
 * and gives_scores is set where its own predict gives probabilities. binary:logitraw is a regression: its margin.
 *
 * Names and types of the inputs come from the file, else from the signature, else they are f0, f1, ...; a signature
 * with the same names in another order sets the order. Texts are mapped to the categories that the file holds.
 *
 * ERR_INVALID names file and place (also of models that we can't answer: several numbers a row, for example);
 * ERR_NOT_FOUND and ERR_UNAVAILABLE as file_read. The caller frees with methods->free. */
must_use enum status runtime_trees_load(const struct mlmodel *model, struct runtime **ret_runtime, struct error *err);

#endif
