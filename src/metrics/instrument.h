/* metrics/instrument.h - counters, gauges and histograms, cheap to update and safe from any thread.
 *
 * A registry holds families, a family holds one series per set of label values. Families are made at
 * start; a series is looked up once and its handle kept:
 *
 *     struct counter *hits = metric_counter(family, (str[]){ STR("GET"), STR("/health"), STR("200") });
 *     counter_add(hits, 1);
 *
 * Handles live as long as the registry. Updates are one relaxed atomic operation (a compare-and-swap
 * loop where the value is a fraction) and take no lock; a look-up takes the family's lock. Series per
 * family are bounded: what is above lands in a series that nobody sees, and is counted in
 * kedge_metric_series_dropped_total{family}. */
#ifndef METRICS_INSTRUMENT_H
#define METRICS_INSTRUMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"
#include "metrics/snapshot.h"

struct metric_registry;
struct metric_family;
struct counter;
struct gauge;
struct histogram;

#define METRIC_LABELS_MAX 16
#define METRIC_BUCKETS_MAX 64

/* `series_max`: the most series of one family (0 = 1000). */
must_use struct metric_registry *metric_registry_new(size_t series_max);

/* Frees every family and series; no handle is used any more. NULL is fine. */
void metric_registry_free(struct metric_registry *registry);
DEFINE_CLEANUP(struct metric_registry, metric_registry_free);

/* What a family is; texts are copied. */
struct metric_description {
    enum metric_kind kind; /* COUNTER, GAUGE or HISTOGRAM */
    const char *name;      /* as in the text format: counters end in _total */
    const char *help;
    const char *unit;      /* "seconds", "bytes", ... or NULL; the name (before _total) ends in it */
    size_t label_count;    /* at most METRIC_LABELS_MAX */
    const char *labels[METRIC_LABELS_MAX];
    const double *buckets; /* of a HISTOGRAM: upper bounds, ascending, +Inf left out; NULL = metric_latency_buckets */
    size_t bucket_count;
};

/* Upper bounds in seconds: prometheus_client's defaults (5 ms to 10 s), and 50 us to 2.5 ms before them. */
extern const double metric_latency_buckets[];
extern const size_t metric_latency_bucket_count;

/* Makes the family; the same description again returns the same family. ERR_INVALID names what is wrong
 * with a name, label or bucket; ERR_CONFLICT: the name belongs to another family already. */
must_use enum status metric_family_new(struct metric_registry *registry, const struct metric_description *description,
                                       struct metric_family **ret_family, struct error *err);

/* The series with these label values (in the order of the description), made where there is none. Never
 * NULL. Bytes that are no UTF-8 become '?'. The kind must be the family's. */
struct counter *metric_counter(struct metric_family *family, const str *label_values);

/* The same of a family of gauges. */
struct gauge *metric_gauge(struct metric_family *family, const str *label_values);

/* The same of a family of histograms. */
struct histogram *metric_histogram(struct metric_family *family, const str *label_values);

/* Forgets the series where they are there; its handle stays valid and is no longer shown. */
void metric_family_forget(struct metric_family *family, const str *label_values);

/* Negative and NaN amounts are ignored: a counter does not go back. */
void counter_add(struct counter *counter, double amount);

/* Adds one. Any thread, without a lock. */
void counter_increment(struct counter *counter);

/* The sum so far. */
double counter_value(const struct counter *counter);

/* Replaces the value. Any thread, without a lock. */
void gauge_set(struct gauge *gauge, double value);

/* Adds, atomically; negative amounts subtract. */
void gauge_add(struct gauge *gauge, double amount);

/* The value now. */
double gauge_value(const struct gauge *gauge);

/* NaN is ignored: it belongs to no bucket and would poison the sum. O(log buckets). */
void histogram_observe(struct histogram *histogram, double value);

/* Observations so far. */
uint64_t histogram_count(const struct histogram *histogram);

/* Called at each scrape, in the scraping thread, to add families whose values live elsewhere. Fails
 * the scrape when it fails. */
typedef enum status metric_collector(void *context, struct metric_snapshot *snapshot, struct error *err);
void metric_registry_add_collector(struct metric_registry *registry, metric_collector *collect, void *context);

/* All values now, of families and collectors, into `snapshot`. Each series is consistent in itself (a
 * histogram's count is the sum of its buckets); different series may be some updates apart. */
must_use enum status metric_registry_collect(struct metric_registry *registry, struct metric_snapshot *snapshot,
                                             struct error *err);

#endif
