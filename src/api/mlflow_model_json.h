/* api/mlflow_model_json.h - registered models, versions and logged models as MLflow's JSON objects. */
#ifndef API_MLFLOW_MODEL_JSON_H
#define API_MLFLOW_MODEL_JSON_H

#include "api/mlflow_json.h"
#include "registry/logged_model.h"
#include "registry/registered_model.h"

/* Each writes one value: the document, an element, or what follows json_write_name. */
void mlflow_write_model_version(struct json_writer *json, const struct model_version *version);
void mlflow_write_registered_model(struct json_writer *json, const struct registered_model *model);
void mlflow_write_logged_model(struct json_writer *json, const struct logged_model *model);

/* "model_versions": [...]; left out where there is none. */
void mlflow_write_model_versions(struct json_writer *json, const char *name, const struct model_version *versions,
                                 size_t count);

#endif
