#include "store/event_sql_gate.h"

#include "base/test.h"
#include "store/event_tables.h"

/* Names from DuckDB's own catalog, so that a newer library's functions are judged as well. */
static struct frame *names_of(duckdb_connection connection, const char *sql)
{
    struct frame *names = NULL;
    struct error err = { 0 };
    CHECK_OK(sql, event_read(connection, sql, &names, &err), &err);
    return names;
}

/* Asks the gate about `format` with the name in it. */
static enum status ask(duckdb_connection connection, const char *format, str name, struct error *err)
{
    struct buf sql;
    buf_init(&sql, 4096);
    bool fits = buf_append(&sql, str_of(format)) && duckdb_door_identifier(&sql, name) && buf_append(&sql, STR("()"));
    CHECK("fits", fits);
    enum status status = event_sql_gate(connection, buf_str(&sql), err);
    buf_done(&sql);
    return status;
}

static duckdb_connection connect_to_shared(void)
{
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    struct error err = { 0 };
    CHECK_OK("a database", duckdb_door_shared(&database, &err), &err);
    CHECK_OK("a connection", duckdb_door_connect(database, &connection, &err), &err);
    return connection;
}

TEST(event_sql_gate_lets_no_table_function_through_that_reads)
{
    static const char *const fine[] = { "range", "generate_series", "unnest", "repeat", "json_each", "json_tree" };
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_to_shared();
    struct frame *names = names_of(connection, "SELECT DISTINCT function_name FROM duckdb_functions() "
                                               "WHERE function_type IN ('table', 'table_macro', 'pragma')");
    size_t refused = 0;
    for (size_t row = 0; names != NULL && row < names->rows; row++) {
        str name = event_text_at(names, 0, row);
        bool is_fine = false;
        for (size_t i = 0; i < COUNT(fine); i++)
            is_fine |= str_equal(name, str_of(fine[i]));
        struct error err = { 0 };
        enum status status = ask(connection, "SELECT 1 FROM ", name, &err);
        if ((status == OK) != is_fine)
            test_fail(__FILE__, __LINE__, "%.*s: %s", STR_ARG(name), status == OK ? "gets through" : err.cause);
        refused += status == ERR_INVALID;
    }
    CHECK("DuckDB has a hundred of them", refused > 100);
    frame_free(names);
}

TEST(event_sql_gate_lets_no_function_through_that_speaks_of_the_process)
{
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = connect_to_shared();
    struct frame *names =
        names_of(connection, "SELECT DISTINCT function_name FROM duckdb_functions() "
                             "WHERE function_type IN ('scalar', 'macro') AND regexp_matches(function_name, "
                             "'setting|getenv|variable|^version|secret|plan$|execute|inet|write|nextval|currval|txid|connection|pg_get|pg_conf|postmaster|query_id|block_size')");
    CHECK("there are some", names != NULL && names->rows > 15);
    for (size_t row = 0; names != NULL && row < names->rows; row++) {
        struct error err = { 0 };
        if (ask(connection, "SELECT ", event_text_at(names, 0, row), &err) == OK)
            test_fail(__FILE__, __LINE__, "%.*s gets through", STR_ARG(event_text_at(names, 0, row)));
    }
    frame_free(names);
}
