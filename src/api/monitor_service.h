/* api/monitor_service.h - analyses of stored events: on demand, on schedule, and over the past day by day.
 *
 * A run reads the model's reference (cached with its profile, by version) and a window of the event log,
 * calls analysis_run() and stores report and results through meta.h. Runs may be called from any thread and
 * work in it; columns are shared out to the analysis pool. */
#ifndef API_MONITOR_SERVICE_H
#define API_MONITOR_SERVICE_H

#include "api/settings.h"
#include "base/clock.h"
#include "base/pool.h"
#include "store/reference_store.h"
#include "store/event_log.h"

/* References kept in memory together take at most this much; an analysis of a larger one still works. */
#define REFERENCE_CACHE_BYTES_MAX ((size_t)512 << 20)
#define REFERENCE_CACHE_ENTRIES 16

struct monitor_service_options {
    struct event_log *log;
    struct meta *meta;
    struct reference_store *references;
    struct pool *pool; /* for columns; may be NULL */
    const struct clock *clock;
    /* Told about every run, in its thread; `status` is how it ended. May be NULL. */
    void (*on_run)(void *self, str model_name, enum status status, double seconds);
    /* Called before events are read: what was predicted until now shall be among them. May be NULL. */
    void (*settle)(void *self);
    void *self;
};

struct monitor_service;

/* Everything is borrowed and must outlive the service. */
struct monitor_service *monitor_service_new(const struct monitor_service_options *options);

/* Drops the cached references; no run may be going on. NULL is fine. */
void monitor_service_free(struct monitor_service *service);

struct analysis_request {
    str model_name, model_version; /* version empty = all */
    uint64_t last_rows;            /* newest N in the span; 0 = all */
    int64_t from_us, to_us;        /* INT64_MIN, INT64_MAX = open */
    size_t segment_count;
    const str *segment_names, *segment_values;
    int64_t reference_version; /* 0 = the newest */
    double drift_share;        /* NaN = as configured */
    double drift_threshold;    /* of every column; NaN = as configured */
    str method;                /* of every column it suits; empty = as configured */
    bool use_all_methods;
    uint64_t minimum_rows; /* fewer are ERR_NOT_FOUND */
};

/* A request for the window that the model's settings say, at `now_us`. */
void analysis_request_init(struct analysis_request *request, const struct model_settings *model, str model_name,
                           int64_t now_us);

struct analysis_outcome {
    int64_t id;
    str report_name; /* of GET /reports/{name} */
    str report_json; /* docs/report.md */
    bool is_drifted;
};

/* ERR_NOT_FOUND: no such model, no reference, too few events; ERR_INVALID: an option; ERR_LIMIT: too many
 * events for settings->analysis_rows_max, or no memory. Outcome texts live in `arena`. */
must_use enum status monitor_service_analyze(struct monitor_service *service, const struct api_settings *settings,
                                             const struct analysis_request *request, struct arena *arena,
                                             struct analysis_outcome *ret_outcome, struct error *err);

/* What a backfill did, and what it left out: days that have events, but fewer than `minimum_rows`. */
struct backfill_outcome {
    size_t analyses, days_left_out;
    uint64_t rows_left_out;
    uint64_t minimum_rows; /* the model's window.minimum */
};

/* One analysis for every UTC day in [from, to) that has events enough; open bounds are those of the events.
 * Stops at the first error. */
must_use enum status monitor_service_backfill(struct monitor_service *service, const struct api_settings *settings,
                                              str model_name, int64_t from_us, int64_t to_us,
                                              struct backfill_outcome *ret_outcome, struct error *err);

/* The model's newest reference changed: the cached one is of no use any more. */
void monitor_service_forget_reference(struct monitor_service *service, str model_name);

/* "wine-20261121T104628Z-17", made of a stored analysis; and the id back from such a name. */
str report_name_print(const struct meta_analysis *analysis, struct arena *arena);

/* The id at the end of such a name; false where there is none. What stands before it is not looked at. */
bool report_name_parse(str name, int64_t *ret_id);

#endif
