/* /api/2.0/mlflow/metrics/... - histories of metrics, of one run and of many. */
#include <math.h>

#include "api/api_internal.h"
#include "api/mlflow_run_json.h"
#include "base/number.h"
#include "registry/metric_history.h"

#define AT "/api/2.0/mlflow/metrics/"

static struct registry *registry_of(void *self)
{
    struct api *api = self;
    return api->options.registry;
}

/* Whether a point is all numbers: in histories of tens of thousands of points nearly all are. */
static bool is_plain(const struct metric_point *point)
{
    return isfinite(point->value) && point->model_id.size + point->dataset_name.size + point->dataset_digest.size == 0;
}

/* A plain point as mlflow_write_point writes it, twice as fast. `scratch` begins with {"key":"...", which is `start`
 * bytes long and the same for all. */
static void write_plain_point(struct json_writer *json, const struct metric_point *point, struct buf *scratch,
                              size_t start)
{
    char text[3 * NUMBER_TEXT_MAX + 64], *at = text;
    at = mempcpy(at, ",\"value\":", 9);
    at += number_print_f64(point->value, at);
    at = mempcpy(at, ",\"timestamp\":", 13);
    at += number_print_i64(point->timestamp_ms, at);
    at = mempcpy(at, ",\"step\":", 8);
    at += number_print_i64(point->step, at);
    *at++ = '}';
    scratch->size = start;
    buf_append(scratch, (str){ text, (size_t)(at - text) });
    json_write_raw(json, buf_str(scratch));
}

/* Points of one key. */
static void write_points(struct json_writer *json, const struct metric_point *points, size_t count, str run_id)
{
    struct buf scratch;
    struct json_writer key;
    buf_init(&scratch, 16 * REGISTRY_KEY_MAX);
    buf_append(&scratch, STR("{\"key\":"));
    json_writer_init(&key, &scratch, JSON_COMPACT);
    json_write_str(&key, count > 0 ? points[0].key : STR(""));
    bool has_start = json_writer_end(&key) && str_is_empty(run_id);
    size_t start = scratch.size;
    for (size_t i = 0; i < count && !buf_is_overfull(json->out); i++) {
        if (has_start && is_plain(&points[i]))
            write_plain_point(json, &points[i], &scratch, start);
        else
            mlflow_write_point(json, &points[i], run_id);
    }
    buf_done(&scratch);
}

static enum status get_history(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct metric_point *points;
    int64_t max_results = 0;
    size_t count;
    str run_id, key, token = { 0 }, next = { 0 };
    TRY(mlflow_read_request(request, &fields, err));
    TRY(mlflow_need_run_id(&fields, &run_id, err));
    TRY(mlflow_need_str(&fields, "metric_key", &key, err));
    TRY(mlflow_take_i64(&fields, "max_results", &max_results, err));
    TRY(mlflow_take_str(&fields, "page_token", &token, err));
    TRY(metric_history(registry_of(self), run_id, key, max_results, token, request->arena, &points, &count, &next,
                       err));
    struct json_writer json;
    api_answer_begin(request, &json);
    if (count > 0) {
        json_array(&json, "metrics");
        write_points(&json, points, count, (str){ 0 });
        json_end_array(&json);
    }
    mlflow_write_text(&json, "next_page_token", next);
    return mlflow_answer_end(request, &json, err);
}

/* ---- of many runs ---- */

static enum status read_runs(const struct mlflow_fields *fields, const char *name, const char *call, str **ret_ids,
                             size_t *ret_count, struct error *err)
{
    TRY(mlflow_take_strs(fields, name, ret_ids, ret_count, err));
    if (*ret_count == 0)
        return error_set(err, ERR_INVALID, "%s request must specify at least one run_id.", call);
    if (*ret_count > METRIC_BULK_RUNS_MAX)
        return error_set(err, ERR_INVALID, "%s request cannot specify more than %d run_ids. Received %zu run_ids.",
                         call, METRIC_BULK_RUNS_MAX, *ret_count);
    return OK;
}

