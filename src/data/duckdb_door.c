#include "data/duckdb_door.h"

#include <pthread.h>

#include "base/mem.h"
#include "data/duckdb_library.h"

/* What DuckDB puts in front of its messages, and what a caller can do about it. */
static const struct {
    str prefix;
    enum status status;
} classes[] = {
    { STR("IO Error: "), ERR_UNAVAILABLE },
    { STR("Out of Memory Error: "), ERR_LIMIT },
    { STR("Permission Error: "), ERR_UNAVAILABLE },
    { STR("Constraint Error: "), ERR_CONFLICT },
    { STR("TransactionContext Error: "), ERR_CONFLICT },
    { STR("Serialization Error: "), ERR_CORRUPT },
    { STR("INTERNAL Error: "), ERR_CORRUPT },
    { STR("FATAL Error: "), ERR_CORRUPT },
    { STR("Interrupt Error: "), ERR_UNAVAILABLE },
    { STR("Catalog Error: "), ERR_NOT_FOUND },
    { STR("Invalid Input Error: "), ERR_INVALID },
    { STR("Invalid Error: "), ERR_INVALID },
    { STR("Conversion Error: "), ERR_INVALID },
    { STR("Binder Error: "), ERR_INVALID },
    { STR("Parser Error: "), ERR_INVALID },
    { STR("Out of Range Error: "), ERR_INVALID },
    { STR("Not implemented Error: "), ERR_INVALID },
    { STR("Error: "), ERR_INVALID },
};

/* Words inside a message that say more than its class does. */
static const struct {
    const char *words;
    enum status status;
} tells[] = {
    { "No files found that match", ERR_NOT_FOUND },
    { "Could not set lock on file", ERR_CONFLICT },
    { "magic bytes", ERR_CORRUPT },
    { "too small to be a Parquet", ERR_CORRUPT },
    { "orrupt", ERR_CORRUPT },
    { "not a valid DuckDB database file", ERR_CORRUPT },
    { "TProtocolException", ERR_CORRUPT },
    { "don't know what type", ERR_CORRUPT },
    { "decompression", ERR_CORRUPT },
    { "checksum", ERR_CORRUPT },
    { "could not allocate", ERR_LIMIT },
    { "No space left", ERR_UNAVAILABLE },
};

/* The first paragraph: behind it come "LINE 1: select ...", candidates, and lists of possible solutions. */
static str first_paragraph(str text)
{
    for (size_t i = 0; i + 1 < text.size; i++) {
        str rest = str_slice(text, i + 1, text.size);
        if (text.data[i] == '\n' && (rest.data[0] == '\n' || str_has_prefix(rest, STR("LINE "))))
            return str_slice(text, 0, i);
    }
    return text;
}

/* One line without control characters, blanks at its ends or a full stop. */
static void clean(str text, char cleaned[512])
{
    size_t size = 0;
    for (size_t i = 0; i < text.size && size + 1 < 512; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool is_gap = byte < ' ' || byte == 127 || byte == ' ';
        if (is_gap && (size == 0 || cleaned[size - 1] == ' '))
            continue;
        cleaned[size++] = is_gap ? ' ' : (char)byte;
    }
    while (size > 0 && (cleaned[size - 1] == ' ' || cleaned[size - 1] == '.'))
        size--;
    cleaned[size] = '\0';
}

enum status duckdb_door_error(struct error *err, const char *message)
{
    enum status status = ERR_INVALID;
    str text = str_of(message);
    for (size_t i = 0; i < COUNT(classes); i++) {
        if (str_has_prefix(text, classes[i].prefix)) {
            status = classes[i].status;
            text = str_slice(text, classes[i].prefix.size, text.size);
            break;
        }
    }
    char cleaned[512];
    clean(first_paragraph(text), cleaned);
    for (size_t i = 0; i < COUNT(tells); i++) {
        if (strstr(cleaned, tells[i].words) != NULL) {
            status = tells[i].status;
            break;
        }
    }
    return error_set(err, status, "%s", cleaned[0] != '\0' ? cleaned : "the database gave no reason");
}

