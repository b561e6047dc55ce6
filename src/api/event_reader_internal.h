/* api/event_reader_internal.h - what the two halves of the event reader share. Inside api/ only.
 *
 *     event_members.c  the members of a body, one function each, into a draft
 *     event_reader.c   drafts into the groups of their model versions, and the whole */
#ifndef API_EVENT_READER_INTERNAL_H
#define API_EVENT_READER_INTERNAL_H

#include "api/cell_table.h"
#include "api/event_reader.h"
#include "format/json.h"

/* Parallel lists of names and cells. */
struct event_named_cells {
    str *names;
    struct event_value *cells;
    size_t name_count, name_capacity, cell_count, cell_capacity;
};

struct event_named_numbers {
    str *names;
    double *cells;
    size_t name_count, name_capacity, cell_count, cell_capacity;
};

struct event_named_texts {
    str *names, *cells;
    size_t name_count, name_capacity, cell_count, cell_capacity;
};

struct event_draft {
    str model_name, model_version, prediction_id;
    int64_t timestamp_us;
    struct event_value prediction, target;
    double latency_ms;
    struct event_named_cells features;
    struct event_named_numbers probabilities;
    struct event_named_texts tags;
    str unknown;
};

/* Events given as columns. */
struct event_columns {
    struct event_value *cells; /* [rows * width] */
    size_t rows, width, cell_count, cell_capacity;
    struct event_value *predictions, *targets;
    size_t prediction_count, prediction_capacity, target_count, target_capacity;
    str *ids;
    size_t id_count, id_capacity;
    int64_t *times;
    size_t time_count, time_capacity;
    double *probabilities; /* [probability_rows * class_count] */
    size_t probability_rows, probability_count, probability_capacity, class_count;
};

struct group_builder {
    struct event_group group;
    struct cell_table features, probabilities, tags;
    str *ids;
    int64_t *times;
    struct event_value *predictions, *targets;
    double *latencies;
    size_t *indexes;
    size_t rows, capacities[6];
    bool has_targets, has_latencies;
};

struct event_reader {
    struct json_reader json;
    struct arena *arena;
    struct error *err;
    const struct event_defaults *defaults;
    struct event_draft draft;
    struct event_columns columns;
    bool has_list, has_rows;
    struct group_builder *groups;
    size_t group_count, group_capacity, events;
    str unknown;
    size_t unknown_event;
};

/* Appends to a list that grows in the reader's arena; returns ERR_LIMIT from the calling function without memory. */
#define EVENT_PUSH(reader, list, capacity, count, value)                                                                     \
    do {                                                                                                               \
        void *room_ = json_value_grow((reader)->arena, (void **)&(list), &(capacity), (count), sizeof *(list));        \
        if (room_ == NULL)                                                                                             \
            return error_set((reader)->err, ERR_LIMIT, "the request's values do not fit in memory");                   \
        (list)[(count)++] = (value);                                                                                   \
    } while (0)

/* Forgets the event; lists keep their room. */
void event_draft_reset(struct event_draft *draft);

/* Reads an object's members into the draft; `is_request`: also those that stand around several events. */
enum status event_reader_members(struct event_reader *reader, struct event_draft *draft, bool is_request);

/* Reads a list of events, each into its group. `draft` is unused: it is a member's reader like the others. */
enum status event_reader_list(struct event_reader *reader, struct event_draft *draft);

#endif
