/* store/event_log.h - every prediction and label, on disk, in order of arrival.
 *
 * Opened once per process, which then owns the folder. Appends come from any thread; one writer
 * thread inside gathers what waits, writes it to a journal, syncs once for all (group commit) and
 * wakes the callers. An ingest thread moves journal batches into DuckDB tables, one table a model,
 * and closed days into Parquet files; scans read all of it as one.
 *
 * (E1) A prediction id is stored once per model: a second event with the same id changes nothing
 *      and is counted as a duplicate, also across restarts and rolled days.
 * (E2) What append or label has acknowledged survives kill -9 and power loss.
 * (E3) A scan sees whole batches, and every batch acknowledged before it began.
 * (E4) A label may come before its event; it is joined whenever both are there. The last label
 *      for an id wins. */
#ifndef STORE_EVENT_LOG_H
#define STORE_EVENT_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/status.h"
#include "base/str.h"
#include "data/frame.h"

struct event_log;
struct journal_io;

struct event_log_options {
    const char *folder;         /* created when missing */
    size_t queue_bytes_max;     /* appends waiting for the writer; more answers ERR_LIMIT (default 64 MiB) */
    size_t memory_bytes_max;    /* DuckDB's own limit (default 256 MiB) */
    int64_t raw_retention_days; /* events older than that are dropped (0 keeps all) */
    int64_t query_ms_max;       /* event_log_query is stopped then (default 30 s) */
    const struct clock *clock;  /* when events and labels arrive; any thread reads it; NULL = the system's */
    const struct journal_io *journal_io; /* tests make writes and syncs fail; NULL = the system's */
    void (*on_rollover_step)(void *context); /* tests look at what others can do between days; NULL = nothing */
    void *rollover_context;
};
#define EVENT_LOG_RETENTION_DAYS 30

/* Bounds. Beyond them an append is ERR_LIMIT, but for names, which are ERR_INVALID. */
#define EVENT_ROWS_MAX ((size_t)1 << 20)  /* of one batch */
#define EVENT_COLUMNS_MAX ((size_t)4096)  /* features, classes and tags of a model, together */
#define EVENT_ID_BYTES_MAX ((size_t)256)  /* a prediction id */
#define EVENT_NAME_BYTES_MAX ((size_t)200) /* names of models, versions, features, classes, tags */
#define EVENT_TEXT_BYTES_MAX ((size_t)1 << 20) /* one text cell */

/* Opens or creates the log and replays what a crash left in the journal. ERR_UNAVAILABLE when
 * another process owns the folder or the disk says no; ERR_CORRUPT names file and offset. */
must_use enum status event_log_open(const struct event_log_options *options, struct event_log **ret_log,
                                    struct error *err);

/* Waits for running scans and for the journal to be ingested. NULL is fine. */
void event_log_close(struct event_log *log);
DEFINE_CLEANUP(struct event_log, event_log_close);

enum event_value_kind { EVENT_MISSING, EVENT_NUMBER, EVENT_INTEGER, EVENT_BOOLEAN, EVENT_TEXT, EVENT_TIME };

/* One cell. Text is borrowed until the append returns. */
struct event_value {
    enum event_value_kind kind;
    union {
        double number;
        int64_t integer; /* also TIME, microseconds UTC */
        bool boolean;
        str text;
    };
};

/* Rows of one model version, row-major. Every row has the same features. */
struct event_batch {
    str model_name, model_version;
    size_t rows;
    size_t feature_count;
    const str *feature_names;           /* [feature_count] */
    const struct event_value *features; /* [rows * feature_count] */
    const str *prediction_ids;          /* [rows]; an empty one gets a fresh id */
    const int64_t *timestamps_us;       /* [rows]; INT64_MIN = the arrival */
    const struct event_value *predictions;
    size_t class_count;
    const str *class_names;      /* [class_count], may be NULL where class_count is 0 */
    const double *probabilities; /* [rows * class_count], NaN = missing */
    const struct event_value *targets; /* [rows] or NULL */
    size_t tag_count;
    const str *tag_names;
    const str *tags; /* [rows * tag_count], data NULL = missing */
};

struct event_append_result {
    size_t stored, duplicates;
    str *prediction_ids; /* [rows], as stored; lives in the caller's arena */
};

/* Stores the batch and waits until it is durable. A feature with a type other than the stored one is
 * ERR_INVALID and names it; ERR_LIMIT when the queue is full (answer 429). Any thread. */
must_use enum status event_log_append(struct event_log *log, const struct event_batch *batch, struct arena *arena,
                                      struct event_append_result *ret_result, struct error *err);

/* Called once, from a thread of the log, when the batch is durable (OK) or was not stored (`err` says
 * why, never NULL then). `result` lives in the append's arena. It must be quick and must not call the log. */
typedef void event_append_done(void *self, enum status status, const struct event_append_result *result,
                               const struct error *err);

/* As event_log_append, but returns as soon as the batch is copied into the queue; `done` tells the rest.
 * An error that is known at once (ERR_INVALID, ERR_LIMIT) comes back from here, and `done` is not called.
 * `arena` belongs to the log until then. So an HTTP thread serves others while the disk syncs. Any thread. */
