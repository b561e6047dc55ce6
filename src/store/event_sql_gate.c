#include "store/event_sql_gate.h"

#include "store/event_tables.h"

/* They make rows of their arguments; every other table function reads something. */
static const char *const table_functions[] = {
    "range", "generate_series", "unnest", "repeat", "json_each", "json_tree",
};

/* They tell of the process, its settings, its catalog (the text of a view names files), or write. Functions of
 * Postgres's catalog begin with pg_ and are refused as a whole. */
static const char *const hidden_functions[] = {
    "current_setting", "getenv", "getvariable", "version", "json_serialize_plan", "write_log", "nextval", "currval",
    "current_connection_id", "current_query_id", "current_transaction_id", "txid_current", "get_block_size",
    "inet_client_addr", "inet_client_port", "inet_server_addr", "inet_server_port", "stats",
};
static const char *const shown_postgres_functions[] = { "pg_typeof", "pg_size_pretty" };

/* Of information_schema: names and types, while its view "views" has the text of views. */
static const char *const information_views[] = { "tables", "columns", "schemata" };

/* SHOW TABLES and SHOW ALL TABLES, as the parser spells them; SHOW DATABASES is none of them. */
static const char *const showings[] = { "\"tables\"", "__show_tables_expanded" };

/* Every object of the tree that has a name which matters; `place` is the key under which it stands. A name may be a
 * view's of ours, a view's of DuckDB, and a name that a WITH gives; the last one counts only where DuckDB has no such
 * view, because it may be given in another part of the statement. */
static const char query_before[] =
    "WITH tree AS MATERIALIZED (SELECT id, parent, key, path, atom ->> '$' AS text FROM json_tree(json_serialize_sql(";
static const char query_behind[] =
    ", skip_null := true, skip_empty := true, skip_default := true))), object AS (SELECT parent AS id,"
    " max(text) FILTER (WHERE key = 'type') AS type,"
    " max(text) FILTER (WHERE key = 'function_name') AS function_name,"
    " max(text) FILTER (WHERE key = 'table_name') AS table_name,"
    " max(text) FILTER (WHERE key = 'schema_name') AS schema_name,"
    " max(text) FILTER (WHERE key = 'catalog_name') AS catalog_name,"
    " max(text) FILTER (WHERE key = 'error_message') AS error_message FROM tree GROUP BY parent),"
    " given AS (SELECT DISTINCT lower(text) AS name FROM tree WHERE key = 'key' AND contains(path, '.cte_map.map['))"
    " SELECT o.type, p.key AS place, o.function_name, o.table_name, o.schema_name, o.catalog_name, o.error_message,"
    " CASE WHEN v.internal THEN 'duckdb' WHEN v.internal IS NOT NULL THEN 'ours'"
    " WHEN g.name IS NOT NULL THEN 'given' END AS known,"
    " current_database() AS database"
    " FROM object o LEFT JOIN tree p ON p.id = o.id"
    " LEFT JOIN (SELECT lower(view_name) AS name, bool_and(internal) AS internal FROM duckdb_views()"
    " WHERE schema_name = 'main' GROUP BY 1) v ON v.name = lower(o.table_name)"
    " LEFT JOIN given g ON g.name = lower(o.table_name)"
    " WHERE o.function_name IS NOT NULL OR o.table_name IS NOT NULL OR o.error_message IS NOT NULL";

enum { TYPE, PLACE, FUNCTION, TABLE, SCHEMA, CATALOG, FAILURE, KNOWN, DATABASE };

static bool is_among(str name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal_ignoring_case(name, str_of(names[i])))
            return true;
    return false;
}

static bool is_shown_function(str name, bool makes_rows)
{
    if (makes_rows)
        return is_among(name, table_functions, COUNT(table_functions));
    if (str_equal_ignoring_case(str_slice(name, 0, 3), STR("pg_")))
        return is_among(name, shown_postgres_functions, COUNT(shown_postgres_functions));
    return !is_among(name, hidden_functions, COUNT(hidden_functions));
}

static bool is_shown_table(const struct frame *names, size_t row)
{
    str table = event_text_at(names, TABLE, row), schema = event_text_at(names, SCHEMA, row);
    str catalog = event_text_at(names, CATALOG, row), known = event_text_at(names, KNOWN, row);
    if (!str_is_empty(catalog) && !str_equal_ignoring_case(catalog, event_text_at(names, DATABASE, row)))
        return false;
    if (str_equal_ignoring_case(schema, STR("information_schema")))
        return is_among(table, information_views, COUNT(information_views));
    bool is_ours = str_equal(known, STR("ours"));
    if (!str_is_empty(schema))
        return str_equal_ignoring_case(schema, STR("main")) && is_ours;
    return is_ours || str_equal(known, STR("given"));
}

static enum status judge(const struct frame *names, size_t row, struct error *err)
{
    str failure = event_text_at(names, FAILURE, row), function = event_text_at(names, FUNCTION, row);
    str table = event_text_at(names, TABLE, row), schema = event_text_at(names, SCHEMA, row);
    bool is_showing = str_equal(event_text_at(names, TYPE, row), STR("SHOW_REF"));
    if (!str_is_empty(failure))
        return error_set(err, ERR_INVALID, "only a SELECT is allowed here");
    if (!str_is_empty(function))
        return is_shown_function(function, str_equal(event_text_at(names, PLACE, row), STR("function")))
                   ? OK
                   : error_set(err, ERR_INVALID, "the function %.*s is not for queries over events", STR_ARG(function));
    if (is_showing ? str_is_empty(table) || is_among(table, showings, COUNT(showings)) : is_shown_table(names, row))
        return OK;
    return error_set(err, ERR_INVALID,
                     "there is no view %.*s%s%.*s here; SHOW TABLES lists those of models, events and labels", STR_ARG(schema), str_is_empty(schema) ? "" : ".", STR_ARG(table));
}

enum status event_sql_gate(duckdb_connection connection, str sql, struct error *err)
{
    CLEANUP(buf_done) struct buf query;
    CLEANUP(frame_free_slot) struct frame *names = NULL;
    buf_init(&query, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&query, STR(query_before)); /* the end says whether all of it fitted */
    (void)duckdb_door_literal(&query, sql);
    (void)buf_append(&query, STR(query_behind));
    if (!buf_append_byte(&query, '\0'))
        return error_set(err, ERR_LIMIT, "the statement is too long");
    TRY(event_read(connection, query.data, &names, err));
    for (size_t row = 0; row < names->rows; row++)
        TRY(judge(names, row, err));
    return OK;
}
