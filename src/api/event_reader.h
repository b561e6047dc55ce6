/* api/event_reader.h - the bodies of POST /capture, /capture/batch and /labels become event batches, in one pass.
 *
 *     {"features": {"alcohol": 13.2, ...}, "prediction": 1, "prediction_id": "a1", ...}      one event
 *     {"features": [13.2, ...], "feature_names": ["alcohol", ...], "prediction": 1}          by position
 *     [{...}, {...}]   {"events": [{...}]}   {"predictions": [{...}]}                        events in a list
 *     {"rows": [[13.2, ...], ...], "feature_names": [...], "predictions": [1, ...],          events as columns
 *      "prediction_ids": [...], "timestamps": [...], "targets": [...]}
 *
 * Members beside a list (model_name, model_version, timestamp) hold for all its events that do not say otherwise.
 * No tree is built: cells go from the text into the rows of the batch of their model version. */
#ifndef API_EVENT_READER_H
#define API_EVENT_READER_H

#include "store/event_log.h"

#define EVENT_ROWS_MAX ((size_t)1 << 20)
#define EVENT_FEATURES_MAX ((size_t)1 << 14)
#define EVENT_BATCHES_MAX 256 /* model versions in one request */

/* Events of one model version, in the order of the request. */
struct event_group {
    struct event_batch batch;       /* names and values borrowed from the body or in the arena */
    bool has_names;                 /* false: features came by position, names are "" and need a schema */
    const size_t *event_indexes;    /* [rows] in the request, for messages and the answer */
    const double *latencies_ms;     /* [rows], NaN = not said; or NULL: no event said */
    const size_t *first_events;     /* [feature_count] index of the first event with that feature */
    bool has_missing_ids;           /* some prediction_id was left out */
};

struct event_reading {
    struct event_group *groups;
    size_t group_count;
    size_t events;
    const char *list_path; /* how a path to event i begins: "", "[%zu].", "events[%zu]." */
    str unknown_member;    /* the first member of an event that nobody knows; data NULL = none */
    size_t unknown_event;
};

/* What events have that do not name their model, and whose body it is. */
struct event_defaults {
    str model_name;    /* from the path; an event must not name another one. Empty: events name it, or `fallback_name` */
    str fallback_name; /* empty: events must name their model */
};

/* ERR_INVALID names path, line and column; ERR_LIMIT above the bounds. An event without version has an empty one. */
must_use enum status event_reading_parse(str body, const struct event_defaults *defaults, struct arena *arena,
                                         struct event_reading *ret_reading, struct error *err);

/* The path of a member of event `index`: "events[3].features.alcohol". */
str event_reading_path(const struct event_reading *reading, size_t index, const char *member, str name,
                       struct arena *arena);

/* Labels of one model. */
struct label_group {
    str model_name;
    struct event_label *labels;
    size_t count;
};

/* {"prediction_id": "a1", "target": 1, "timestamp"?, "model_name"?}, a list of those, or {"labels": [...]}. */
must_use enum status label_reading_parse(str body, const struct event_defaults *defaults, struct arena *arena,
                                         struct label_group **ret_groups, size_t *ret_count, struct error *err);

#endif
