#include "api/api.h"

#include <math.h>

#include "api/api_internal.h"
#include "api/business_metrics.h"
#include "api/scheduler.h"
#include "base/log.h"
#include "base/mem.h"

#define SLOW_THREADS 4
#define SLOW_REQUESTS_MAX 64 /* waiting; more answer 429 */
#define COLUMN_JOBS_MAX 16
#define DISK_THREADS 16         /* they wait for the disk together: as many changes share a sync */
#define DISK_REQUESTS_MAX 1024 /* waiting; more answer 429 */
#define PREDICT_THREADS 8
#define PREDICT_REQUESTS_MAX 256 /* waiting; more answer 429 */

const struct http_route *const api_tables[] = {
    health_routes,  capture_routes,         labels_routes,  reference_routes, analyze_routes, reports_routes,
    production_data_routes, metrics_routes, openapi_routes, ui_routes,        kedge_routes,   admin_routes,
    predict_routes, model_info_routes, invocations_routes, open_inference_routes, variants_routes, business_metrics_routes,
    mlflow_experiment_routes, mlflow_run_routes, mlflow_log_routes, mlflow_metric_routes, mlflow_server_routes,
    mlflow_registry_routes, mlflow_model_routes, mlflow_artifact_routes,
};
const size_t api_table_count = COUNT(api_tables);

/* Counts every answer and writes the access log; the one place where a failed request is logged. */
static void observe(void *self, const struct http_request *request, const char *endpoint, const struct error *err)
{
    struct api *api = self;
    double seconds = (double)(clock_monotonic_ns() - request->arrived_ns) / 1e9;
    instruments_count_request(&api->instruments, request, endpoint, seconds);
    int code = request->response->status_code;
    if (code >= 500)
        LOG_ERROR("request failed", log_str("method", request->method), log_str("path", request->path),
                  log_i64("status_code", code), log_f64("took_ms", round(seconds * 1e6) / 1e3), log_str("peer", request->peer),
                  log_error(err != NULL ? err : &(struct error){ 0 }));
    else if (err != NULL)
        LOG_WARN("request refused", log_str("method", request->method), log_str("path", request->path),
                 log_i64("status_code", code), log_f64("took_ms", round(seconds * 1e6) / 1e3), log_str("peer", request->peer),
                 log_error(err));
    else
        LOG_INFO("request", log_str("method", request->method), log_str("path", request->path),
                 log_i64("status_code", code), log_f64("took_ms", round(seconds * 1e6) / 1e3), log_str("peer", request->peer));
}

static void note_run(void *self, str model_name, enum status status, double seconds)
{
    struct api *api = self;
    instruments_count_analysis(&api->instruments, model_name, status, seconds);
}

/* Predictions on their way into the log: the monitor's table of models learns of them as of captured events. */
static void note_predictions(void *self, const struct event_batch *batch)
{
    struct api *api = self;
    struct error err = { 0 };
    if (model_table_learn_features(api->models, batch->model_name, batch->feature_names, batch->feature_count, &err) != OK)
        LOG_WARN("a served model's features are not listed", log_str("model", batch->model_name), log_error(&err));
    model_table_count(api->models, batch->model_name, batch->model_version, batch->rows);
}

void api_settle(void *self)
{
    struct api *api = self;
    if (api->serving != NULL)
        model_set_flush(api->serving);
    event_log_settle(api->options.log);
}

static void start_serving(struct api *api)
{
    const struct api_options *options = &api->options;
    api->business = business_metrics_new(api->instruments.registry);
    api->predict_pool = pool_new("predict", PREDICT_THREADS, PREDICT_REQUESTS_MAX);
    api->serving = model_set_open(&(struct model_set_options){
        .source = options->models,
        .pool = options->python,
        .load = options->load,
        .log = options->log,
        .metrics = api->instruments.registry,
        .follows_all = options->follows_all,
        .on_batch = note_predictions,
        .self = api,
    });
    if (options->serves_models)
        model_set_configure(api->serving, api->settings->served, api->settings->served_count, options->load_wait_ms);
}

