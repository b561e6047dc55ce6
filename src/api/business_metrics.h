/* api/business_metrics.h - figures that clients push: POST /api/kedge/metrics. */
#ifndef API_BUSINESS_METRICS_H
#define API_BUSINESS_METRICS_H

#include "metrics/instrument.h"

/* Names that clients may invent, together; each has at most the registry's bound of series. */
#define BUSINESS_METRICS_MAX 200

struct business_metrics;

/* Borrows the registry, which the metrics live in. */
struct business_metrics *business_metrics_new(struct metric_registry *registry);
void business_metrics_free(struct business_metrics *metrics); /* NULL is fine */

struct business_label {
    str name, value;
};

/* One pushed figure. Counters add `value`, gauges take it, histograms observe it. */
struct business_sample {
    str name;
    enum metric_kind kind;
    double value;
    struct business_label labels[METRIC_LABELS_MAX];
    size_t label_count;
};

/* ERR_INVALID for a malformed name or a negative amount of a counter; ERR_CONFLICT where the name is ours, or was
 * pushed with another type or other labels; ERR_LIMIT above BUSINESS_METRICS_MAX names. Any thread. */
must_use enum status business_metrics_push(struct business_metrics *metrics, struct business_sample *sample,
                                           struct error *err);

#endif
