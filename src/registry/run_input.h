/* registry/run_input.h - what a run read and made: data sets, models. */
#ifndef REGISTRY_RUN_INPUT_H
#define REGISTRY_RUN_INPUT_H

#include "registry/run.h"

#define DATASET_NAME_MAX 500
#define DATASET_DIGEST_MAX 36
#define DATASET_SOURCE_MAX 65535
#define DATASET_SCHEMA_MAX 1048575
#define DATASET_PROFILE_MAX 16777215
#define DATASET_TAG_KEY_MAX 255
#define DATASET_TAG_VALUE_MAX 500

struct run_inputs {
    const struct run_dataset *datasets;
    const struct run_model *models;
    size_t dataset_count, model_count;
};

/* Links data sets (kept once per experiment, name and digest) and models to the run. What is linked already stays as it
 * is. ERR_NOT_FOUND, ERR_INVALID for the run. */
must_use enum status run_add_inputs(struct registry *registry, str run_id, const struct run_inputs *inputs,
                                    struct error *err);

/* Models that the run made; again is fine. */
must_use enum status run_add_outputs(struct registry *registry, str run_id, const struct run_model *models,
                                     size_t count, struct error *err);

/* The data sets that runs of an experiment used. */
struct dataset_summary {
    int64_t experiment_id;
    str name, digest, context; /* context: of the tag mlflow.data.context; empty = none */
};
#define DATASET_SEARCH_EXPERIMENTS_MAX 20
#define DATASET_SEARCH_MAX 1000
must_use enum status dataset_search(struct registry *registry, const int64_t *experiment_ids, size_t experiment_count,
                                    struct arena *arena, struct dataset_summary **ret_summaries, size_t *ret_count,
                                    struct error *err);

#endif
