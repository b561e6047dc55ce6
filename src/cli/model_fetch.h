/* cli/model_fetch.h - the files of a registered model version in a local folder. */
#ifndef CLI_MODEL_FETCH_H
#define CLI_MODEL_FETCH_H

#include "cli/mlflow_client.h"

/* Downloads everything below the version's artifact into `folder`, made where it is missing. An empty `version` is the
 * newest; `ret_version` says which it was. ERR_NOT_FOUND; ERR_UNAVAILABLE where the files are not on that server;
 * ERR_INVALID where the server names a file that would leave the folder. */
must_use enum status model_fetch(const struct mlflow_client *client, str name, str version, str folder, str *ret_version,
                                 struct error *err);

#endif