/* An upload is written where the artifact store can rename it into place. */
static const char *spool_upload(void *self, struct http_request *request, uint64_t *ret_bytes_max)
{
    struct api *api = self;
    *ret_bytes_max = api->options.artifact_bytes_max;
    return artifact_store_spool(api->options.artifacts, request->arena);
}

static void make_parts(struct api *api)
{
    const struct api_options *options = &api->options;
    api->slow_pool = pool_new("slow", SLOW_THREADS, SLOW_REQUESTS_MAX);
    api->disk_pool = pool_new("disk", DISK_THREADS, DISK_REQUESTS_MAX);
    api->column_pool = pool_new("column", options->analysis_threads, COLUMN_JOBS_MAX);
    api->monitor = monitor_service_new(&(struct monitor_service_options){
        .log = options->log,
        .meta = options->meta,
        .references = options->references,
        .pool = api->column_pool,
        .clock = options->clock,
        .settle = api_settle,
        .on_run = note_run,
        .self = api,
    });
    api->router = http_router_new(&(struct http_router_options){
        .tables = api_tables,
        .table_count = api_table_count,
        .self = api,
        .observer = observe,
        .pool = api->slow_pool,
        .disk_pool = api->disk_pool,
        .render_error = mlflow_render_error,
        .spool = spool_upload,
        .token = options->token,
    });
}

enum status api_open(const struct api_options *options, struct api_settings *settings, struct api **ret_api,
                     struct error *err)
{
    struct api *api = mem_must(sizeof *api);
    api->options = *options;
    api->settings = settings;
    api->started_us = clock_read_us(options->clock);
    api->started_ns = clock_monotonic_ns();
    pthread_mutex_init(&api->lock, NULL);
    instruments_init(&api->instruments);
    api_add_collectors(api);
    api->models = model_table_new();
    make_parts(api);
    enum status status =
        model_table_load(api->models, options->log, options->meta, options->references, settings, err);
    if (status != OK) {
        api_close(api);
        return status;
    }
    start_serving(api);
    if (options->has_scheduler)
        api->scheduler = scheduler_start(api);
    *ret_api = api;
    return OK;
}

void api_close(struct api *api)
{
    if (api == NULL)
        return;
    scheduler_stop(api->scheduler);
    pool_free(api->slow_pool);
    pool_free(api->disk_pool);
    pool_free(api->predict_pool);
    model_set_close(api->serving);
    if (api->serving == NULL && api->options.models != NULL)
        api->options.models->methods->free(api->options.models); /* nobody has taken it over */
    business_metrics_free(api->business);
    http_router_free(api->router);
    monitor_service_free(api->monitor);
    pool_free(api->column_pool);
    model_table_free(api->models);
    instruments_done(&api->instruments);
    api_settings_unref(api->settings);
    pthread_mutex_destroy(&api->lock);
    mem_free(api);
}

enum http_outcome api_handle(void *self, struct http_request *request)
{
    struct api *api = self;
    mlflow_rewrite_path(request);
    return http_router_handle(api->router, request);
}

bool api_head(void *self, struct http_request *request)
{
    struct api *api = self;
    mlflow_rewrite_path(request);
    return http_router_head(api->router, request);
}

void api_replace_settings(struct api *api, struct api_settings *settings)
{
    pthread_mutex_lock(&api->lock);
    struct api_settings *old = api->settings;
    api->settings = api_settings_ref(settings);
    pthread_mutex_unlock(&api->lock);
    api_settings_unref(old);
    if (api->options.serves_models)
        model_set_configure(api->serving, settings->served, settings->served_count, 0);
    api_settings_unref(settings);
}

void api_begin_shutdown(struct api *api)
{
    atomic_store_explicit(&api->is_stopping, true, memory_order_relaxed);
}
