/* store/meta.h - what Kedge knows beside events: models, references, analyses and their results, reports,
 * when schedules last ran.
 *
 * One database in the data folder. Every function may be called from any thread; what writes is durable
 * (synced) when it returns, all of it or nothing. Text results live in the caller's arena. Nothing above
 * store/ sees the engine: meta_sqlite.c is the one there is.
 *
 * Errors of every function: ERR_UNAVAILABLE (disk, lock), ERR_CORRUPT (the file does not read back). */
#ifndef STORE_META_H
#define STORE_META_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

struct meta;

/* Opens or makes FOLDER/meta.sqlite (FOLDER as well) and brings an older layout up to date. ERR_CONFLICT when a
 * newer Kedge wrote it. */
must_use enum status meta_open(const char *folder, struct meta **ret_meta, struct error *err);

/* Waits for nobody: no call may be running. NULL is fine. */
void meta_close(struct meta *meta);
DEFINE_CLEANUP(struct meta, meta_close);

/* Names of models, reports and schedules: 1 to META_NAME_MAX bytes of UTF-8. ERR_INVALID elsewhere. */
#define META_NAME_MAX 200

/* ---- models ---- */

struct meta_model {
    str name;
    str schema_json;    /* the API's own; empty = open, any feature is taken */
    int64_t created_us; /* when the name was first put */
};

/* Adds the model, or replaces its schema; `created_us` counts only the first time. */
must_use enum status meta_model_put(struct meta *meta, const struct meta_model *model, struct error *err);

/* ERR_NOT_FOUND where there is none. */
must_use enum status meta_model_get(struct meta *meta, str name, struct arena *arena, struct meta_model *ret_model,
                                    struct error *err);

/* All, by name. */
must_use enum status meta_model_list(struct meta *meta, struct arena *arena, struct meta_model **ret_models,
                                     size_t *ret_count, struct error *err);

/* ---- references (their rows: reference_store.h) ---- */

struct meta_reference {
    str model_name;
    int64_t version; /* 1, 2, ... per model */
    int64_t created_us;
    uint64_t rows;
    size_t column_count;
    str file_name;    /* below the folder references/ */
    str content_hash; /* of the rows, 16 hex digits */
    str origin;       /* "POST /reference", a file name */
};

/* Stores the next version of the model's reference; `version` is ignored and returned. */
must_use enum status meta_reference_add(struct meta *meta, const struct meta_reference *reference,
                                        int64_t *ret_version, struct error *err);

/* Version 0 is the newest. ERR_NOT_FOUND where there is none. */
must_use enum status meta_reference_get(struct meta *meta, str model_name, int64_t version, struct arena *arena,
                                        struct meta_reference *ret_reference, struct error *err);

/* Newest first; an empty `model_name` lists all models', by name. */
must_use enum status meta_reference_list(struct meta *meta, str model_name, struct arena *arena,
                                         struct meta_reference **ret_references, size_t *ret_count, struct error *err);

/* ---- analyses and their results ---- */

/* One named value of an analysis. */
struct meta_result {
    str column;       /* empty: of the data set */
    str name;         /* "drift", "psi", "rmse", ... */
    str method;       /* may be empty */
    double value;     /* NaN = none */
    double threshold; /* NaN = none */
    bool is_drifted;
};

struct meta_analysis {
    int64_t id; /* given by meta_analysis_add, rising */
    str model_name, model_version;
    int64_t created_us;
    int64_t from_us, to_us; /* of the window's events; INT64_MIN = none */
    str window_json;        /* as asked for */
    int64_t reference_version;
    uint64_t reference_rows, current_rows;
    bool is_drifted;
    double drift_share;
    uint32_t drifted_columns, evaluated_columns;
    str verdict; /* as in the report: "ok", "drift", "failed_tests", "drift_and_failed_tests" */
};

/* Stores the analysis, its results and its report document in one transaction. */
must_use enum status meta_analysis_add(struct meta *meta, const struct meta_analysis *analysis,
                                       const struct meta_result *results, size_t result_count, str report_json,
                                       int64_t *ret_id, struct error *err);

