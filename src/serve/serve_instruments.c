#include "serve/serve_instruments.h"

#include <assert.h>
#include <math.h>

#include "base/attributes.h"

const double serve_latency_buckets[] = { 1e-6,  2.5e-6, 5e-6,  10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, .001, .0025, .005,
                                         .01,   .025,   .05,   .075,  .1,    .25,   .5,     .75,    1,      2.5,  5,     7.5,
                                         10 };
const size_t serve_latency_bucket_count = COUNT(serve_latency_buckets);

/* Model outputs are probabilities, classes or amounts; nobody can know beforehand which. */
const double serve_value_buckets[] = { -1000, -100, -10, -1, 0, 0.1, 0.25, 0.5, 0.75, 0.9, 1, 2, 3, 5, 10, 100, 1000, 1e4, 1e5, 1e6 };
const size_t serve_value_bucket_count = COUNT(serve_value_buckets);
const double serve_share_buckets[] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1 };
const size_t serve_share_bucket_count = COUNT(serve_share_buckets);

static struct metric_family *make(struct metric_registry *registry, const struct metric_description *description)
{
    struct metric_family *family = NULL;
    struct error err = { 0 };
    enum status status = metric_family_new(registry, description, &family, &err);
    assert(status == OK);
    (void)status; /* looked at above */
    return family;
}

static struct metric_family *make_histogram(struct metric_registry *registry, const char *name, const char *help,
                                            size_t label_count)
{
    return make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = name, .unit = "seconds", .help = help, .label_count = label_count,
        .labels = { "model_name", "model_version" }, .buckets = serve_latency_buckets,
        .bucket_count = serve_latency_bucket_count });
}

static void make_answers(struct serve_instruments *instruments, struct metric_registry *registry)
{
    instruments->predictions = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "model_predictions_total", .help = "Predictions made, and captured from elsewhere.",
        .label_count = 2, .labels = { "model_name", "model_version" } });
    instruments->by_class = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "model_predictions_by_class_total", .help = "Predictions made, by predicted class.",
        .label_count = 3, .labels = { "model_name", "model_version", "class" } });
    instruments->latency = make_histogram(registry, "model_prediction_latency_seconds",
                                          "From a prediction's request to its answer; of captured ones as their callers say.", 1);
    instruments->inference = make_histogram(registry, "model_inference_latency_seconds",
                                            "The model alone, without reading the request and writing the answer.", 2);
    instruments->value = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "model_prediction_value", .help = "Predicted values that are numbers.",
        .label_count = 1, .labels = { "model_name" }, .buckets = serve_value_buckets, .bucket_count = serve_value_bucket_count });
    instruments->confidence = make(registry, &(struct metric_description){
        .kind = METRIC_HISTOGRAM, .name = "model_confidence_score", .help = "Largest class probability of a prediction.",
        .label_count = 1, .labels = { "model_name" }, .buckets = serve_share_buckets, .bucket_count = serve_share_bucket_count });
    instruments->errors = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "model_prediction_errors_total",
        .help = "Predictions that were not made or not stored, and why.",
        .label_count = 2, .labels = { "model_name", "error_type" } });
    instruments->dropped = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "kedge_predictions_dropped_total",
        .help = "Predictions that were answered but not stored: the way to the disk was full.",
        .label_count = 1, .labels = { "model_name" } });
}

void serve_instruments_init(struct serve_instruments *instruments, struct metric_registry *registry)
{
    make_answers(instruments, registry);
    instruments->load_time = make(registry, &(struct metric_description){
        .kind = METRIC_GAUGE, .name = "model_load_time_seconds", .unit = "seconds", .help = "How long the version in use took to load.",
        .label_count = 2, .labels = { "model_name", "model_version" } });
    instruments->load_failures = make(registry, &(struct metric_description){
        .kind = METRIC_COUNTER, .name = "model_load_failures_total",
        .help = "Versions that did not load or failed their trial; the one before goes on answering.",
        .label_count = 2, .labels = { "model_name", "model_version" } });
}

void version_instruments_init(struct version_instruments *instruments, struct serve_instruments *families,
                              str model_name, str model_version, const struct runtime_info *info, struct arena *arena)
{
    const str labels[] = { model_name, model_version };
    *instruments = (struct version_instruments){
        .families = families,
        .predictions = metric_counter(families->predictions, labels),
        .latency = metric_histogram(families->latency, labels),
        .inference = metric_histogram(families->inference, labels),
        .value = metric_histogram(families->value, labels),
        .confidence = metric_histogram(families->confidence, labels),
    };
    if (info->class_count == 0)
        return;
    instruments->by_class = arena_alloc(arena, info->class_count * sizeof(struct counter *));
    for (size_t i = 0; i < info->class_count; i++)
        instruments->by_class[i] =
            metric_counter(families->by_class, (str[]){ model_name, model_version, info->class_names[i] });
}

static void count_class(const struct version_instruments *instruments, const struct runtime_info *info, double value)
{
    if (value >= 0 && value < (double)info->class_count)
        counter_increment(instruments->by_class[(size_t)value]);
}

static double largest_of(const double *shares, size_t count)
{
    double largest = NAN;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, shares[i]); /* fmax passes over NaN */
    return largest;
}

void version_instruments_count(const struct version_instruments *instruments, const struct runtime_info *info,
                               const struct runtime_answer *answer, double seconds, double inference_seconds)
{
    counter_add(instruments->predictions, (double)answer->rows);
    histogram_observe(instruments->latency, seconds);
    histogram_observe(instruments->inference, inference_seconds);
    bool is_classes = info->class_count > 0;
    for (size_t row = 0; row < answer->rows; row++) {
        if (is_classes)
            count_class(instruments, info, answer->values[row]);
        else if (answer->labels == NULL)
            histogram_observe(instruments->value, answer->values[row]);
        if (answer->probabilities != NULL)
            histogram_observe(instruments->confidence,
                              largest_of(&answer->probabilities[row * answer->class_count], answer->class_count));
    }
}

void serve_instruments_refused(struct serve_instruments *instruments, str model_name, enum status status, size_t rows)
{
    const str labels[] = { model_name, str_of(status_name(status)) };
    counter_add(metric_counter(instruments->errors, labels), (double)rows);
}
