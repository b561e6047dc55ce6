/* tests/metrics/exposition_sample.c - prints a registry with something of everything, for other parsers to read.
 *
 *     exposition_sample text|openmetrics */
#include <math.h>

#include "metrics/exposition.h"
#include "metrics/instrument.h"
#include "metrics/process.h"

static enum status fill(struct metric_registry *registry, struct error *err)
{
    static const char *const names[] = { "plain", "quote\"", "back\\slash", "new\nline", "\xC3\xA4\xE2\x82\xAC" };
    struct metric_family *hits, *score, *latency;
    struct metric_description counters = { .kind = METRIC_COUNTER, .name = "api_requests_total",
                                           .help = "Requests \\ \"answered\"\nso far.", .label_count = 2,
                                           .labels = { "method", "endpoint" } };
    struct metric_description gauges = { .kind = METRIC_GAUGE, .name = "drift_score", .help = "Drift.",
                                         .label_count = 1, .labels = { "model_name" } };
    struct metric_description histograms = { .kind = METRIC_HISTOGRAM, .name = "api_request_latency_seconds",
                                             .help = "Latency.", .unit = "seconds" };
    TRY(metric_family_new(registry, &counters, &hits, err));
    TRY(metric_family_new(registry, &gauges, &score, err));
    TRY(metric_family_new(registry, &histograms, &latency, err));
    static const double values[] = { 0.30000000000000004, -1e300, 5e-324, INFINITY, NAN };
    for (size_t i = 0; i < COUNT(names); i++) {
        counter_add(metric_counter(hits, (str[]){ STR("GET"), str_of(names[i]) }), (double)i * 1234567.5);
        gauge_set(metric_gauge(score, (str[]){ str_of(names[i]) }), values[i]);
        histogram_observe(metric_histogram(latency, NULL), 0.0001 * (double)(i + 1));
    }
    return OK;
}

static enum status print(struct metric_registry *registry, enum exposition_format format, struct error *err)
{
    struct metric_snapshot snapshot;
    metric_snapshot_init(&snapshot, 0);
    CLEANUP(buf_done) struct buf text;
    buf_init(&text, (size_t)1 << 20);
    enum status status = metric_registry_collect(registry, &snapshot, err);
    if (status == OK)
        status = exposition_write(&snapshot, format, &text, err);
    if (status == OK)
        (void)fwrite(text.data, 1, text.size, stdout); /* the reader notices what is missing */
    metric_snapshot_done(&snapshot);
    return status;
}

int main(int argc, char **argv)
{
    bool is_openmetrics = argc > 1 && strcmp(argv[1], "openmetrics") == 0;
    char root[] = "/";
    struct error err = { 0 };
    CLEANUP(metric_registry_free_slot) struct metric_registry *registry = metric_registry_new(0);
    metric_registry_add_collector(registry, process_collect, NULL);
    metric_registry_add_collector(registry, host_collect, root);
    if (fill(registry, &err) == OK &&
        print(registry, is_openmetrics ? EXPOSITION_OPENMETRICS_1_0 : EXPOSITION_TEXT_0_0_4, &err) == OK)
        return 0;
    fprintf(stderr, "%s: %s\n", err.context, err.cause);
    return 1;
}