must_use enum status event_log_append_async(struct event_log *log, const struct event_batch *batch, struct arena *arena,
                                            event_append_done *done, void *self, struct error *err);

/* The same without waiting for the disk: queued, or ERR_LIMIT. For /predict. What can't be stored later is counted
 * in dropped_total. (An id that may be known already is looked up first, and while events are being cleared it waits
 * for that.) */
must_use enum status event_log_append_later(struct event_log *log, const struct event_batch *batch, struct error *err);

/* Waits until what was queued before this call is durable, or dropped: a scan afterwards sees it. Any thread. */
void event_log_settle(struct event_log *log);

struct event_label {
    str prediction_id;
    struct event_value target;
    int64_t timestamp_us; /* when it became known; INT64_MIN = now */
};

/* Stores labels and waits until they are durable. `ret_matched` counts those whose event is there already, with
 * some 1 in 10,000 of the others, and those whose event the retention has dropped. ERR_INVALID without a target. */
must_use enum status event_log_label(struct event_log *log, str model_name, const struct event_label *labels,
                                     size_t count,
                                     size_t *ret_matched, struct error *err);

/* As event_append_done, for labels. */
typedef void event_label_done(void *self, enum status status, size_t matched, const struct error *err);

/* As event_log_label, returning once the labels are copied into the queue, in the way of event_log_append_async. */
must_use enum status event_log_label_async(struct event_log *log, str model_name, const struct event_label *labels,
                                           size_t count, event_label_done *done, void *self, struct error *err);

/* Which events. Members left zero do not restrict, but for the times. */
struct event_window {
    str model_name;    /* required */
    str model_version; /* empty = all versions */
    int64_t from_us, to_us; /* [from, to) of the event time; INT64_MIN, INT64_MAX = open */
    size_t last_rows;       /* newest N by event time then arrival; 0 = all */
    size_t segment_count;
    const str *segment_names, *segment_values; /* tag = value, all must hold */
    /* Ids that nobody looks at are a scan's largest column, and travel through its sort. */
    bool leaves_out_id, leaves_out_version;
};

/* The window's events in event-time order: one column a feature, then prediction_id, timestamp, model_version (unless
 * the window leaves them out), prediction, target, probability columns named like their class, tags; those that hold
 * nothing are left out.
 * ERR_NOT_FOUND for an unknown model, ERR_LIMIT above `rows_max`. */
must_use enum status event_log_scan(struct event_log *log, const struct event_window *window, size_t rows_max,
                                    struct frame **ret_frame, struct error *err);

/* Number of events in the window, without reading them. */
must_use enum status event_log_count(struct event_log *log, const struct event_window *window, uint64_t *ret_rows,
                                     struct error *err);

struct event_model {
    str name;
    uint64_t rows, labels;
    int64_t first_us, last_us; /* event times; INT64_MIN when there is none */
    size_t feature_count;
    const str *feature_names;
};

/* Every model that has events; lives in `arena`. */
must_use enum status event_log_models(struct event_log *log, struct arena *arena, struct event_model **ret_models,
                                      size_t *ret_count, struct error *err);

/* Deletes all events and labels of a model (DELETE /production-data); empty name = of all models. Durable when it
 * returns. */
must_use enum status event_log_clear(struct event_log *log, str model_name, uint64_t *ret_rows, struct error *err);

/* At most so many days become files in one call of event_log_maintain. */
#define EVENT_ROLLOVER_DAYS_MAX 64

/* Moves closed days (UTC) to Parquet files and drops days past the retention. Both count from the later of when an
 * event happened and when it arrived: history that is captured late stays as long as fresh events. Scans and appends
 * get in between days. `ret_has_more` says that days may be left, for a call soon; it is set where OK returns. The
 * clock thread calls it. Any thread. */
must_use enum status event_log_maintain(struct event_log *log, int64_t now_us, bool *ret_has_more, struct error *err);

struct event_log_stats {
    uint64_t events_total, duplicates_total, labels_total;
    uint64_t commits_total;  /* syncs of the journal */
    uint64_t rejected_total; /* events whose append failed: the caller knows */
    uint64_t dropped_total;  /* events of append_later that were refused or could not be stored */
    uint64_t journal_bytes, queue_bytes, disk_bytes;
};

/* Counters since the start and present sizes; cheap, any thread. */
void event_log_stats_now(struct event_log *log, struct event_log_stats *ret_stats);

/* One SELECT over the views: one a model, named like it, with its features, probability_CLASS, tag_NAME,
 * prediction_id, timestamp, model_version, prediction, target, arrived; "events" and "labels" over all
 * models; information_schema's tables, columns and schemata. Anything but one query, any file, and what tells of
 * the process and its settings is ERR_INVALID; more than `rows_max` rows or out of memory
 * ERR_LIMIT; longer than query_ms_max ERR_UNAVAILABLE. */
must_use enum status event_log_query(struct event_log *log, str sql, size_t rows_max, struct frame **ret_frame,
                                     struct error *err);

#endif
