#include "store/event_tables.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "data/duckdb_frame.h"

const char *event_sql_type(enum event_value_kind kind)
{
    static const char *const names[] = { [EVENT_MISSING] = "DOUBLE",    [EVENT_NUMBER] = "DOUBLE",
                                         [EVENT_INTEGER] = "BIGINT",    [EVENT_BOOLEAN] = "BOOLEAN",
                                         [EVENT_TEXT] = "VARCHAR",      [EVENT_TIME] = "TIMESTAMP" };
    return names[kind];
}

duckdb_type event_duckdb_type(enum event_value_kind kind)
{
    static const duckdb_type types[] = { [EVENT_MISSING] = DUCKDB_TYPE_DOUBLE,  [EVENT_NUMBER] = DUCKDB_TYPE_DOUBLE,
                                         [EVENT_INTEGER] = DUCKDB_TYPE_BIGINT,  [EVENT_BOOLEAN] = DUCKDB_TYPE_BOOLEAN,
                                         [EVENT_TEXT] = DUCKDB_TYPE_VARCHAR,    [EVENT_TIME] = DUCKDB_TYPE_TIMESTAMP };
    return types[kind];
}

enum status event_begin(duckdb_connection connection, struct error *err)
{
    return duckdb_door_run(connection, STR("BEGIN TRANSACTION"), NULL, 0, err);
}

void event_rollback(duckdb_connection connection)
{
    struct error ignored = { 0 };
    if (duckdb_door_run(connection, STR("ROLLBACK"), NULL, 0, &ignored) != OK)
        LOG_DEBUG("nothing to roll back", log_error(&ignored)); /* a failed COMMIT has done so already */
}

enum status event_end(duckdb_connection connection, enum status status, struct error *err)
{
    if (status == OK)
        status = duckdb_door_run(connection, STR("COMMIT"), NULL, 0, err);
    if (status != OK)
        event_rollback(connection);
    return status;
}

enum status event_run(duckdb_connection connection, struct buf *sql, struct error *err)
{
    enum status status = buf_is_overfull(sql) ? error_set(err, ERR_LIMIT, "a statement of the event log is too long")
                                              : duckdb_door_run(connection, buf_str(sql), NULL, 0, err);
    buf_clear(sql);
    return status;
}

/* ---- catalog ---- */

enum status event_tables_create(duckdb_connection connection, struct error *err)
{
    static const char *const statements[] = {
        "CREATE SCHEMA IF NOT EXISTS store",
        "CREATE TABLE IF NOT EXISTS store.state (sequence BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS store.models (id BIGINT NOT NULL, name VARCHAR NOT NULL)",
        "CREATE TABLE IF NOT EXISTS store.columns (model_id BIGINT NOT NULL, place BIGINT NOT NULL, "
        "role BIGINT NOT NULL, name VARCHAR NOT NULL, column_name VARCHAR NOT NULL, type BIGINT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS store.files (model_id BIGINT NOT NULL, day BIGINT NOT NULL, file VARCHAR NOT NULL, "
        "row_count BIGINT NOT NULL, last_arrived TIMESTAMP NOT NULL)",
        "INSERT INTO store.state SELECT 0 WHERE NOT EXISTS (FROM store.state)",
    };
    TRY(event_begin(connection, err));
    enum status status = OK;
    for (size_t i = 0; i < COUNT(statements) && status == OK; i++)
        status = duckdb_door_run(connection, str_of(statements[i]), NULL, 0, err);
    return event_end(connection, status, err);
}

static enum status new_table(struct event_tables *tables, int64_t id, str name, struct event_table **ret_table,
                             struct error *err)
{
    struct event_table *table = arena_new(&tables->arena, struct event_table);
    table->id = id;
    table->name = arena_copy(&tables->arena, name);
    event_schema_init(&table->schema);
    enum status status = map_put(&tables->by_name, name, table, err);
    if (status != OK)
        event_schema_done(&table->schema);
    else
        *ret_table = table;
    return status;
}

enum status event_tables_of(struct event_tables *tables, str model_name, struct event_table **ret_table,
                            struct error *err)
{
    *ret_table = map_get(&tables->by_name, model_name);
    if (*ret_table != NULL)
        return OK;
    int64_t id = 1;
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        id = MAX_OF(id, table->id + 1);
    }
    return new_table(tables, id, model_name, ret_table, err);
}

