/* api/instruments.h - the counters, gauges and histograms of the service, by the names that dashboards know. */
#ifndef API_INSTRUMENTS_H
#define API_INSTRUMENTS_H

#include "api/event_reader.h"
#include "metrics/instrument.h"
#include "net/http_message.h"

struct instruments {
    struct metric_registry *registry;
    struct metric_family *requests, *request_latency;
    struct metric_family *predictions, *prediction_latency, *prediction_value, *prediction_errors, *confidence;
    struct metric_family *duplicates, *labels;
    struct metric_family *analyses, *analysis_duration;
};

/* Makes all families. Ends the process where one is malformed: that is our own mistake. */
void instruments_init(struct instruments *instruments);

/* Frees the registry with all families; no thread counts any more. */
void instruments_done(struct instruments *instruments);

/* One answered request; `endpoint` is bounded by the route table. */
void instruments_count_request(struct instruments *instruments, const struct http_request *request,
                               const char *endpoint, double seconds);

/* Events that are stored now: how many, their values, confidences and latencies. */
void instruments_count_events(struct instruments *instruments, const struct event_group *group,
                              const struct event_append_result *result);

/* Events that were not stored, and why. */
void instruments_count_refused(struct instruments *instruments, str model_name, enum status status, size_t rows);

/* Labels that are stored now. */
void instruments_count_labels(struct instruments *instruments, str model_name, size_t count);

/* One finished analysis. */
void instruments_count_analysis(struct instruments *instruments, str model_name, enum status status, double seconds);

#endif
