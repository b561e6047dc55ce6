/* store/event_views.c - the views of event_tables.h: one text of SQL a view. */
#include <limits.h>
#include <string.h>

#include "store/event_tables.h"

/* Whether the model's name can't be its view's: it is the name of another view, as DuckDB compares names. */
static bool is_view_name_taken(const struct event_tables *tables, const struct event_table *table)
{
    if (str_equal_ignoring_case(table->name, STR("events")) || str_equal_ignoring_case(table->name, STR("labels")))
        return true;
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *other = tables->by_name.entries[i].pointer;
        if (other->id < table->id && str_equal_ignoring_case(other->name, table->name))
            return true;
    }
    return false;
}

static void put_view_name(struct buf *sql, const struct event_tables *tables, const struct event_table *table)
{
    if (!is_view_name_taken(tables, table)) {
        (void)duckdb_door_identifier(sql, table->name); /* event_run asks whether all of it fitted */
        return;
    }
    char name[EVENT_NAME_BYTES_MAX + 32];
    (void)snprintf(name, sizeof name, "%.*s_model%lld", STR_ARG(table->name), (long long)table->id);
    (void)duckdb_door_identifier(sql, str_of(name));
}

/* vID: the table and, where there are files, their rows with columns matched by name. */
static enum status make_source_view(duckdb_connection connection, const struct event_tables *tables,
                                    const struct event_table *table, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    char query[128];
    (void)snprintf(query, sizeof query, "SELECT file FROM store.files WHERE model_id = %lld ORDER BY day, file",
                   (long long)table->id);
    CLEANUP(frame_free_slot) struct frame *files = NULL;
    TRY(event_read(connection, query, &files, err));

    (void)buf_printf(&sql, "CREATE OR REPLACE VIEW store.v%lld AS FROM store.e%lld", (long long)table->id,
                     (long long)table->id);
    if (files->rows > 0) {
        (void)buf_append(&sql, STR(" UNION ALL BY NAME FROM read_parquet(["));
        for (size_t row = 0; row < files->rows; row++) {
            (void)buf_append(&sql, row > 0 ? STR(", ") : STR(""));
            char path[PATH_MAX];
            (void)snprintf(path, sizeof path, "%s/%.*s", tables->history_folder,
                           STR_ARG(event_text_at(files, 0, row)));
            (void)duckdb_door_literal(&sql, str_of(path));
        }
        (void)buf_append(&sql, STR("], union_by_name = true, hive_partitioning = false)"));
    }
    return event_run(connection, &sql, err);
}

/* The model's own view: its columns by their table names, the target that counts, what every event has. */
static enum status make_model_view(duckdb_connection connection, const struct event_tables *tables,
                                   const struct event_table *table, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    bool has_target = event_schema_find(&table->schema, EVENT_ROLE_TARGET, STR("target")) != NULL;
    (void)buf_append(&sql, STR("CREATE OR REPLACE VIEW main."));
    put_view_name(&sql, tables, table);
    (void)buf_append(&sql, STR(" AS SELECT "));
    for (size_t i = 0; i < table->schema.count; i++) {
        const struct event_column *column = &table->schema.columns[i];
        (void)buf_append(&sql, column->role == EVENT_ROLE_TARGET ? STR("coalesce(l.target, e.target) AS ") : STR("e."));
        (void)duckdb_door_identifier(&sql, column->column);
        (void)buf_append(&sql, STR(", "));
    }
    (void)buf_printf(&sql, "e.prediction_id, e.\"timestamp\", e.model_version, e.arrived FROM store.v%lld e",
                     (long long)table->id);
    if (has_target)
        (void)buf_printf(&sql,
                         " LEFT JOIN (SELECT prediction_id, arg_max(target, arrival_index) AS target FROM store.l%lld "
                         "GROUP BY prediction_id) l ON l.prediction_id = e.prediction_id", (long long)table->id);
    return event_run(connection, &sql, err);
}

/* One branch of main.events or main.labels. */
static void put_branch(struct buf *sql, const struct event_tables *tables, const struct event_table *table,
                       bool is_labels)
{
    bool has_target = event_schema_find(&table->schema, EVENT_ROLE_TARGET, STR("target")) != NULL;
    bool has_prediction = event_schema_find(&table->schema, EVENT_ROLE_PREDICTION, STR("prediction")) != NULL;
    (void)buf_append(sql, STR("SELECT "));
    (void)duckdb_door_literal(sql, table->name);
    (void)buf_append(sql, STR(" AS model_name, "));
    if (!is_labels)
        (void)buf_printf(sql, "model_version, %s AS prediction, ",
                         has_prediction ? "CAST(prediction AS VARCHAR)" : "CAST(NULL AS VARCHAR)");
    (void)buf_printf(sql, "prediction_id, \"timestamp\", %s AS target, arrived FROM ",
                     has_target ? "CAST(target AS VARCHAR)" : "CAST(NULL AS VARCHAR)");
    if (is_labels) {
        (void)buf_printf(sql, "store.l%lld", (long long)table->id);
    } else {
        (void)buf_append(sql, STR("main."));
        put_view_name(sql, tables, table);
    }
}

static enum status make_shared_view(duckdb_connection connection, const struct event_tables *tables,
                                    const struct event_table *also, bool is_labels, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql, "CREATE OR REPLACE VIEW main.%s AS ", is_labels ? "labels" : "events");
    size_t branches = 0;
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        if (!table->is_stored && table != also)
            continue;
        (void)buf_append(&sql, branches++ > 0 ? STR(" UNION ALL ") : STR(""));
        put_branch(&sql, tables, table, is_labels);
    }
    if (branches == 0)
        (void)buf_printf(&sql, "SELECT '' AS model_name,%s '' AS prediction_id, TIMESTAMP 'epoch' AS \"timestamp\", "
                         "'' AS target, TIMESTAMP 'epoch' AS arrived WHERE false",
                         is_labels ? "" : " '' AS model_version, '' AS prediction,");
    return event_run(connection, &sql, err);
}

enum status event_table_drop_view(duckdb_connection connection, const struct event_tables *tables,
                                  const struct event_table *table, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&sql, STR("DROP VIEW IF EXISTS main."));
    put_view_name(&sql, tables, table);
    return event_run(connection, &sql, err);
}

enum status event_tables_make_views(duckdb_connection connection, const struct event_tables *tables,
                                    const struct event_table *only, struct error *err)
{
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        if (only != NULL ? table != only : !table->is_stored)
            continue;
        TRY(make_source_view(connection, tables, table, err));
        TRY(make_model_view(connection, tables, table, err));
    }
    TRY(make_shared_view(connection, tables, only, false, err));
    return make_shared_view(connection, tables, only, true, err);
}
