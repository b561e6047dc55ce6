/* store/meta_sql.h - a statement put together from pieces, with its values beside it.
 *
 *     struct meta_sql sql;
 *     meta_sql_init(&sql, arena);
 *     meta_sql_add(&sql, "SELECT run_no FROM runs WHERE user_id = ");
 *     meta_sql_value_str(&sql, user);                   // adds "?" and remembers the value
 *     TRY(meta_sql_prepare(&sql, meta, &statement, err));
 *
 * For searches whose conditions are not known before; everything else is a constant text. Pieces are our own
 * constants, never bytes from outside: those are values. */
#ifndef STORE_META_SQL_H
#define STORE_META_SQL_H

#include "base/buf.h"
#include "store/meta_db.h"

#define META_SQL_VALUES_MAX 8000
#define META_SQL_BYTES_MAX ((size_t)512 << 10)

struct meta_sql_value {
    char kind; /* 's', 'i', 'f' */
    str text;
    int64_t integer;
    double number;
};

struct meta_sql {
    struct arena *arena;
    struct buf text;
    struct meta_sql_value *values;
    size_t count, capacity;
    bool is_overfull;
};

/* ---- values given at once ----
 *
 *     TRY(META_RUN(meta, err, "DELETE FROM tags WHERE run_no = ? AND key = ?", meta_of_i64(run_no), meta_of_str(key)));
 */
static inline struct meta_sql_value meta_of_str(str value)
{
    return (struct meta_sql_value){ .kind = 's', .text = value };
}
static inline struct meta_sql_value meta_of_i64(int64_t value)
{
    return (struct meta_sql_value){ .kind = 'i', .integer = value };
}
/* NaN is NULL. */
static inline struct meta_sql_value meta_of_f64(double value)
{
    return (struct meta_sql_value){ .kind = 'f', .number = value };
}

/* Runs a statement that answers no rows. */
#define META_RUN(meta, err, sql, ...)                                                                                  \
    meta_run_values((meta), (sql), (struct meta_sql_value[]){ __VA_ARGS__ },                                           \
                    COUNT(((struct meta_sql_value[]){ __VA_ARGS__ })), (err))
must_use enum status meta_run_values(struct meta *meta, const char *sql, const struct meta_sql_value *values,
                                     size_t count, struct error *err);

/* A statement ready for meta_step. */
#define META_QUERY(meta, ret_statement, err, sql, ...)                                                                 \
    meta_query_values((meta), (sql), (struct meta_sql_value[]){ __VA_ARGS__ },                                         \
                      COUNT(((struct meta_sql_value[]){ __VA_ARGS__ })), (ret_statement), (err))
must_use enum status meta_query_values(struct meta *meta, const char *sql, const struct meta_sql_value *values,
                                       size_t count, struct meta_statement **ret_statement, struct error *err);

/* Values of text are borrowed until meta_sql_prepare. */
void meta_sql_init(struct meta_sql *sql, struct arena *arena);
void meta_sql_done(struct meta_sql *sql);

void meta_sql_add(struct meta_sql *sql, const char *piece);
void meta_sql_value_str(struct meta_sql *sql, str value);
void meta_sql_value_i64(struct meta_sql *sql, int64_t value);
void meta_sql_value_f64(struct meta_sql *sql, double value);

/* "(?, ?, ...)" of all; of none "(NULL)", which nothing is in. */
void meta_sql_list_str(struct meta_sql *sql, const str *values, size_t count);
/* The same of numbers, filled up to the next power of two with the last one, so that few different statements
 * come of many counts and the cache of prepared ones hits. */
void meta_sql_list_i64(struct meta_sql *sql, const int64_t *values, size_t count);

/* The statement with its values bound. ERR_LIMIT where the pieces did not fit. */
must_use enum status meta_sql_prepare(struct meta_sql *sql, struct meta *meta, struct meta_statement **ret_statement,
                                      struct error *err);

#endif
