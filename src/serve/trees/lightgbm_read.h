/* serve/trees/lightgbm_read.h - LightGBM's model file, the text that Booster.save_model writes (v2 to v4). */
#ifndef SERVE_LIGHTGBM_READ_H
#define SERVE_LIGHTGBM_READ_H

#include "serve/trees/tree_model.h"

/* Reads what the file says, up to and including the line pandas_categorical; tree_model_check() is the caller's.
 * ERR_INVALID names the line; ERR_LIMIT when the arena's bound was reached. */
must_use enum status lightgbm_read(str content, struct arena *arena, struct tree_model *model, struct error *err);

#endif