/* By its id. ERR_NOT_FOUND where there is none. */
must_use enum status meta_analysis_get(struct meta *meta, int64_t id, struct arena *arena,
                                       struct meta_analysis *ret_analysis, struct error *err);

/* The newest of a model. ERR_NOT_FOUND where there is none. */
must_use enum status meta_analysis_latest(struct meta *meta, str model_name, struct arena *arena,
                                          struct meta_analysis *ret_analysis, struct error *err);

/* The report document as it was given to meta_analysis_add. */
must_use enum status meta_analysis_report(struct meta *meta, int64_t id, struct arena *arena, str *ret_report_json,
                                          struct error *err);

/* In the order they were added. */
must_use enum status meta_analysis_results(struct meta *meta, int64_t id, struct arena *arena,
                                           struct meta_result **ret_results, size_t *ret_count, struct error *err);

/* Which analyses. Unset members do not restrict. */
struct meta_analysis_filter {
    str model_name, model_version;
    int64_t created_from_us, created_to_us; /* [from, to); 0, 0 = open */
    int64_t before_id;                      /* those older than it: the next page; 0 = from the newest */
    size_t limit;                           /* 0 = META_LIST_MAX */
};
#define META_LIST_MAX 1000

/* Newest first. */
must_use enum status meta_analysis_list(struct meta *meta, const struct meta_analysis_filter *filter,
                                        struct arena *arena, struct meta_analysis **ret_analyses, size_t *ret_count,
                                        struct error *err);

/* One value over time. */
struct meta_point {
    int64_t analysis_id;
    int64_t created_us;
    int64_t from_us, to_us; /* the analysis's window */
    double value, threshold;
    bool is_drifted;
};

/* The values of one result, oldest first, at most META_SERIES_MAX of the newest: what a chart draws.
 * `column` empty = of the data set; `method` empty = whatever method. Times as in meta_analysis_filter. */
#define META_SERIES_MAX 10000
struct meta_series {
    str model_name, column, name, method;
    int64_t created_from_us, created_to_us;
};
must_use enum status meta_analysis_series(struct meta *meta, const struct meta_series *series, struct arena *arena,
                                          struct meta_point **ret_points, size_t *ret_count, struct error *err);

/* ---- reports by name ---- */

struct meta_report {
    str name;
    str model_name;      /* may be empty */
    int64_t analysis_id; /* 0 = of none */
    int64_t created_us;
    str media_type; /* "text/html", "application/json" */
    uint64_t bytes;
};

/* Adds or replaces the report. `body` up to META_REPORT_BYTES_MAX, ERR_LIMIT above. */
#define META_REPORT_BYTES_MAX ((size_t)64 << 20)
must_use enum status meta_report_put(struct meta *meta, const struct meta_report *report, str body, struct error *err);

/* `ret_body` may be NULL: only what is known about it. ERR_NOT_FOUND where there is none. */
must_use enum status meta_report_get(struct meta *meta, str name, struct arena *arena, struct meta_report *ret_report,
                                     str *ret_body, struct error *err);

/* Newest first, at most META_LIST_MAX; an empty `model_name` lists all. */
must_use enum status meta_report_list(struct meta *meta, str model_name, struct arena *arena,
                                      struct meta_report **ret_reports, size_t *ret_count, struct error *err);

/* ---- schedules ---- */

/* When the schedule last ran, and what it had counted then ("every N rows"); zeros for one that never did. */
struct meta_schedule {
    int64_t last_run_us;
    uint64_t last_rows;
};

/* Zeros for a schedule that never ran. */
must_use enum status meta_schedule_get(struct meta *meta, str name, struct meta_schedule *ret_schedule,
                                       struct error *err);

/* Adds or replaces it. */
must_use enum status meta_schedule_put(struct meta *meta, str name, const struct meta_schedule *schedule,
                                       struct error *err);

/* ---- retention ---- */

#define META_RETENTION_DAYS 90

/* Drops analyses, results and reports made before `before_us`; references and models stay. A model's newest analysis
 * stays too. */
must_use enum status meta_drop_before(struct meta *meta, int64_t before_us, uint64_t *ret_analyses, struct error *err);

#endif
