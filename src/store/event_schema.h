/* store/event_schema.h - the typed columns of a model, learnt from what arrives.
 *
 * A column's type is that of its first value. Integers become numbers when a fraction comes; any other
 * change is refused. Not thread-safe. */
#ifndef STORE_EVENT_SCHEMA_H
#define STORE_EVENT_SCHEMA_H

#include "base/map.h"
#include "store/event_log.h"

enum event_role { EVENT_ROLE_PREDICTION, EVENT_ROLE_TARGET, EVENT_ROLE_FEATURE, EVENT_ROLE_PROBABILITY, EVENT_ROLE_TAG,
                  EVENT_ROLE_COUNT };

struct event_column {
    enum event_role role;
    str name;   /* as it was sent; "prediction" and "target" for those roles */
    str column; /* its name in tables and files: unique without regard to case, terminated */
    enum event_value_kind type; /* never MISSING */
};

/* Columns that every event has beside those of its schema. */
extern const str event_fixed_columns[];
#define EVENT_FIXED_COLUMNS 5

struct event_schema {
    struct arena arena;
    struct event_column *columns; /* in order of first sight; moves when it grows */
    size_t count, capacity;
    struct map by_name;  /* role and name to index */
    struct map by_column; /* lower case column names, to keep them unique */
};

/* Empty, allocates nothing yet. */
void event_schema_init(struct event_schema *schema);

/* Frees the columns with all their names; zeroed memory is fine. */
void event_schema_done(struct event_schema *schema);

/* The column of that role and name, or NULL; valid until the next admission. */
struct event_column *event_schema_find(const struct event_schema *schema, enum event_role role, str name);

/* Adds a column as the catalog has it. */
must_use enum status event_schema_restore(struct event_schema *schema, const struct event_column *column,
                                          struct error *err);

/* The kinds seen in each column of a batch or of labels; computed without a schema, so without its lock. */
struct event_sight {
    enum event_role role;
    str name;
    unsigned kinds;       /* bit per enum event_value_kind, MISSING left out */
    size_t first_rows[6]; /* by kind: the first row that has it */
};

/* What `batch` (or labels) holds, and whether it is well formed: lengths, UTF-8, bounds, no name twice. ERR_INVALID
 * names row and column. */
must_use enum status event_batch_look(const struct event_batch *batch, struct arena *arena,
                                      struct event_sight **ret_sights, size_t *ret_count, struct error *err);

/* The same of labels, whose targets are one column. */
must_use enum status event_labels_look(const struct event_label *labels, size_t count, struct event_sight *ret_sight,
                                       struct error *err);

/* Takes all sights in, or none. ERR_INVALID: a type clash, naming column, row and both types; ERR_LIMIT above
 * EVENT_COLUMNS_MAX. `ret_changed` says whether a column was added or retyped. */
must_use enum status event_schema_admit(struct event_schema *schema, const struct event_sight *sights, size_t count,
                                        bool *ret_changed, struct error *err);

/* "number", "integer", "boolean", "text", "time", "missing". */
const char *event_kind_name(enum event_value_kind kind);

#endif
