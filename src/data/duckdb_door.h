/* data/duckdb_door.h - the one door to DuckDB: opening, settings, statements, and errors in our words.
 *
 * Only data/duckdb_*.c and store/event_log_duckdb.c include this file or <duckdb.h>. Databases opened
 * here load no extension from outside, reach no network, and keep row order. */
#ifndef DATA_DUCKDB_DOOR_H
#define DATA_DUCKDB_DOOR_H

#include <duckdb.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

struct duckdb_settings {
    const char *path;        /* NULL = in memory */
    size_t threads;          /* of one query, with the caller's; 0 = 1 */
    size_t memory_bytes_max; /* DuckDB's memory_limit; 0 = its default, 80 % of the machine's */
    bool is_read_only;
    const char *temp_folder; /* where it spills; NULL = nowhere */
};

/* Opens or makes the database. ERR_CORRUPT: not a DuckDB file, or a damaged one; ERR_CONFLICT: another
 * process has it open; ERR_UNAVAILABLE: the disk says no. Costs about 14 ms, once a database. */
must_use enum status duckdb_door_open(const struct duckdb_settings *settings, duckdb_database *ret_database,
                                      struct error *err);

/* The in-memory database that file readers share, opened at the first call; lives until the process
 * ends. Any thread. */
must_use enum status duckdb_door_shared(duckdb_database *ret_database, struct error *err);

/* A connection; one thread uses it at a time. */
must_use enum status duckdb_door_connect(duckdb_database database, duckdb_connection *ret_connection,
                                         struct error *err);

/* One value bound to a `?`. */
struct duckdb_binding {
    enum { DUCKDB_BIND_NULL, DUCKDB_BIND_I64, DUCKDB_BIND_F64, DUCKDB_BIND_TEXT, DUCKDB_BIND_TIME_US } kind;
    union {
        int64_t i64; /* also TIME_US */
        double f64;
        str text;
    };
};

/* Runs one statement with its `?` bound in order and forgets its result. */
must_use enum status duckdb_door_run(duckdb_connection connection, str sql, const struct duckdb_binding *bindings,
                                     size_t binding_count, struct error *err);

/* Prepares one statement and binds its `?`; duckdb_destroy_prepare ends it. */
must_use enum status duckdb_door_prepare(duckdb_connection connection, str sql, const struct duckdb_binding *bindings,
                                         size_t binding_count, duckdb_prepared_statement *ret_statement,
                                         struct error *err);

/* Starts a prepared statement; the result is read with duckdb_fetch_chunk while the query still works behind it
 * (streaming, rows in order) and destroyed by the caller, on success only. */
must_use enum status duckdb_door_stream(duckdb_prepared_statement statement, duckdb_result *ret_result,
                                        struct error *err);

/* The two above in one. */
must_use enum status duckdb_door_query(duckdb_connection connection, str sql, const struct duckdb_binding *bindings,
                                       size_t binding_count, duckdb_result *ret_result, struct error *err);

/* The next chunk of a streaming result, NULL behind the last one; destroyed with duckdb_destroy_data_chunk.
 * An error in the middle of a file comes up here. */
must_use enum status duckdb_door_fetch(duckdb_result *result, duckdb_data_chunk *ret_chunk, struct error *err);

/* Records `message` (DuckDB's own text, NULL is fine) in our words: its first paragraph, without the class in
 * front, SQL text, hints at functions that our users never called, and control characters. Returns the
 * status that its class maps to: IO ERR_UNAVAILABLE, "No files found" ERR_NOT_FOUND, memory ERR_LIMIT,
 * constraints and locks ERR_CONFLICT, damage ERR_CORRUPT, anything else ERR_INVALID. */
enum status duckdb_door_error(struct error *err, const char *message);

/* Appends "name" with quotes doubled, so that any name is one identifier. */
bool duckdb_door_identifier(struct buf *sql, str name);

/* Appends 'text' with quotes doubled, so that any text without NUL is one literal. */
bool duckdb_door_literal(struct buf *sql, str text);

/* For CLEANUP. */
static inline void duckdb_door_statement_slot(duckdb_prepared_statement *statement)
{
    duckdb_destroy_prepare(statement);
}
static inline void duckdb_door_chunk_slot(duckdb_data_chunk *chunk)
{
    duckdb_destroy_data_chunk(chunk);
}
static inline void duckdb_door_result_slot(duckdb_result *result)
{
    duckdb_destroy_result(result);
}
static inline void duckdb_door_connection_slot(duckdb_connection *connection)
{
    duckdb_disconnect(connection);
}

#endif
