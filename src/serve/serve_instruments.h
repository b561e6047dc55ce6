/* serve/serve_instruments.h - what serving counts, by the names that dashboards of this field use. */
#ifndef SERVE_SERVE_INSTRUMENTS_H
#define SERVE_SERVE_INSTRUMENTS_H

#include "metrics/instrument.h"
#include "serve/runtime.h"

/* Upper bounds in seconds, from 1 microsecond to 10 seconds: a tree answers in one, a Python worker in thousands. */
extern const double serve_latency_buckets[];
extern const size_t serve_latency_bucket_count;
extern const double serve_value_buckets[];
extern const size_t serve_value_bucket_count;
extern const double serve_share_buckets[];
extern const size_t serve_share_bucket_count;

/* The families; made once over a registry, which they live in. */
struct serve_instruments {
    struct metric_family *predictions, *by_class, *latency, *inference, *value, *confidence, *errors;
    struct metric_family *dropped, *load_time, *load_failures;
};

void serve_instruments_init(struct serve_instruments *instruments, struct metric_registry *registry);

/* A version's own series, looked up once; updates are relaxed atomics. */
struct version_instruments {
    struct counter *predictions;
    struct histogram *latency, *inference, *value, *confidence;
    struct counter **by_class; /* [class_count] */
    struct serve_instruments *families;
};

void version_instruments_init(struct version_instruments *instruments, struct serve_instruments *families,
                              str model_name, str model_version, const struct runtime_info *info, struct arena *arena);

/* An answered request: all its rows. */
void version_instruments_count(const struct version_instruments *instruments, const struct runtime_info *info,
                               const struct runtime_answer *answer, double seconds, double inference_seconds);

/* A request that got no answer; `error_type` is a status name. */
void serve_instruments_refused(struct serve_instruments *instruments, str model_name, enum status status, size_t rows);

#endif
