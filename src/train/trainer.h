/* train/trainer.h - from a table to a model folder that MLflow, XGBoost and Kedge can load, and how good it is.
 *
 * The model is judged as it will be served: the folder is loaded through serve/ and predicts every row. */
#ifndef TRAIN_TRAINER_H
#define TRAIN_TRAINER_H

#include "serve/runtime.h"
#include "train/training_table.h"

enum trainer_model { TRAINER_XGBOOST, TRAINER_RANDOM_FOREST, TRAINER_LINEAR, TRAINER_LOGISTIC, TRAINER_MODEL_COUNT };

/* "xgboost", "random_forest", "linear", "logistic". */
const char *trainer_model_name(enum trainer_model model);
bool trainer_model_of(str name, enum trainer_model *ret_model);

#define TRAINER_PARAMETERS_MAX 64

struct trainer_parameter {
    const char *name, *value; /* terminated */
};

struct trainer_options {
    enum trainer_model model;
    struct trainer_parameter parameters[TRAINER_PARAMETERS_MAX]; /* the caller's; they win over the defaults */
    size_t parameter_count;
    size_t rounds; /* of boosting, or trees of the forest; 0 = 200, or 100 */
    uint64_t seed;
    const char *folder;    /* where the model's files go; exists and is empty */
    const char *kedge_version;
    int64_t now_us;
    void (*on_round)(void *context, size_t round, size_t rounds, const char *evaluation); /* NULL = nobody watches */
    void *context;
};

struct trainer_metric {
    const char *name; /* "test_rmse", "train_accuracy" */
    double value;
};
#define TRAINER_METRICS_MAX 24

struct trained {
    struct trainer_parameter parameters[TRAINER_PARAMETERS_MAX]; /* as they were used, the learner's defaults aside */
    size_t parameter_count;
    struct trainer_metric metrics[TRAINER_METRICS_MAX];
    size_t metric_count;
    const double *importance;   /* [features], shares of the whole gain (trees) or of |w| std (linear); sum 1 or 0 */
    struct runtime_answer answer; /* to every row of the table, in its order */
    const struct runtime_info *info;
    struct runtime *runtime;    /* the loaded model; trained_done frees it */
};

/* ERR_INVALID where learner and task do not fit ("linear" and classes); else as the learners'. Texts and arrays live
 * in `arena`. */
must_use enum status trainer_run(const struct training_table *table, const struct trainer_options *options,
                                 struct arena *arena, struct trained *ret_trained, struct error *err);
void trained_done(struct trained *trained);

#endif
