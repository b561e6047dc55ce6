#include "data/duckdb_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <duckdb.h>

/* Never closed: connections of other threads may still be at work when the process ends. */
static struct {
    pthread_once_t once;
    void *handle;
    char reason[256];
} library = { .once = PTHREAD_ONCE_INIT };

static void load(void)
{
    /* Found by the program's own run path: beside the sources, or in PREFIX/lib/kedge. */
    library.handle = dlopen("libduckdb.so", RTLD_LAZY | RTLD_LOCAL);
    if (library.handle == NULL)
        (void)snprintf(library.reason, sizeof library.reason, "%s", dlerror());
}

enum status duckdb_library_load(struct error *err)
{
    (void)pthread_once(&library.once, load); /* fails only for a bad argument */
    if (library.handle == NULL)
        return error_set(err, ERR_UNAVAILABLE, "libduckdb can't be loaded: %s", library.reason);
    return OK;
}

/* The function of that name. Without it the library is another one than the header, which nothing can heal. */
static void *find(const char *name)
{
    void *function = duckdb_library_load(NULL) == OK ? dlsym(library.handle, name) : NULL;
    if (function == NULL) {
        fprintf(stderr, "kedge: libduckdb has no function %s\n", name);
        abort();
    }
    return function;
}

/* Defines a function that passes its arguments on. Threads that find the real one together find the same; the acquiring
 * load pairs with the releasing store, behind which the library has been relocated. */
