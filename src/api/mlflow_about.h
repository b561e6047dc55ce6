/* api/mlflow_about.h - pieces of what the MLflow routes say about themselves in /openapi.json. */
#ifndef API_MLFLOW_ABOUT_H
#define API_MLFLOW_ABOUT_H

#include "api/api_internal.h"

/* Members of a body's schema, joined by commas. */
#define MLFLOW_TEXT(name) "\"" name "\":{\"type\":\"string\"}"
#define MLFLOW_FLAG(name) "\"" name "\":{\"type\":\"boolean\"}"
#define MLFLOW_INTEGER(name) "\"" name "\":{\"type\":\"integer\"}"
#define MLFLOW_TEXTS(name) "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}"
#define MLFLOW_PAIRS(name)                                                                                             \
    "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{" MLFLOW_TEXT("key") ","          \
    MLFLOW_TEXT("value") "}}}"
#define MLFLOW_OBJECTS(name) "\"" name "\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}"

/* `required`: names in quotes, joined by commas. */
#define MLFLOW_BODY(members, required)                                                                                 \
    (&(const struct api_about){ .tag = "MLflow",                                                                       \
                                .body = "{\"type\":\"object\",\"properties\":{" members "},\"required\":[" required "]}" })
/* "name: sentence\n..." */
#define MLFLOW_QUERY(parameters) (&(const struct api_about){ .tag = "MLflow", .query = parameters })

#define MLFLOW_PATH "/api/2.0/mlflow/"

#endif
