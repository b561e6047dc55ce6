/* api/api_internal.h - what the files of api/ share. Nobody outside the folder includes it. */
#ifndef API_API_INTERNAL_H
#define API_API_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"
#include "api/instruments.h"
#include "api/model_table.h"
#include "api/monitor_service.h"
#include "format/json.h"
#include "net/http_router.h"
#include "serve/model_set.h"

struct api {
    struct api_options options;
    struct http_router *router;
    struct pool *slow_pool;   /* requests that read the disk or compute */
    struct pool *disk_pool;   /* requests that wait for the disk, and little else */
    struct pool *column_pool; /* columns of analyses */
    struct pool *predict_pool; /* predictions that wait: for another process, for a version to load */
    struct model_set *serving;
    struct business_metrics *business;
    struct monitor_service *monitor;
    struct scheduler *scheduler;
    struct model_table *models;
    struct instruments instruments;
    int64_t started_us, started_ns;
    atomic_bool is_stopping; /* relaxed: a hint for GET /-/ready */
    pthread_mutex_t lock;    /* settings: held while the pointer is copied and counted */
    struct api_settings *settings;
};

/* Waits until every prediction answered before this call is in the event log; `self` is the api. */
void api_settle(void *self);

/* The settings in force, with a reference of the caller's own. */
struct api_settings *api_settings_now(struct api *api);

/* The route tables, one a resource; each ends with a route without a method. */
extern const struct http_route health_routes[], capture_routes[], labels_routes[], reference_routes[], analyze_routes[],
    reports_routes[], production_data_routes[], metrics_routes[], kedge_routes[], openapi_routes[], ui_routes[],
    admin_routes[], predict_routes[], model_info_routes[], invocations_routes[], open_inference_routes[],
    variants_routes[],
    business_metrics_routes[], mlflow_experiment_routes[], mlflow_run_routes[],
    mlflow_log_routes[], mlflow_metric_routes[], mlflow_server_routes[], mlflow_registry_routes[], mlflow_model_routes[],
    mlflow_artifact_routes[];
#define API_TABLES_MAX 16
extern const struct http_route *const api_tables[];
extern const size_t api_table_count;

/* What a route is for people and programs, besides its summary: `about` in the route tables. */
struct api_about {
    const char *tag;         /* the heading it stands under */
    const char *body;        /* JSON schema of the body; NULL = none */
    const char *body_type;   /* media type of the body; NULL = application/json */
    const char *example;     /* JSON of an example body; NULL = none */
    const char *answer;      /* JSON schema of the answer; NULL = any JSON */
    const char *answer_code; /* NULL = 200 */
    const char *answer_type; /* NULL = application/json */
    const char *query;       /* "name: sentence\n..." of query parameters; NULL = none */
};

/* An http_error_renderer: MLflow's error bodies on MLflow's paths. */
bool mlflow_render_error(void *self, struct http_request *request, int status_code, enum status status,
                         const char *message);

/* "/ajax-api/..." is "/api/...": the prefix that MLflow's web pages use. */
void mlflow_rewrite_path(struct http_request *request);

/* Figures of stores and process, computed at each scrape; collectors.c. */
void api_add_collectors(struct api *api);

/* ---- requests ---- */

/* The model that the path names ("/models/{name}/..."), or the empty str. */
str api_path_model(const struct http_request *request);

/* The model of a request: path, then query, then the only one configured. */
str api_request_model(const struct api_settings *settings, const struct http_request *request);

/* A whole number from the query, `fallback` without one; ERR_INVALID names the parameter. */
must_use enum status api_query_u64(const struct http_request *request, const char *name, uint64_t fallback,
                                   uint64_t *ret_value, struct error *err);

/* A time from the query (RFC 3339), `fallback` without one. */
must_use enum status api_query_time(const struct http_request *request, const char *name, int64_t fallback,
                                    int64_t *ret_time_us, struct error *err);

/* ---- answers ---- */

/* Starts a JSON object as the answer's body. */
void api_answer_begin(struct http_request *request, struct json_writer *json);

/* Ends it; ERR_LIMIT where it did not fit. */
must_use enum status api_answer_end(struct json_writer *json, struct error *err);

/* A member of a time, null for INT64_MIN. */
void api_json_time(struct json_writer *json, const char *name, int64_t time_us);

/* An embedded page, compressed where the client takes that, 304 where it has it. */
enum status api_answer_page(struct http_request *request, const struct api_page *page);

#endif