static enum status get_bulk(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    int64_t max_results = METRIC_HISTORY_PAGE_MAX;
    size_t run_count;
    str *run_ids, key;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(read_runs(&fields, "run_id", "GetMetricHistoryBulk", &run_ids, &run_count, err));
    TRY(mlflow_need_str(&fields, "metric_key", &key, err));
    TRY(mlflow_take_i64(&fields, "max_results", &max_results, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "metrics");
    for (size_t i = 0; i < run_count && max_results > 0; i++) {
        struct metric_point *points;
        size_t count;
        str next;
        TRY(metric_history(registry_of(self), run_ids[i], key, max_results, (str){ 0 }, request->arena, &points, &count,
                           &next, err));
        write_points(&json, points, count, run_ids[i]);
        max_results -= (int64_t)count;
    }
    json_end_array(&json);
    return mlflow_answer_end(request, &json, err);
}

static enum status read_interval(const struct mlflow_fields *fields, struct metric_interval *interval,
                                 struct error *err)
{
    str *run_ids;
    bool has_start = mlflow_has(fields, "start_step"), has_end = mlflow_has(fields, "end_step");
    TRY(read_runs(fields, "run_ids", "GetMetricHistoryBulkInterval", &run_ids, &interval->run_count, err));
    interval->run_ids = run_ids;
    TRY(mlflow_need_str(fields, "metric_key", &interval->key, err));
    TRY(mlflow_take_i64(fields, "start_step", &interval->from_step, err));
    TRY(mlflow_take_i64(fields, "end_step", &interval->to_step, err));
    TRY(mlflow_take_i64(fields, "max_results", &interval->steps_max, err));
    if (has_start != has_end)
        return error_set(err, ERR_INVALID, "If either start step or end step are specified, both must be specified.");
    if (interval->from_step > interval->to_step)
        return error_set(err, ERR_INVALID, "end_step must be greater than start_step. Found start_step=%lld and "
                         "end_step=%lld.", (long long)interval->from_step, (long long)interval->to_step);
    if (interval->steps_max < 1 || interval->steps_max > METRIC_INTERVAL_POINTS_MAX)
        return error_set(err, ERR_INVALID, "max_results must be between 1 and %d.", METRIC_INTERVAL_POINTS_MAX);
    return OK;
}

static enum status get_interval(void *self, struct http_request *request, struct error *err)
{
    struct mlflow_fields fields;
    struct metric_interval interval = { .to_step = INT64_MAX, .steps_max = METRIC_INTERVAL_POINTS_MAX };
    struct metric_run *series;
    TRY(mlflow_read_request(request, &fields, err));
    TRY(read_interval(&fields, &interval, err));
    TRY(metric_history_interval(registry_of(self), &interval, request->arena, &series, err));
    struct json_writer json;
    api_answer_begin(request, &json);
    json_array(&json, "metrics");
    for (size_t i = 0; i < interval.run_count; i++)
        write_points(&json, series[i].points, series[i].count, series[i].run_id);
    json_end_array(&json);
    return api_answer_end(&json, err);
}

#define POINTS_ANSWER                                                                                                  \
    "{\"type\":\"object\",\"properties\":{\"metrics\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}},"           \
    "\"next_page_token\":{\"type\":\"string\"}}}"

static const struct api_about about_history = {
    .tag = "MLflow",
    .query = "run_id: of this run\nmetric_key: the metric\nmax_results: at most so many; none = all\n"
             "page_token: next_page_token of the page before\n",
    .answer = POINTS_ANSWER,
};
static const struct api_about about_bulk = {
    .tag = "MLflow",
    .query =
        "run_id: of these runs, each a parameter of its own\nmetric_key: the metric\nmax_results: at most so many\n",
    .answer = POINTS_ANSWER,
};
static const struct api_about about_interval = {
    .tag = "MLflow",
    .query = "run_ids: of these runs, each a parameter of its own\nmetric_key: the metric\nstart_step: from this step\n"
             "end_step: to this step\nmax_results: about so many steps, evenly spread\n",
    .answer = POINTS_ANSWER,
};

const struct http_route mlflow_metric_routes[] = {
    { "GET", AT "get-history", get_history, HTTP_ROUTE_DISK, "Every value of a run's metric.", &about_history },
    { "GET", AT "get-history-bulk", get_bulk, HTTP_ROUTE_DISK, "Every value of a metric of several runs.",
      &about_bulk },
    { "GET", AT "get-history-bulk-interval", get_interval, HTTP_ROUTE_DISK,
      "Values of a metric of several runs, thinned out for a chart.", &about_interval },
    { 0 },
};
