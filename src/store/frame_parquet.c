#include "store/frame_parquet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/event_chunk.h"
#include "store/event_tables.h"

/* Memory that rows may take before DuckDB says no: references are some million rows. */
#define MEMORY_BYTES_MAX ((size_t)2 << 30)

/* Integers beyond this are not all doubles; a column that has one stays DOUBLE. */
#define EXACT_MAX 9007199254740992.0

static bool is_integral(const struct column *column)
{
    if (column->source != SOURCE_INTEGER)
        return false;
    for (size_t row = 0; row < column->rows; row++)
        if (!isnan(column->f64[row]) && !(fabs(column->f64[row]) <= EXACT_MAX &&
                                          column->f64[row] == trunc(column->f64[row])))
            return false;
    return true;
}

static bool is_boolean(const struct column *column)
{
    if (column->source != SOURCE_BOOLEAN)
        return false;
    for (size_t i = 0; i < column->category_count; i++)
        if (!str_equal(column->categories[i], STR("true")) && !str_equal(column->categories[i], STR("false")))
            return false;
    return true;
}

static enum event_value_kind kind_of(const struct column *column)
{
    switch (column->storage) {
    case STORAGE_NUMBER:
        return is_integral(column) ? EVENT_INTEGER : EVENT_NUMBER;
    case STORAGE_CATEGORY:
        return is_boolean(column) ? EVENT_BOOLEAN : EVENT_TEXT;
    case STORAGE_TIME:
        return EVENT_TIME;
    case STORAGE_COUNT:
        break;
    }
    return EVENT_TEXT;
}

static struct event_value cell_at(const struct column *column, enum event_value_kind kind, size_t row)
{
    struct event_value missing = { .kind = EVENT_MISSING };
    switch (column->storage) {
    case STORAGE_NUMBER:
        if (isnan(column->f64[row]))
            return missing;
        return kind == EVENT_INTEGER ? (struct event_value){ kind, .integer = (int64_t)column->f64[row] }
                                     : (struct event_value){ kind, .number = column->f64[row] };
    case STORAGE_CATEGORY:
        if (column->codes[row] == FRAME_MISSING)
            return missing;
        str text = column->categories[column->codes[row]];
        return kind == EVENT_BOOLEAN ? (struct event_value){ kind, .boolean = str_equal(text, STR("true")) }
                                     : (struct event_value){ kind, .text = text };
    case STORAGE_TIME:
        return column->us[row] == FRAME_TIME_MISSING ? missing : (struct event_value){ kind,
            .integer = column->us[row] };
    case STORAGE_COUNT:
        break;
    }
    return missing;
}

/* A table store.rows with columns c0, c1, ...: names of a frame may be alike but for case. */
static enum status fill_table(duckdb_connection connection, const struct frame *frame,
                              const enum event_value_kind *kinds,
                              struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&sql, STR("CREATE SCHEMA store")); /* event_run asks whether all of it fitted */
    TRY(event_run(connection, &sql, err));
    for (size_t i = 0; i < frame->column_count; i++)
        (void)buf_printf(&sql, "%sc%zu %s", i == 0 ? "CREATE TABLE store.rows (" : ", ", i, event_sql_type(kinds[i]));
    (void)buf_append(&sql, STR(")"));
    TRY(event_run(connection, &sql, err));
    struct event_chunk *chunk;
    TRY(event_chunk_open(connection, "rows", kinds, frame->column_count, &chunk, err));
    enum status status = OK;
    for (size_t row = 0; row < frame->rows && status == OK; row++) {
        for (size_t i = 0; i < frame->column_count; i++) {
            struct event_value value = cell_at(&frame->columns[i], kinds[i], row);
            event_chunk_put(chunk, i, &value);
        }
        status = event_chunk_end_row(chunk, err);
    }
    if (status == OK)
        status = event_chunk_flush(chunk, err);
    event_chunk_close(chunk);
    return status;
}

static enum status copy_table(duckdb_connection connection, const struct frame *frame, const char *path,
                              struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&sql, STR("COPY (SELECT ")); /* event_run asks whether all of it fitted */
    for (size_t i = 0; i < frame->column_count; i++) {
        (void)buf_printf(&sql, "%sc%zu AS ", i > 0 ? ", " : "", i);
        (void)duckdb_door_identifier(&sql, frame->columns[i].name);
    }
    (void)buf_append(&sql, STR(" FROM store.rows) TO "));
    (void)duckdb_door_literal(&sql, str_of(path));
    (void)buf_append(&sql, STR(" (FORMAT parquet, COMPRESSION zstd)"));
    return event_run(connection, &sql, err);
}

static enum status write_unsynced(const struct frame *frame, const char *path, struct error *err)
{
    CLEANUP(mem_free_slot) enum event_value_kind *kinds = mem_array(MAX_OF(frame->column_count, 1), sizeof *kinds);
    if (kinds == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu columns", frame->column_count);
    for (size_t i = 0; i < frame->column_count; i++)
        kinds[i] = kind_of(&frame->columns[i]);
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    TRY(duckdb_door_open(&(struct duckdb_settings){ .threads = 1, .memory_bytes_max = MEMORY_BYTES_MAX }, &database,
                         err));
    enum status status = duckdb_door_connect(database, &connection, err);
    if (status == OK)
        status = fill_table(connection, frame, kinds, err);
    if (status == OK)
        status = copy_table(connection, frame, path, err);
    if (connection != NULL)
        duckdb_disconnect(&connection);
    duckdb_close(&database);
    return status;
}

static enum status sync_and_rename(const char *temporary, const char *path, struct error *err)
{
    int fd = open(temporary, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", temporary, strerror(errno));
    int failed = fsync(fd) != 0, reason = errno;
    (void)close(fd); /* synced */
    if (failed)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", temporary, strerror(reason));
    if (rename(temporary, path) != 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    CLEANUP(mem_free_slot) char *folder = mem_copy_text(path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    return file_sync_folder(slash != NULL ? folder : ".", err);
}

enum status frame_write_parquet(const struct frame *frame, const char *path, struct error *err)
{
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.tmp", path) >= (int)sizeof temporary)
        return error_set(err, ERR_INVALID, "the path %.80s... is too long", path);
    enum status status = write_unsynced(frame, temporary, err);
    if (status == OK)
        status = sync_and_rename(temporary, path, err);
    if (status != OK)
        (void)unlink(temporary); /* not there, or the next write replaces it */
    return status;
}