void event_tables_done(struct event_tables *tables)
{
    for (size_t i = 0; i < tables->by_name.count; i++) {
        struct event_table *table = tables->by_name.entries[i].pointer;
        event_schema_done(&table->schema);
        mem_free(table->stored_types);
    }
    arena_done(&tables->arena);
    *tables = (struct event_tables){ 0 };
}

enum status event_read(duckdb_connection connection, const char *sql, struct frame **ret_frame, struct error *err)
{
    CLEANUP(buf_done) struct buf source;
    buf_init(&source, EVENT_SQL_BYTES_MAX);
    if (!buf_printf(&source, "(%s)", sql))
        return error_set(err, ERR_LIMIT, "a statement of the event log is too long");
    return duckdb_frame_read(connection, buf_str(&source),
                             &(struct duckdb_frame_options){ .origin = STR("the event log") },
                             ret_frame, err);
}

str event_text_at(const struct frame *frame, size_t column, size_t row)
{
    const struct column *texts = &frame->columns[column];
    return texts->codes[row] == FRAME_MISSING ? STR("") : texts->categories[texts->codes[row]];
}

static bool remember_types(struct event_table *table)
{
    size_t count = table->schema.count;
    enum event_value_kind *types = mem_regrow(table->stored_types, count, sizeof *types);
    if (types == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        types[i] = table->schema.columns[i].type;
    table->stored_types = types;
    table->stored_count = count;
    table->is_stored = true;
    table->is_behind = false;
    return true;
}

static enum status load_columns(duckdb_connection connection, struct event_tables *tables, struct error *err)
{
    CLEANUP(frame_free_slot) struct frame *rows = NULL;
    TRY(event_read(connection,
                   "SELECT m.name AS model, c.role, c.name, c.column_name, c.type FROM store.columns c JOIN "
                               "store.models m ON m.id = c.model_id ORDER BY c.model_id, c.place", &rows, err));
    for (size_t row = 0; row < rows->rows; row++) {
        struct event_table *table = map_get(&tables->by_name, event_text_at(rows, 0, row));
        double role = rows->columns[1].f64[row], type = rows->columns[4].f64[row];
        if (table == NULL || !(role >= 0 && role < EVENT_ROLE_COUNT && type > EVENT_MISSING && type <= EVENT_TIME))
            return error_set(err, ERR_CORRUPT, "the event log's catalog holds an impossible column");
        struct event_column column = { (enum event_role)role, event_text_at(rows, 2, row), event_text_at(rows, 3, row),
                                       (enum event_value_kind)type };
        TRY(event_schema_restore(&table->schema, &column, err));
    }
    return OK;
}

enum status event_tables_load(duckdb_connection connection, struct event_tables *tables, struct error *err)
{
    *tables = (struct event_tables){ 0 };
    arena_init(&tables->arena, 0);
    map_init(&tables->by_name, &tables->arena, EVENT_MODELS_MAX);
    CLEANUP(frame_free_slot) struct frame *rows = NULL;
    TRY(event_read(connection, "SELECT id, name FROM store.models ORDER BY id", &rows, err));
    for (size_t row = 0; row < rows->rows; row++) {
        struct event_table *table;
        TRY(new_table(tables, (int64_t)rows->columns[0].f64[row], event_text_at(rows, 1, row), &table, err));
    }
    TRY(load_columns(connection, tables, err));
    for (size_t i = 0; i < tables->by_name.count; i++)
        if (!remember_types(tables->by_name.entries[i].pointer))
            return error_set(err, ERR_LIMIT, "no memory for the event log's catalog");
    return OK;
}

/* ---- layout ---- */

static void put_column(struct buf *sql, const struct event_column *column)
{
    (void)duckdb_door_identifier(sql, column->column); /* event_run asks whether all of it fitted */
    (void)buf_printf(sql, " %s", event_sql_type(column->type));
}

static enum status create_tables(duckdb_connection connection, const struct event_table *table, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    const struct event_column *target = event_schema_find(&table->schema, EVENT_ROLE_TARGET, STR("target"));
    (void)buf_printf(&sql, "CREATE TABLE store.e%lld (arrival_index BIGINT, arrived TIMESTAMP, prediction_id VARCHAR, "
                     "\"timestamp\" TIMESTAMP, model_version VARCHAR", (long long)table->id);
    for (size_t i = 0; i < table->schema.count; i++) {
        (void)buf_append(&sql, STR(", "));
        put_column(&sql, &table->schema.columns[i]);
    }
    (void)buf_append(&sql, STR(")"));
    TRY(event_run(connection, &sql, err));
    (void)buf_printf(&sql, "CREATE TABLE store.l%lld (arrival_index BIGINT, arrived TIMESTAMP, prediction_id VARCHAR, "
                     "\"timestamp\" TIMESTAMP%s", (long long)table->id, target != NULL ? ", " : "");
    if (target != NULL)
        put_column(&sql, target);
    (void)buf_append(&sql, STR(")"));
    TRY(event_run(connection, &sql, err));
    struct duckdb_binding bindings[] = { { DUCKDB_BIND_I64, .i64 = table->id },
        { DUCKDB_BIND_TEXT, .text = table->name } };
    return duckdb_door_run(connection, STR("INSERT INTO store.models VALUES (?, ?)"), bindings, COUNT(bindings), err);
}

/* Adds or retypes one column; a target's in both tables. */
static enum status alter_tables(duckdb_connection connection, const struct event_table *table, size_t index,
                                struct error *err)
{
    const struct event_column *column = &table->schema.columns[index];
    bool is_new = index >= table->stored_count;
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    for (const char *kind = column->role == EVENT_ROLE_TARGET ? "el" : "e"; *kind != '\0'; kind++) {
        (void)buf_printf(&sql, "ALTER TABLE store.%c%lld %s COLUMN ", *kind, (long long)table->id, is_new
                         ? "ADD" : "ALTER");
        (void)duckdb_door_identifier(&sql, column->column);
        (void)buf_printf(&sql, " %s%s", is_new ? "" : "TYPE ", event_sql_type(column->type));
        TRY(event_run(connection, &sql, err));
    }
    return OK;
}

static enum status store_column_row(duckdb_connection connection, const struct event_table *table, size_t index,
                                    struct error *err)
{
    const struct event_column *column = &table->schema.columns[index];
    struct duckdb_binding bindings[] = {
        { DUCKDB_BIND_I64, .i64 = table->id },       { DUCKDB_BIND_I64, .i64 = (int64_t)index },
        { DUCKDB_BIND_I64, .i64 = column->role },    { DUCKDB_BIND_TEXT, .text = column->name },
        { DUCKDB_BIND_TEXT, .text = column->column }, { DUCKDB_BIND_I64, .i64 = column->type },
    };
    TRY(duckdb_door_run(connection, STR("DELETE FROM store.columns WHERE model_id = ? AND place = ?"), bindings, 2,
                        err));
    return duckdb_door_run(connection, STR("INSERT INTO store.columns VALUES (?, ?, ?, ?, ?, ?)"), bindings,
                           COUNT(bindings), err);
}

static enum status store_layout(duckdb_connection connection, const struct event_tables *tables,
                                const struct event_table *table, struct error *err)
{
    if (!table->is_stored)
        TRY(create_tables(connection, table, err));
    for (size_t i = 0; i < table->schema.count; i++) {
        bool is_same = i < table->stored_count && table->stored_types[i] == table->schema.columns[i].type;
        if (is_same)
            continue;
        if (table->is_stored)
            TRY(alter_tables(connection, table, i, err));
        TRY(store_column_row(connection, table, i, err));
    }
    return event_tables_make_views(connection, tables, table, err);
}

enum status event_table_store(duckdb_connection connection, struct event_tables *tables, struct event_table *table,
                              struct error *err)
{
    TRY(event_begin(connection, err));
    TRY(event_end(connection, store_layout(connection, tables, table, err), err));
    return remember_types(table) ? OK : error_set(err, ERR_LIMIT, "no memory for %zu columns", table->schema.count);
}

enum status event_table_drop(duckdb_connection connection, struct event_tables *tables, struct event_table *table,
                             struct error *err)
{
    static const char *const starts[] = {
        "DROP VIEW IF EXISTS store.v",          "DROP TABLE IF EXISTS store.e",
        "DROP TABLE IF EXISTS store.l",         "DELETE FROM store.columns WHERE model_id = ",
        "DELETE FROM store.files WHERE model_id = ", "DELETE FROM store.models WHERE id = ",
    };
    TRY(event_table_drop_view(connection, tables, table, err));
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    for (size_t i = 0; i < COUNT(starts); i++) {
        (void)buf_printf(&sql, "%s%lld", starts[i], (long long)table->id);
        TRY(event_run(connection, &sql, err));
    }
    table->is_stored = false;
    table->stored_count = 0;
    event_schema_done(&table->schema);
    event_schema_init(&table->schema);
    return event_tables_make_views(connection, tables, NULL, err);
}
