/* monitor/schema.h - which columns there are on both sides, of which type and role, read in a common form.
 *
 * Types by source, unless declared (docs/check.md has the table for users):
 *
 *     float                 num
 *     integer               cat up to SCHEMA_INTEGER_CATEGORIES distinct values, else num; with gaps num
 *     string                text when over half of the values are distinct, else cat
 *     boolean, time, other  bool, datetime, as string
 *
 * Evidently lets the current data alone decide, so a window of eight rows turns every integer into a category. Here
 * both sides must look like categories (or text) to be taken so; `is_compat` brings their rule back. */
#ifndef MONITOR_SCHEMA_H
#define MONITOR_SCHEMA_H

#include "base/arena.h"
#include "base/pool.h"
#include "base/status.h"
#include "data/frame.h"
#include "monitor/analysis_options.h"

#define SCHEMA_INTEGER_CATEGORIES 10

/* Fewer distinct texts than this are categories however few rows there are. */
#define SCHEMA_TEXT_DISTINCT_MIN 11

struct schema_column {
    str name;
    enum column_type type;
    enum column_role role;
    bool is_inferred;
    const struct column *reference_raw, *current_raw; /* as read; NULL: not on that side */
    const struct column *reference, *current;         /* in the form of `type`; NULL as above */
    str type_change; /* a sentence when the sides differ in kind, else empty */
    str note;        /* why the column has no drift, else empty */
    struct arena arena;
};

struct schema {
    struct arena arena;
    struct schema_column *columns; /* reference order, then what only the current data has */
    size_t count;
};

/* Either frame may be NULL (a reference alone is profiled for the cache). Converts columns in parallel. ERR_INVALID when an
 * option names a column that is nowhere. Borrows the frames. */
must_use enum status schema_new(const struct analysis_options *options, const struct frame *reference,
                                const struct frame *current, struct pool *pool, struct schema **ret_schema,
                                struct error *err);

/* Frees the converted columns as well; the frames stay. NULL is fine. */
void schema_free(struct schema *schema);
DEFINE_CLEANUP(struct schema, schema_free);

/* The column of that name, or NULL. */
const struct schema_column *schema_find(const struct schema *schema, str name);

#endif
