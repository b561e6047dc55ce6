/* train/xgboost_door.h - the one door to XGBoost's C library (Debian's libxgboost), which is loaded when training
 * begins: commands that do not train pay nothing for it. */
#ifndef TRAIN_XGBOOST_DOOR_H
#define TRAIN_XGBOOST_DOOR_H

#include "base/buf.h"
#include "train/training_table.h"

/* ERR_UNAVAILABLE where the library is not installed, saying which package has it. */
must_use enum status xgboost_load(struct error *err);

struct booster_parameter {
    const char *name, *value;
};

struct booster_plan {
    const struct booster_parameter *parameters; /* [parameter_count] */
    size_t parameter_count;
    size_t rounds;
    /* Called after each round with the loss of training and test rows; NULL = nobody watches. */
    void (*on_round)(void *context, size_t round, size_t rounds, const char *evaluation);
    void *context;
};

/* Trains on the table's training rows. `ret_model` gets the model as UBJSON, `ret_gain` [feature_count] the mean gain
 * of the splits on each feature (0 = never used). The same table, plan and library give the same model. */
must_use enum status booster_train(const struct training_table *table, const struct booster_plan *plan, struct buf *ret_model,
                                   double *ret_gain, struct error *err);

#endif
