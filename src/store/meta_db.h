/* store/meta_db.h - statements on the metadata database: what meta_*.c ask of an engine.
 *
 * SQL here is the part that SQLite and PostgreSQL share, with ? for values, counted from 0. Inside store/ and
 * registry/ only. Every function runs with the lock held; meta_lock gives it, and so do meta_read_begin (readers) and
 * meta_change of meta_group.h (changes). LIKE minds case, as in PostgreSQL; lower() knows ASCII. */
#ifndef STORE_META_DB_H
#define STORE_META_DB_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "store/meta.h"

struct meta_statement;

void meta_lock(struct meta *meta);
void meta_unlock(struct meta *meta);

/* Returns from the calling function with the status of `call`, which runs with the lock held. */
#define META_LOCKED(meta, call)                                                                                        \
    do {                                                                                                               \
        meta_lock(meta);                                                                                               \
        enum status locked_status_ = (call);                                                                           \
        meta_unlock(meta);                                                                                             \
        return locked_status_;                                                                                         \
    } while (0)

must_use enum status meta_begin(struct meta *meta, struct error *err);
/* Commits when `status` is OK, rolls back otherwise; returns `status` or why the commit failed. */
must_use enum status meta_end(struct meta *meta, enum status status, struct error *err);

/* A transaction inside the transaction, one at a time: what ran since the first is kept when `status` is OK, taken back
 * otherwise. Returns `status`, or why the engine failed. */
must_use enum status meta_savepoint(struct meta *meta, struct error *err);
must_use enum status meta_savepoint_end(struct meta *meta, enum status status, struct error *err);

/* Makes the changes to come cheaper to sync, for some MB of disk and milliseconds now: for a server. Takes the lock. */
must_use enum status meta_expect_many_changes(struct meta *meta, struct error *err);

/* A connection that only reads, with one view of the database from its first statement to meta_read_end: all that was
 * committed before, nothing of what comes meanwhile. Does not wait for changes, nor they for it; waits where too many
 * others read. */
must_use enum status meta_read_begin(struct meta *meta, struct meta **ret_reader, struct error *err);
void meta_read_end(struct meta *reader); /* NULL is fine */
DEFINE_CLEANUP(struct meta, meta_read_end);

/* Statements are kept after meta_finish, by their text, and come back without being compiled again. */
must_use enum status meta_prepare(struct meta *meta, const char *sql, struct meta_statement **ret_statement,
                                  struct error *err);
void meta_finish(struct meta_statement *statement); /* NULL is fine */
DEFINE_CLEANUP(struct meta_statement, meta_finish);

/* Values are copied; a failure shows in the next meta_step. NaN binds as NULL. */
void meta_bind_str(struct meta_statement *statement, int index, str value);
void meta_bind_bytes(struct meta_statement *statement, int index, str value);
void meta_bind_i64(struct meta_statement *statement, int index, int64_t value);
void meta_bind_f64(struct meta_statement *statement, int index, double value);

/* The next row; `ret_has_row` may be NULL for statements that answer none. */
must_use enum status meta_step(struct meta_statement *statement, bool *ret_has_row, struct error *err);

/* Ready to run again, with the values it has but for those bound anew. */
void meta_reset(struct meta_statement *statement);

/* Columns of the row, copied into `arena`; NULL reads as empty, 0, NaN. */
str meta_str(struct meta_statement *statement, int index, struct arena *arena);
int64_t meta_i64(struct meta_statement *statement, int index);
double meta_f64(struct meta_statement *statement, int index);

/* The key that the last INSERT made. */
int64_t meta_last_id(struct meta *meta);

/* Rows that the last statement changed. */
int64_t meta_changes(struct meta *meta);

/* The layout, one step a version: step i brings version i to i + 1. Never edited, only added to. */
extern const char *const meta_migrations[];
extern const int meta_migration_count;

/* ERR_INVALID unless 1 to META_NAME_MAX bytes of UTF-8 without NUL. */
must_use enum status meta_check_name(const char *what, str name, struct error *err);

/* Rows collected while they come. */
struct meta_rows {
    void *rows;
    size_t count, capacity, row_bytes;
};
/* The next place, NULL without memory. The array is on the heap until meta_rows_move copies it to an arena. */
void *meta_rows_add(struct meta_rows *rows);
must_use enum status meta_rows_move(struct meta_rows *rows, struct arena *arena, void *ret_rows, size_t *ret_count,
                                    struct error *err);
void meta_rows_done(struct meta_rows *rows);

#endif