static enum status set_option(duckdb_config config, const char *name, const char *value, struct error *err)
{
    if (duckdb_set_config(config, name, value) == DuckDBError)
        return error_set(err, ERR_UNAVAILABLE, "this libduckdb does not know the setting %s", name);
    return OK;
}

static enum status configure(duckdb_config config, const struct duckdb_settings *settings, struct error *err)
{
    /* Nothing is fetched or loaded behind the user's back, and nothing spills into the working folder. The
     * file cache would keep a second copy of what we read once. */
    static const char *const always[][2] = {
        { "autoinstall_known_extensions", "false" }, { "autoload_known_extensions", "false" },
        { "allow_community_extensions", "false" },   { "allow_unsigned_extensions", "false" },
        { "enable_external_file_cache", "false" },   { "preserve_insertion_order", "true" },
    };
    for (size_t i = 0; i < COUNT(always); i++)
        TRY(set_option(config, always[i][0], always[i][1], err));
    char text[32];
    (void)snprintf(text, sizeof text, "%zu", MAX_OF(settings->threads, 1));
    TRY(set_option(config, "threads", text, err));
    if (settings->memory_bytes_max != 0) {
        (void)snprintf(text, sizeof text, "%zuB", settings->memory_bytes_max);
        TRY(set_option(config, "memory_limit", text, err));
    }
    TRY(set_option(config, "temp_directory", settings->temp_folder != NULL ? settings->temp_folder : "", err));
    TRY(set_option(config, "access_mode", settings->is_read_only ? "READ_ONLY" : "AUTOMATIC", err));
    return OK;
}

enum status duckdb_door_open(const struct duckdb_settings *settings, duckdb_database *ret_database, struct error *err)
{
    TRY(duckdb_library_load(err));
    duckdb_config config = NULL;
    if (duckdb_create_config(&config) == DuckDBError)
        return error_set(err, ERR_LIMIT, "no memory for DuckDB's settings");
    enum status status = configure(config, settings, err);
    if (status == OK) {
        char *message = NULL;
        duckdb_database database = NULL;
        if (duckdb_open_ext(settings->path, &database, config, &message) == DuckDBError)
            status = duckdb_door_error(err, message);
        else
            *ret_database = database;
        duckdb_free(message);
    }
    duckdb_destroy_config(&config);
    return status;
}

/* Opened by whoever comes first; a failure is kept as well, since a second try would fail the same way. */
static struct {
    pthread_once_t once;
    duckdb_database database;
    struct error error;
} shared = { .once = PTHREAD_ONCE_INIT };

static void open_shared(void)
{
    shared.error.status = duckdb_door_open(&(struct duckdb_settings){ .threads = 1 }, &shared.database, &shared.error);
}

enum status duckdb_door_shared(duckdb_database *ret_database, struct error *err)
{
    (void)pthread_once(&shared.once, open_shared); /* fails only for a bad argument */
    if (shared.database == NULL)
        return error_set(err, shared.error.status, "open DuckDB: %s", shared.error.cause);
    *ret_database = shared.database;
    return OK;
}

enum status duckdb_door_connect(duckdb_database database, duckdb_connection *ret_connection, struct error *err)
{
    if (duckdb_connect(database, ret_connection) == DuckDBError)
        return error_set(err, ERR_UNAVAILABLE, "DuckDB gives no connection");
    return OK;
}

static duckdb_state bind_one(duckdb_prepared_statement statement, idx_t index, const struct duckdb_binding *binding)
{
    switch (binding->kind) {
    case DUCKDB_BIND_NULL:
        return duckdb_bind_null(statement, index);
    case DUCKDB_BIND_I64:
        return duckdb_bind_int64(statement, index, binding->i64);
    case DUCKDB_BIND_F64:
        return duckdb_bind_double(statement, index, binding->f64);
    case DUCKDB_BIND_TEXT:
        return duckdb_bind_varchar_length(statement, index, binding->text.size != 0 ? binding->text.data : "",
                                          binding->text.size);
    case DUCKDB_BIND_TIME_US:
        return duckdb_bind_timestamp(statement, index, (duckdb_timestamp){ binding->i64 });
    }
    return DuckDBError;
}

