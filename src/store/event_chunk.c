#include "store/event_chunk.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "store/event_tables.h"

struct vector {
    enum event_value_kind kind;
    duckdb_vector handle;
    void *data;
    uint64_t *validity;
};

struct event_chunk {
    duckdb_appender appender;
    duckdb_data_chunk rows;
    struct vector *vectors;
    size_t column_count, row, row_max;
};

/* Starts an empty chunk: all cells NULL until they are put. */
static void begin(struct event_chunk *chunk)
{
    duckdb_data_chunk_reset(chunk->rows);
    for (size_t i = 0; i < chunk->column_count; i++) {
        struct vector *vector = &chunk->vectors[i];
        vector->handle = duckdb_data_chunk_get_vector(chunk->rows, i);
        vector->data = duckdb_vector_get_data(vector->handle);
        duckdb_vector_ensure_validity_writable(vector->handle);
        vector->validity = duckdb_vector_get_validity(vector->handle);
        memset(vector->validity, 0, (chunk->row_max + 63) / 64 * sizeof *vector->validity);
    }
    chunk->row = 0;
}

static duckdb_data_chunk make_rows(const enum event_value_kind *kinds, size_t column_count)
{
    duckdb_logical_type *types = mem_array(column_count, sizeof(duckdb_logical_type));
    if (types == NULL)
        return NULL;
    for (size_t i = 0; i < column_count; i++)
        types[i] = duckdb_create_logical_type(event_duckdb_type(kinds[i]));
    duckdb_data_chunk rows = duckdb_create_data_chunk(types, column_count);
    for (size_t i = 0; i < column_count; i++)
        duckdb_destroy_logical_type(&types[i]);
    mem_free(types);
    return rows;
}

enum status event_chunk_open(duckdb_connection connection, const char *table_name, const enum event_value_kind *kinds,
                             size_t column_count, struct event_chunk **ret_chunk, struct error *err)
{
    struct event_chunk *chunk = mem_must(sizeof *chunk);
    chunk->column_count = column_count;
    chunk->row_max = duckdb_vector_size();
    chunk->vectors = mem_array(column_count, sizeof *chunk->vectors);
    chunk->rows = make_rows(kinds, column_count);
    enum status status = OK;
    if (chunk->vectors == NULL || chunk->rows == NULL)
        status = error_set(err, ERR_LIMIT, "no memory for rows of %zu columns", column_count);
    else if (duckdb_appender_create(connection, "store", table_name, &chunk->appender) == DuckDBError)
        status = duckdb_door_error(err, duckdb_appender_error(chunk->appender));
    if (status != OK) {
        event_chunk_close(chunk);
        return status;
    }
    for (size_t i = 0; i < column_count; i++)
        chunk->vectors[i].kind = kinds[i];
    begin(chunk);
    *ret_chunk = chunk;
    return OK;
}

void event_chunk_close(struct event_chunk *chunk)
{
    if (chunk == NULL)
        return;
    if (chunk->appender != NULL)
        (void)duckdb_appender_destroy(&chunk->appender); /* event_chunk_flush has reported what can go wrong */
    if (chunk->rows != NULL)
        duckdb_destroy_data_chunk(&chunk->rows);
    mem_free(chunk->vectors);
    mem_free(chunk);
}

static void put_number(struct vector *vector, size_t row, double number)
{
    ((double *)vector->data)[row] = number;
    if (!isnan(number))
        vector->validity[row / 64] |= UINT64_C(1) << (row % 64);
}

void event_chunk_put(struct event_chunk *chunk, size_t column, const struct event_value *value)
{
    struct vector *vector = &chunk->vectors[column];
    size_t row = chunk->row;
    if (vector->kind == EVENT_NUMBER && value->kind == EVENT_NUMBER) {
        put_number(vector, row, value->number);
        return;
    }
    if (vector->kind == EVENT_NUMBER && value->kind == EVENT_INTEGER) {
        put_number(vector, row, (double)value->integer);
        return;
    }
    if (value->kind != vector->kind)
        return;
    switch (value->kind) {
    case EVENT_MISSING:
    case EVENT_NUMBER:
        return;
    case EVENT_INTEGER:
    case EVENT_TIME:
        ((int64_t *)vector->data)[row] = value->integer;
        break;
    case EVENT_BOOLEAN:
        ((bool *)vector->data)[row] = value->boolean;
        break;
    case EVENT_TEXT:
        duckdb_vector_assign_string_element_len(vector->handle, row, value->text.size != 0 ? value->text.data : "",
                                                value->text.size);
        break;
    }
    vector->validity[row / 64] |= UINT64_C(1) << (row % 64);
}

static enum status hand_over(struct event_chunk *chunk, struct error *err)
{
    if (chunk->row == 0)
        return OK;
    duckdb_data_chunk_set_size(chunk->rows, chunk->row);
    if (duckdb_append_data_chunk(chunk->appender, chunk->rows) == DuckDBError)
        return duckdb_door_error(err, duckdb_appender_error(chunk->appender));
    begin(chunk);
    return OK;
}

enum status event_chunk_end_row(struct event_chunk *chunk, struct error *err)
{
    return ++chunk->row == chunk->row_max ? hand_over(chunk, err) : OK;
}

enum status event_chunk_flush(struct event_chunk *chunk, struct error *err)
{
    TRY(hand_over(chunk, err));
    if (duckdb_appender_close(chunk->appender) == DuckDBError)
        return duckdb_door_error(err, duckdb_appender_error(chunk->appender));
    return OK;
}
