/* registry/run_log.h - what a run logs: metrics with their history, parameters that are written once, tags. */
#ifndef REGISTRY_RUN_LOG_H
#define REGISTRY_RUN_LOG_H

#include "registry/run.h"

#define RUN_BATCH_METRICS_MAX 1000
#define RUN_BATCH_PARAMS_MAX 100
#define RUN_BATCH_TAGS_MAX 100
#define RUN_BATCH_ITEMS_MAX 1000

struct run_batch {
    const struct metric_point *metrics;
    const struct registry_pair *params, *tags;
    size_t metric_count, param_count, tag_count;
    bool is_single; /* of a call for one item: messages name "key", not "metrics[0].key" */
};

/* All of it or nothing. Parameters and tags that are too long are cut. A metric's point that is there already is left;
 * a parameter with the value it has as well, another value is ERR_INVALID, and so is the same parameter twice; of a tag
 * that stands twice the last one counts. ERR_NOT_FOUND, ERR_INVALID for a run that is not there or deleted. */
must_use enum status run_log(struct registry *registry, str run_id, const struct run_batch *batch, struct error *err);

/* ERR_NOT_FOUND also where the run has no such tag. */
must_use enum status run_delete_tag(struct registry *registry, str run_id, str key, struct error *err);

/* Adds an MLmodel, a JSON object, to the list in the tag "mlflow.log-model.history". */
must_use enum status run_add_model_record(struct registry *registry, str run_id, str model_json, struct error *err);

#endif
