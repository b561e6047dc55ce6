#include "data/duckdb_dialect.h"

#include "data/duckdb_door.h"

/* One character of a column; DuckDB writes "(empty)" for none. */
static char character(duckdb_data_chunk chunk, idx_t column)
{
    duckdb_string_t *texts = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column));
    return duckdb_string_t_length(texts[0]) == 1 ? *duckdb_string_t_data(&texts[0]) : '\0';
}

enum status duckdb_dialect_find(str path, struct csv_dialect *ret_dialect, struct error *err)
{
    duckdb_database database;
    TRY(duckdb_door_shared(&database, err));
    CLEANUP(duckdb_door_connection_slot) duckdb_connection connection = NULL;
    TRY(duckdb_door_connect(database, &connection, err));
    struct duckdb_binding binding = { .kind = DUCKDB_BIND_TEXT, .text = path };
    CLEANUP(duckdb_door_result_slot) duckdb_result result = { 0 };
    str sql = STR("SELECT Delimiter, Quote, Escape, Comment, SkipRows::UBIGINT FROM sniff_csv(?)");
    TRY(duckdb_door_query(connection, sql, &binding, 1, &result, err));
    CLEANUP(duckdb_door_chunk_slot) duckdb_data_chunk chunk = NULL;
    TRY(duckdb_door_fetch(&result, &chunk, err));
    if (chunk == NULL || duckdb_data_chunk_get_size(chunk) == 0)
        return error_set(err, ERR_INVALID, "no dialect of CSV fits");
    const uint64_t *skipped = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 4));
    *ret_dialect = (struct csv_dialect){ .delimiter = character(chunk, 0), .quote = character(chunk, 1),
                                         .escape = character(chunk, 2), .comment = character(chunk, 3),
                                         .skip_lines = skipped[0] };
    if (ret_dialect->escape == '\0')
        ret_dialect->escape = ret_dialect->quote;
    return ret_dialect->delimiter != '\0' ? OK : error_set(err, ERR_INVALID, "no dialect of CSV fits");
}
