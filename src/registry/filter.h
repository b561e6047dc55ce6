/* registry/filter.h - MLflow's filter and order_by language, for its five searches.
 *
 *     filter = clause { AND clause }
 *     clause = [entity "."] key op value | [entity "."] key IS [NOT] NULL
 *     op     = = != > >= < <= LIKE ILIKE IN NOT IN          value = number | 'text' | "text" | ( 'a', 'b' )
 *     key    = bare | `quoted` | "quoted"                   keywords in any case, entities in theirs
 *
 * A filter is checked against what its search knows (attributes and their kinds, entities, operators) while it is
 * read, so that a parsed filter is one that can be run. Messages are those that MLflow's own tests look for. */
#ifndef REGISTRY_FILTER_H
#define REGISTRY_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

enum filter_search {
    FILTER_RUNS,
    FILTER_EXPERIMENTS,
    FILTER_REGISTERED_MODELS,
    FILTER_MODEL_VERSIONS,
    FILTER_LOGGED_MODELS,
    FILTER_SEARCH_COUNT
};

enum filter_entity {
    FILTER_ATTRIBUTE,
    FILTER_METRIC,
    FILTER_PARAM,
    FILTER_TAG,
    FILTER_DATASET, /* keys name, digest, context */
    FILTER_ENTITY_COUNT
};

enum filter_op {
    FILTER_EQ,
    FILTER_NE,
    FILTER_GT,
    FILTER_GE,
    FILTER_LT,
    FILTER_LE,
    FILTER_LIKE,
    FILTER_ILIKE,
    FILTER_IN,
    FILTER_NOT_IN,
    FILTER_IS_NULL,
    FILTER_IS_NOT_NULL,
    FILTER_OP_COUNT
};

/* "=", "NOT IN", ... */
const char *filter_op_name(enum filter_op op);

struct filter_clause {
    enum filter_entity entity;
    enum filter_op op;
    str key;         /* an attribute in its one spelling ("start_time" for "created"), else as written, unquoted */
    bool is_number;  /* the value is `number` */
    double number;
    str text;        /* otherwise, for all but lists and IS NULL */
    const str *list; /* IN, NOT IN: at least one */
    size_t list_count;
};

struct filter {
    const struct filter_clause *clauses;
    size_t count;
};

/* At most so much is read; ERR_INVALID above. */
#define FILTER_BYTES_MAX ((size_t)256 << 10)
#define FILTER_CLAUSES_MAX 60 /* each is a join of the search's statement */

/* An empty or blank text has no clauses. Texts are borrowed from `text` or live in the arena. ERR_INVALID says what is
 * wrong in MLflow's words. */
must_use enum status filter_parse(enum filter_search search, str text, struct arena *arena, struct filter *ret_filter,
                                  struct error *err);

struct filter_order {
    enum filter_entity entity;
    str key;
    bool is_descending;
};

/* One entry of order_by: "metrics.`my loss` DESC". ERR_INVALID as above. */
must_use enum status filter_parse_order(enum filter_search search, str text, struct arena *arena,
                                        struct filter_order *ret_order, struct error *err);

/* All entries; the same field twice is ERR_INVALID. The array lives in the arena. */
must_use enum status filter_parse_orders(enum filter_search search, const str *texts, size_t count, struct arena *arena,
                                         struct filter_order **ret_orders, struct error *err);

/* Writes the filter so that it reads back to the same clauses: what the fuzzer checks. */
str filter_print(const struct filter *filter, struct arena *arena);

#endif
