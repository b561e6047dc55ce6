/* train/model_folder.h - the files of a trained model in MLflow's layout. */
#ifndef TRAIN_MODEL_FOLDER_H
#define TRAIN_MODEL_FOLDER_H

#include "train/linear_fit.h"
#include "train/training_table.h"

struct model_folder {
    const char *folder;
    const char *kedge_version;
    int64_t now_us;
    str model;            /* the model file's bytes */
    const char *file;     /* its name: "model.ubj", "model.json" */
    const struct linear_model *linear; /* NULL for trees */
};

/* Writes MLmodel, the model, encoding.json where texts must be encoded, input_example.json,
 * serving_input_example.json, requirements.txt, conda.yaml, python_env.yaml. ERR_UNAVAILABLE as the disk says. */
must_use enum status model_folder_write(const struct training_table *table, const struct model_folder *folder, struct error *err);

#endif