#define LAZY(type, name, parameters, arguments)                                                                        \
    type name parameters                                                                                               \
    {                                                                                                                  \
        static _Atomic(void *) real;                                                                                   \
        void *function = atomic_load_explicit(&real, memory_order_acquire);                                            \
        if (function == NULL) {                                                                                        \
            function = find(#name);                                                                                    \
            atomic_store_explicit(&real, function, memory_order_release);                                              \
        }                                                                                                              \
        return ((__typeof__(&name))function) arguments;                                                                \
    }

LAZY(duckdb_state, duckdb_append_data_chunk, (duckdb_appender appender, duckdb_data_chunk chunk), (appender, chunk))
LAZY(duckdb_state, duckdb_append_int64, (duckdb_appender appender, int64_t value), (appender, value))
LAZY(duckdb_state, duckdb_append_varchar_length,
     (duckdb_appender appender, const char *val, idx_t length), (appender, val, length))
LAZY(duckdb_state, duckdb_appender_close, (duckdb_appender appender), (appender))
LAZY(duckdb_state, duckdb_appender_create,
     (duckdb_connection connection, const char *schema, const char *table, duckdb_appender *out_appender),
     (connection, schema, table, out_appender))
LAZY(duckdb_state, duckdb_appender_destroy, (duckdb_appender *appender), (appender))
LAZY(duckdb_state, duckdb_appender_end_row, (duckdb_appender appender), (appender))
LAZY(const char *, duckdb_appender_error, (duckdb_appender appender), (appender))
LAZY(duckdb_state, duckdb_bind_double,
     (duckdb_prepared_statement statement, idx_t param_idx, double val), (statement, param_idx, val))
LAZY(duckdb_state, duckdb_bind_int64,
     (duckdb_prepared_statement statement, idx_t param_idx, int64_t val), (statement, param_idx, val))
LAZY(duckdb_state, duckdb_bind_null, (duckdb_prepared_statement statement, idx_t param_idx), (statement, param_idx))
LAZY(duckdb_state, duckdb_bind_timestamp,
     (duckdb_prepared_statement statement, idx_t param_idx, duckdb_timestamp val), (statement, param_idx, val))
LAZY(duckdb_state, duckdb_bind_varchar_length,
     (duckdb_prepared_statement statement, idx_t param_idx, const char *val, idx_t length),
     (statement, param_idx, val, length))
LAZY(void, duckdb_close, (duckdb_database *database), (database))
LAZY(duckdb_state, duckdb_connect,
     (duckdb_database database, duckdb_connection *out_connection), (database, out_connection))
LAZY(duckdb_state, duckdb_create_config, (duckdb_config *out_config), (out_config))
LAZY(duckdb_data_chunk, duckdb_create_data_chunk,
     (duckdb_logical_type *types, idx_t column_count), (types, column_count))
LAZY(duckdb_logical_type, duckdb_create_logical_type, (duckdb_type type), (type))
LAZY(idx_t, duckdb_data_chunk_get_size, (duckdb_data_chunk chunk), (chunk))
LAZY(duckdb_vector, duckdb_data_chunk_get_vector, (duckdb_data_chunk chunk, idx_t col_idx), (chunk, col_idx))
LAZY(void, duckdb_data_chunk_reset, (duckdb_data_chunk chunk), (chunk))
LAZY(void, duckdb_data_chunk_set_size, (duckdb_data_chunk chunk, idx_t size), (chunk, size))
LAZY(void, duckdb_destroy_config, (duckdb_config *config), (config))
LAZY(void, duckdb_destroy_data_chunk, (duckdb_data_chunk *chunk), (chunk))
LAZY(void, duckdb_destroy_extracted, (duckdb_extracted_statements *extracted_statements), (extracted_statements))
LAZY(void, duckdb_destroy_logical_type, (duckdb_logical_type *type), (type))
LAZY(void, duckdb_destroy_pending, (duckdb_pending_result *pending_result), (pending_result))
LAZY(void, duckdb_destroy_prepare, (duckdb_prepared_statement *statement), (statement))
LAZY(void, duckdb_destroy_result, (duckdb_result *result), (result))
LAZY(void, duckdb_disconnect, (duckdb_connection *connection), (connection))
LAZY(duckdb_state, duckdb_execute_pending,
     (duckdb_pending_result pending_result, duckdb_result *out_result), (pending_result, out_result))
LAZY(duckdb_state, duckdb_execute_prepared,
     (duckdb_prepared_statement statement, duckdb_result *out_result), (statement, out_result))
LAZY(idx_t, duckdb_extract_statements,
     (duckdb_connection connection, const char *query, duckdb_extracted_statements *out_extracted_statements),
     (connection, query, out_extracted_statements))
LAZY(const char *, duckdb_extract_statements_error,
     (duckdb_extracted_statements extracted_statements), (extracted_statements))
LAZY(duckdb_data_chunk, duckdb_fetch_chunk, (duckdb_result result), (result))
LAZY(void, duckdb_free, (void *ptr), (ptr))
LAZY(void, duckdb_interrupt, (duckdb_connection connection), (connection))
LAZY(char *, duckdb_logical_type_get_alias, (duckdb_logical_type type), (type))
LAZY(idx_t, duckdb_nparams, (duckdb_prepared_statement statement), (statement))
LAZY(duckdb_state, duckdb_open_ext,
     (const char *path, duckdb_database *out_database, duckdb_config config, char **out_error),
     (path, out_database, config, out_error))
LAZY(const char *, duckdb_pending_error, (duckdb_pending_result pending_result), (pending_result))
LAZY(duckdb_state, duckdb_pending_prepared_streaming,
     (duckdb_prepared_statement statement, duckdb_pending_result *out_result), (statement, out_result))
LAZY(duckdb_state, duckdb_prepare,
     (duckdb_connection connection, const char *query, duckdb_prepared_statement *out_prepared_statement),
     (connection, query, out_prepared_statement))
LAZY(const char *, duckdb_prepare_error, (duckdb_prepared_statement statement), (statement))
LAZY(duckdb_state, duckdb_prepare_extracted_statement,
     (duckdb_connection connection, duckdb_extracted_statements extracted_statements, idx_t index,
      duckdb_prepared_statement *out_prepared_statement),
     (connection, extracted_statements, index, out_prepared_statement))
LAZY(idx_t, duckdb_prepared_statement_column_count, (duckdb_prepared_statement statement), (statement))
LAZY(duckdb_logical_type, duckdb_prepared_statement_column_logical_type,
     (duckdb_prepared_statement statement, idx_t col_idx), (statement, col_idx))
LAZY(const char *, duckdb_prepared_statement_column_name,
     (duckdb_prepared_statement statement, idx_t col_idx), (statement, col_idx))
LAZY(duckdb_type, duckdb_prepared_statement_column_type,
     (duckdb_prepared_statement statement, idx_t col_idx), (statement, col_idx))
LAZY(duckdb_statement_type, duckdb_prepared_statement_type, (duckdb_prepared_statement statement), (statement))
LAZY(const char *, duckdb_result_error, (duckdb_result *result), (result))
LAZY(duckdb_state, duckdb_set_config,
     (duckdb_config config, const char *name, const char *option), (config, name, option))
LAZY(const char *, duckdb_string_t_data, (duckdb_string_t *string), (string))
LAZY(uint32_t, duckdb_string_t_length, (duckdb_string_t string), (string))
LAZY(void, duckdb_vector_assign_string_element_len,
     (duckdb_vector vector, idx_t index, const char *text, idx_t size), (vector, index, text, size))
LAZY(void, duckdb_vector_ensure_validity_writable, (duckdb_vector vector), (vector))
LAZY(void *, duckdb_vector_get_data, (duckdb_vector vector), (vector))
LAZY(uint64_t *, duckdb_vector_get_validity, (duckdb_vector vector), (vector))
idx_t duckdb_vector_size(void); /* duckdb.h declares it without a prototype */
LAZY(idx_t, duckdb_vector_size, (void), ())
