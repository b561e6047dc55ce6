/* serve/prediction_log.h - from the thread that answered to the event log, without waiting for anything.
 *
 * Every served version has a ring of fixed cells. A request copies its prediction into the next free cell (one
 * compare-and-swap, no lock, no allocation for a row of numbers) and is done; one thread here empties all rings some
 * fifty times a second into batches for event_log_append_later. A full ring loses the prediction, and counts it: an
 * answer never waits for the disk and never fails because of it.
 *
 * (P1) A prediction that put took is in the log's queue before prediction_log_stop returns, or counted as dropped. */
#ifndef SERVE_PREDICTION_LOG_H
#define SERVE_PREDICTION_LOG_H

#include "metrics/instrument.h"
#include "serve/runtime.h"
#include "store/event_log.h"

struct prediction_log;
struct prediction_ring;

struct prediction_log_options {
    struct event_log *log;          /* borrowed */
    struct metric_family *dropped;  /* counter{model_name}, borrowed */
    /* Called in the log's thread after a batch was queued; may be NULL. */
    void (*on_batch)(void *self, const struct event_batch *batch);
    void *self;
};

struct prediction_log *prediction_log_start(const struct prediction_log_options *options);

/* Stores what the rings hold. All rings are closed. NULL is fine. */
void prediction_log_stop(struct prediction_log *log);

/* Now instead of within the next tick: returns when all that was put before is in the log's queue. For tests and for
 * analyses that are asked for right after a prediction. */
void prediction_log_flush(struct prediction_log *log);

/* The ring of one loaded version; names are copied from `info`. */
struct prediction_ring *prediction_ring_open(struct prediction_log *log, str model_name, str model_version,
                                             const struct runtime_info *info);

/* What it holds is still stored; the log's thread frees it then. NULL is fine. */
void prediction_ring_close(struct prediction_ring *ring);

/* One answered row; everything is copied. Members may be left zero where they do not apply. */
struct prediction {
    const double *numbers; /* [input_count] */
    const str *texts;      /* [input_count] or NULL */
    double value;          /* as in runtime_answer; NaN where `label` speaks */
    str label;
    const double *probabilities; /* [class_count] or NULL */
    str prediction_id;
    int64_t timestamp_us;
    double latency_ms;
    str variant; /* of a traffic split; empty = none */
    size_t tag_count;
    const str *tag_names, *tags;
};

/* Any thread. False: the ring was full, the prediction is dropped and counted. */
bool prediction_ring_put(struct prediction_ring *ring, const struct prediction *prediction);

/* The prediction as a value of events and answers: a class by its name (a number where the name is one), else the
 * number itself. `label` wins where it is there. */
struct event_value prediction_value_of(const struct runtime_info *info, double value, str label);

#endif
