#include "api/instruments.h"

#include <assert.h>
#include <math.h>

#include "base/number.h"
#include "serve/serve_instruments.h"

static const double analysis_buckets[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300 };

static struct metric_family *make(struct metric_registry *registry, const struct metric_description *description)
{
    struct metric_family *family = NULL;
    struct error err = { 0 };
    enum status status = metric_family_new(registry, description, &family, &err);
    assert(status == OK);
    (void)status; /* looked at above */
    return family;
}

static void make_requests(struct instruments *instruments)
{
    struct metric_registry *registry = instruments->registry;
    instruments->requests = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "api_requests_total", .help = "HTTP requests answered.",
        .label_count = 3, .labels = { "method", "endpoint", "status" } });
    instruments->request_latency = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "api_request_latency_seconds", .unit = "seconds",
        .help = "From the request's headers to its answer.", .label_count = 2, .labels = { "method", "endpoint" } });
}

static void make_predictions(struct instruments *instruments)
{
    struct metric_registry *registry = instruments->registry;
    instruments->predictions = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "model_predictions_total", .help = "Predictions made, and captured from elsewhere.",
        .label_count = 2, .labels = { "model_name", "model_version" } });
    instruments->prediction_latency = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "model_prediction_latency_seconds", .unit = "seconds",
        .help = "From a prediction's request to its answer; of captured ones as their callers say.",
        .label_count = 1, .labels = { "model_name" }, .buckets = serve_latency_buckets,
        .bucket_count = serve_latency_bucket_count });
    instruments->prediction_value = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "model_prediction_value", .help = "Predicted values that are numbers.",
        .label_count = 1, .labels = { "model_name" }, .buckets = serve_value_buckets, .bucket_count = serve_value_bucket_count });
    instruments->confidence = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "model_confidence_score", .help = "Largest class probability of a prediction.",
        .label_count = 1, .labels = { "model_name" }, .buckets = serve_share_buckets, .bucket_count = serve_share_bucket_count });
    instruments->prediction_errors = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "model_prediction_errors_total", .help = "Predictions that were not made or not stored, and why.",
        .label_count = 2, .labels = { "model_name", "error_type" } });
    instruments->duplicates = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "kedge_duplicate_predictions_total",
        .help = "Predictions whose id was stored before.", .label_count = 1, .labels = { "model_name" } });
    instruments->labels = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "kedge_labels_total", .help = "Late labels stored.",
        .label_count = 1, .labels = { "model_name" } });
}

static void make_analyses(struct instruments *instruments)
{
    struct metric_registry *registry = instruments->registry;
    instruments->analyses = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "evidently_analysis_total", .help = "Analyses run, by how they ended.",
        .label_count = 2, .labels = { "model_name", "status" } });
    instruments->analysis_duration = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "evidently_analysis_duration_seconds", .unit = "seconds",
        .help = "From reading the window to the stored report.", .label_count = 1, .labels = { "model_name" },
        .buckets = analysis_buckets, .bucket_count = COUNT(analysis_buckets) });
}

void instruments_init(struct instruments *instruments)
{
    instruments->registry = metric_registry_new(0);
    make_requests(instruments);
    make_predictions(instruments);
    make_analyses(instruments);
}

void instruments_done(struct instruments *instruments)
{
    metric_registry_free(instruments->registry);
}

/* Methods that we know; what else a client may invent is one series. */
static str method_label(str method)
{
    static const char *const known[] = { "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH" };
    for (size_t i = 0; i < COUNT(known); i++)
        if (str_equal(method, str_of(known[i])))
            return method;
    return STR("(other)");
}

void instruments_count_request(struct instruments *instruments, const struct http_request *request,
                               const char *endpoint, double seconds)
{
    char code[NUMBER_TEXT_MAX];
    size_t size = number_print_i64(request->response->status_code, code);
    const str labels[] = { method_label(request->method), str_of(endpoint), { code, size } };
    counter_increment(metric_counter(instruments->requests, labels));
    histogram_observe(metric_histogram(instruments->request_latency, labels), seconds);
}

static void observe_values(struct histogram *values, const struct event_batch *batch)
{
    for (size_t row = 0; row < batch->rows; row++) {
        const struct event_value *value = &batch->predictions[row];
        if (value->kind == EVENT_NUMBER)
            histogram_observe(values, value->number);
        else if (value->kind == EVENT_INTEGER)
            histogram_observe(values, (double)value->integer);
    }
}

static void observe_confidences(struct histogram *confidences, const struct event_batch *batch)
{
    for (size_t row = 0; row < batch->rows; row++) {
        double largest = NAN;
        for (size_t i = 0; i < batch->class_count; i++)
            largest = fmax(largest, batch->probabilities[row * batch->class_count + i]); /* fmax passes over NaN */
        histogram_observe(confidences, largest);
    }
}

void instruments_count_events(struct instruments *instruments, const struct event_group *group,
                              const struct event_append_result *result)
{
    const struct event_batch *batch = &group->batch;
    const str labels[] = { batch->model_name, batch->model_version };
    counter_add(metric_counter(instruments->predictions, labels), (double)result->stored);
    if (result->duplicates > 0)
        counter_add(metric_counter(instruments->duplicates, labels), (double)result->duplicates);
    if (result->stored == 0)
        return; /* a repeated request is no second prediction */
    observe_values(metric_histogram(instruments->prediction_value, labels), batch);
    if (batch->class_count > 0)
        observe_confidences(metric_histogram(instruments->confidence, labels), batch);
    struct histogram *latencies =
        group->latencies_ms != NULL ? metric_histogram(instruments->prediction_latency, labels) : NULL;
    for (size_t row = 0; latencies != NULL && row < batch->rows; row++)
        histogram_observe(latencies, group->latencies_ms[row] / 1000);
}

void instruments_count_refused(struct instruments *instruments, str model_name, enum status status, size_t rows)
{
    const str labels[] = { model_name, str_of(status_name(status)) };
    counter_add(metric_counter(instruments->prediction_errors, labels), (double)rows);
}

void instruments_count_labels(struct instruments *instruments, str model_name, size_t count)
{
    counter_add(metric_counter(instruments->labels, &model_name), (double)count);
}

void instruments_count_analysis(struct instruments *instruments, str model_name, enum status status, double seconds)
{
    const str labels[] = { model_name, status == OK ? STR("success") : STR("error") };
    counter_increment(metric_counter(instruments->analyses, labels));
    if (status == OK)
        histogram_observe(metric_histogram(instruments->analysis_duration, &model_name), seconds);
}
