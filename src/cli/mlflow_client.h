/* cli/mlflow_client.h - what commands ask of a tracking server over MLflow's REST API: Kedge's own, or another.
 *
 * Errors are the server's own words, by status as service_ask tells. Texts live in the client's arena. */
#ifndef CLI_MLFLOW_CLIENT_H
#define CLI_MLFLOW_CLIENT_H

#include "cli/service.h"
#include "format/json.h"

#define MLFLOW_API "/api/2.0/mlflow/"

struct mlflow_client {
    struct service *service;
    struct arena *arena;
};

/* Asks with a GET, `query` being "name=...&..." already quoted, or a POST (or `method`) with a JSON body. */
must_use enum status mlflow_get(const struct mlflow_client *client, const char *call, str query, str *ret_body, struct error *err);
must_use enum status mlflow_send(const struct mlflow_client *client, const char *method, const char *call, str body,
                                 str *ret_body, struct error *err);

/* The value at a path of members, "run.info.run_id", as it stands in the JSON: texts unquoted, all else as written;
 * empty where it is absent. */
must_use enum status mlflow_value_at(const struct mlflow_client *client, str json, const char *path, str *ret_value,
                                     struct error *err);

struct mlflow_pair {
    const char *key;
    str value; /* of a parameter or tag */
    double number; /* of a metric */
};

/* The experiment of that name, made where there is none. */
must_use enum status mlflow_experiment(const struct mlflow_client *client, str name, str *ret_id, struct error *err);

struct mlflow_run {
    str run_id, artifact_uri;
};

must_use enum status mlflow_run_begin(const struct mlflow_client *client, str experiment_id, str name, int64_t now_us,
                                      struct mlflow_run *ret_run, struct error *err);

/* "FINISHED" or "FAILED". */
must_use enum status mlflow_run_end(const struct mlflow_client *client, const struct mlflow_run *run, const char *run_status,
                                    int64_t now_us, struct error *err);

/* Parameters, tags (any number) and metrics at step 0, in as many calls as their bounds ask for. */
must_use enum status mlflow_log_parameters(const struct mlflow_client *client, const struct mlflow_run *run,
                                           const struct mlflow_pair *pairs, size_t count, struct error *err);
must_use enum status mlflow_log_metrics(const struct mlflow_client *client, const struct mlflow_run *run,
                                        const struct mlflow_pair *pairs, size_t count, int64_t now_us, struct error *err);
must_use enum status mlflow_set_tag(const struct mlflow_client *client, const struct mlflow_run *run, const char *key, str value,
                                    struct error *err);

/* Puts a local file below the run's artifacts. ERR_UNAVAILABLE where the server keeps artifacts elsewhere
 * (artifact_uri is no mlflow-artifacts: address). */
must_use enum status mlflow_put_file(const struct mlflow_client *client, const struct mlflow_run *run, const char *path,
                                     const char *file, struct error *err);

/* Makes the model where there is none, and its next version of the run's artifact `path`. */
must_use enum status mlflow_register(const struct mlflow_client *client, str name, const struct mlflow_run *run, const char *path,
                                     str *ret_version, struct error *err);

/* Moves the version to the stage; whatever was there before is archived. */
must_use enum status mlflow_promote(const struct mlflow_client *client, str name, str version, str stage, struct error *err);

#endif
