/* api/mlflow_run_json.h - runs and points as MLflow's JSON; what its route files share. */
#ifndef API_MLFLOW_RUN_JSON_H
#define API_MLFLOW_RUN_JSON_H

#include "api/mlflow_json.h"
#include "registry/run_log.h"

/* "run": {info, data, inputs, outputs} as the next value. */
void mlflow_write_run(struct json_writer *json, const struct run *run);

/* "NAME": what mlflow_write_run has as info. */
void mlflow_write_run_info(struct json_writer *json, const char *name, const struct run *run);

/* The next value; `run_id` is left out where it is empty. */
void mlflow_write_point(struct json_writer *json, const struct metric_point *point, str run_id);

/* The body of log-batch. */
must_use enum status mlflow_read_batch(const struct mlflow_fields *fields, str *ret_run_id, struct run_batch *ret_batch,
                                       struct error *err);

#endif
