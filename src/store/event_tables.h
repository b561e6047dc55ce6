/* store/event_tables.h - the log's tables in DuckDB: names, layout, changes of layout, views.
 *
 *     store.state    the last ingested record (sequence)
 *     store.models   id, name
 *     store.columns  each model's columns: role, name as sent, name in tables, type
 *     store.files    each model's Parquet files: day, rows, last arrival
 *     store.eID      events: arrival_index, arrived, prediction_id, timestamp, model_version, then columns
 *     store.lID      labels: arrival_index, arrived, prediction_id, timestamp, target (from the first label on)
 *     store.vID      view: eID and the model's files as one
 *     main."model"   view for people: vID joined with the last label of each id
 *     main.events, main.labels   views: what all models share
 *
 * arrival_index orders rows by arrival: record * 2^20 + row. A layout changes in a transaction of its own,
 * before the rows that need it. Not thread-safe: under the ingest lock. */
#ifndef STORE_EVENT_TABLES_H
#define STORE_EVENT_TABLES_H

#include "data/duckdb_door.h"
#include "data/frame.h"
#include "store/event_schema.h"

#define EVENT_MODELS_MAX 10000
#define EVENT_ARRIVAL_ROW_BITS 20

struct event_table {
    int64_t id;
    str name;
    struct event_schema schema;
    size_t stored_count;                  /* columns that the table has; the schema may be ahead */
    enum event_value_kind *stored_types;  /* [stored_count] */
    bool is_stored;
    bool is_behind; /* the schema has changed since it was stored */
};

struct event_tables {
    struct arena arena;
    struct map by_name; /* to struct event_table */
    const char *history_folder; /* borrowed; views name its files */
};

/* Makes what is missing in a new database. */
must_use enum status event_tables_create(duckdb_connection connection, struct error *err);

/* Reads the catalog into `tables`, which event_tables_done ends in any case. */
must_use enum status event_tables_load(duckdb_connection connection, struct event_tables *tables, struct error *err);

/* Frees what is known of the tables; DuckDB's stay. Zeroed memory is fine. */
void event_tables_done(struct event_tables *tables);

/* The table of a model, made (in memory) where there is none. ERR_LIMIT above EVENT_MODELS_MAX. */
must_use enum status event_tables_of(struct event_tables *tables, str model_name, struct event_table **ret_table,
                                     struct error *err);

/* Brings the stored layout up to the schema, and the views; one transaction, committed. */
must_use enum status event_table_store(duckdb_connection connection, struct event_tables *tables,
                                       struct event_table *table, struct error *err);

/* Makes all views anew, from store.files as the transaction sees it. */
must_use enum status event_tables_make_views(duckdb_connection connection, const struct event_tables *tables,
                                             const struct event_table *only, struct error *err);

/* Drops the view that people see. */
must_use enum status event_table_drop_view(duckdb_connection connection, const struct event_tables *tables,
                                           const struct event_table *table, struct error *err);

/* Drops tables and catalog rows of a model within the caller's transaction; the schema starts anew. */
must_use enum status event_table_drop(duckdb_connection connection, struct event_tables *tables,
                                      struct event_table *table, struct error *err);

/* BEGIN, and COMMIT or ROLLBACK by `status`; returns `status` or why COMMIT failed. */
must_use enum status event_begin(duckdb_connection connection, struct error *err);

/* COMMIT where `status` is OK, else ROLLBACK; returns `status`, or why COMMIT failed. */
must_use enum status event_end(duckdb_connection connection, enum status status, struct error *err);

/* Ends a transaction that failed; the connection is free for the next one. */
void event_rollback(duckdb_connection connection);

/* Runs printf-made SQL and forgets its result; `sql` is emptied. */
must_use enum status event_run(duckdb_connection connection, struct buf *sql, struct error *err);

/* The rows of a small query as a frame. */
must_use enum status event_read(duckdb_connection connection, const char *sql, struct frame **ret_frame,
                                struct error *err);

/* A cell of text of such a frame; empty where it is missing. */
str event_text_at(const struct frame *frame, size_t column, size_t row);

/* "DOUBLE", "BIGINT", ...; and the C API's type. */
const char *event_sql_type(enum event_value_kind kind);

/* The type of that kind in the C API; TIME is TIMESTAMP. */
duckdb_type event_duckdb_type(enum event_value_kind kind);

#define EVENT_SQL_BYTES_MAX ((size_t)16 << 20)

#endif