static void pending_slot(duckdb_pending_result *pending)
{
    duckdb_destroy_pending(pending);
}

enum status duckdb_door_prepare(duckdb_connection connection, str sql, const struct duckdb_binding *bindings,
                                size_t binding_count, duckdb_prepared_statement *ret_statement, struct error *err)
{
    CLEANUP(mem_free_slot) char *terminated = mem_array(sql.size + 1, 1);
    if (terminated == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a statement of %zu bytes", sql.size);
    memcpy(terminated, sql.data, sql.size);
    CLEANUP(duckdb_door_statement_slot) duckdb_prepared_statement statement = NULL;
    if (duckdb_prepare(connection, terminated, &statement) == DuckDBError)
        return duckdb_door_error(err, duckdb_prepare_error(statement));
    for (size_t i = 0; i < binding_count; i++)
        if (bind_one(statement, i + 1, &bindings[i]) == DuckDBError)
            return error_set(err, ERR_INVALID, "value %zu of a statement can't be bound", i + 1);
    *ret_statement = statement;
    statement = NULL;
    return OK;
}

enum status duckdb_door_stream(duckdb_prepared_statement statement, duckdb_result *ret_result, struct error *err)
{
    CLEANUP(pending_slot) duckdb_pending_result pending = NULL;
    if (duckdb_pending_prepared_streaming(statement, &pending) == DuckDBError)
        return duckdb_door_error(err, duckdb_pending_error(pending));
    duckdb_result result = { 0 };
    if (duckdb_execute_pending(pending, &result) == DuckDBError) {
        const char *message = duckdb_result_error(&result);
        enum status status = duckdb_door_error(err, message != NULL ? message : duckdb_pending_error(pending));
        duckdb_destroy_result(&result);
        return status;
    }
    *ret_result = result;
    return OK;
}

enum status duckdb_door_query(duckdb_connection connection, str sql, const struct duckdb_binding *bindings,
                              size_t binding_count, duckdb_result *ret_result, struct error *err)
{
    CLEANUP(duckdb_door_statement_slot) duckdb_prepared_statement statement = NULL;
    TRY(duckdb_door_prepare(connection, sql, bindings, binding_count, &statement, err));
    return duckdb_door_stream(statement, ret_result, err);
}

enum status duckdb_door_fetch(duckdb_result *result, duckdb_data_chunk *ret_chunk, struct error *err)
{
    *ret_chunk = duckdb_fetch_chunk(*result);
    const char *message = *ret_chunk == NULL ? duckdb_result_error(result) : NULL;
    return message == NULL || message[0] == '\0' ? OK : duckdb_door_error(err, message);
}

enum status duckdb_door_run(duckdb_connection connection, str sql, const struct duckdb_binding *bindings,
                            size_t binding_count, struct error *err)
{
    CLEANUP(duckdb_door_statement_slot) duckdb_prepared_statement statement = NULL;
    TRY(duckdb_door_prepare(connection, sql, bindings, binding_count, &statement, err));
    duckdb_result result = { 0 };
    duckdb_state state = duckdb_execute_prepared(statement, &result);
    enum status status = state == DuckDBError ? duckdb_door_error(err, duckdb_result_error(&result)) : OK;
    duckdb_destroy_result(&result);
    return status;
}

static bool append_quoted(struct buf *sql, str text, char quote)
{
    (void)buf_append_byte(sql, quote); /* an overfull buffer remembers it */
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == quote)
            (void)buf_append_byte(sql, quote);
        (void)buf_append_byte(sql, text.data[i]);
    }
    return buf_append_byte(sql, quote);
}

bool duckdb_door_identifier(struct buf *sql, str name)
{
    return append_quoted(sql, name, '"');
}

bool duckdb_door_literal(struct buf *sql, str text)
{
    return append_quoted(sql, text, '\'');
}
