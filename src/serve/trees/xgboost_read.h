/* serve/trees/xgboost_read.h - XGBoost's model file, JSON or UBJSON, of version 1.0 up to 3.x. */
#ifndef SERVE_XGBOOST_READ_H
#define SERVE_XGBOOST_READ_H

#include "serve/trees/tree_model.h"

/* Reads what the file says; tree_model_check() is the caller's. gbtree, dart (weights multiplied into the leaves),
 * gblinear, leaf vectors (a tree for each target). Members that no prediction needs are skipped. ERR_INVALID names the
 * place; ERR_LIMIT when the arena's bound was reached. */
must_use enum status xgboost_read(str content, struct arena *arena, struct tree_model *model, struct error *err);

#endif
