/* store/event_rollover.c - closed days to Parquet, retention, clearing.
 *
 * (R1) A day's file is written beside its place, synced, renamed, and its folder synced, before one transaction
 *      names it in store.files and deletes its rows. A crash before leaves a file that nobody names, which the next
 *      start removes; after it, both are done.
 * (R2) A file goes only after the transaction that forgets it, and when nobody reads (db_lock for writing). */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/civil.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/time_text.h"
#include "store/event_log_internal.h"

/* event_read of SQL that was put together; `sql` is emptied. */
static enum status read_rows(duckdb_connection connection, struct buf *sql, struct frame **ret_frame, struct error *err)
{
    if (!buf_append_byte(sql, '\0'))
        return error_set(err, ERR_LIMIT, "a statement of the event log is too long");
    enum status status = event_read(connection, sql->data, ret_frame, err);
    buf_clear(sql);
    return status;
}

/* ---- writing a day ---- */

/* As Hive does it: what a file name could misread becomes %XX. Long names end in a hash. */
static void put_folder_name(struct buf *path, str name)
{
    size_t start = path->size;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char byte = (unsigned char)name.data[i];
        bool is_plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
                        byte == '-' || byte == '_' || (byte == '.' && i > 0) || byte >= 0x80;
        /* asked by the caller */
        (void)(is_plain ? buf_append_byte(path, (char)byte) : buf_printf(path, "%%%02X", byte));
    }
    if (path->size - start > 200) {
        path->size = start + 180;
        (void)buf_printf(path, "-%016llx", (unsigned long long)hash_bytes(name, 0));
    }
}

struct day {
    const struct event_table *table;
    int64_t day; /* since the epoch */
    int64_t through; /* the last record in the table */
};

static void put_day_condition(struct buf *sql, const struct day *day)
{
    (void)buf_printf(sql, " WHERE \"timestamp\" >= make_timestamp(%lld) AND \"timestamp\" < make_timestamp(%lld)",
                     (long long)(day->day * CIVIL_US_PER_DAY), (long long)((day->day + 1) * CIVIL_US_PER_DAY));
}

/* HISTORY/model=NAME/date=2026-11-21/events-RECORD.parquet; the folder is made. */
static enum status make_day_path(struct event_log *log, const struct day *day, struct buf *path, struct error *err)
{
    char date[TIME_TEXT_MAX];
    (void)time_text_print_date(day->day * CIVIL_US_PER_DAY, date);
    (void)buf_printf(path, "%s/model=", log->history_folder);
    put_folder_name(path, day->table->name);
    (void)buf_printf(path, "/date=%s", date);
    (void)buf_append_byte(path, '\0');
    if (buf_is_overfull(path))
        return error_set(err, ERR_INVALID, "the path of a day's events is too long");
    TRY(file_make_folders(path->data, err));
    path->size--;
    (void)buf_printf(path, "/events-%lld.parquet", (long long)day->through);
    (void)buf_append_byte(path, '\0');
    return buf_is_overfull(path) ? error_set(err, ERR_INVALID, "the path of a day's events is too long") : OK;
}

static enum status sync_file(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    int failed = fsync(fd) != 0, reason = errno;
    (void)close(fd); /* synced */
    return failed ? error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(reason)) : OK;
}

static enum status write_day_file(struct event_log *log, const struct day *day, const char *path, struct error *err)
{
    CLEANUP(buf_done) struct buf sql, temporary;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    buf_init(&temporary, PATH_MAX);
    (void)buf_printf(&temporary, "%s.tmp", path);
    (void)buf_append_byte(&temporary, '\0');
    (void)buf_printf(&sql, "COPY (FROM store.e%lld", (long long)day->table->id);
    put_day_condition(&sql, day);
    (void)buf_append(&sql, STR(" ORDER BY \"timestamp\", arrival_index) TO "));
    (void)duckdb_door_literal(&sql, str_of(temporary.data));
    (void)buf_append(&sql, STR(" (FORMAT parquet, COMPRESSION zstd)"));
    enum status status = event_run(log->ingest_connection, &sql, err);
    if (status == OK)
        status = sync_file(temporary.data, err);
    if (status == OK && rename(temporary.data, path) != 0)
        status = error_set(err, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    if (status != OK) {
        (void)unlink(temporary.data); /* the sweep of the next start would find it */
        return status;
    }
    char *slash = strrchr(path, '/');
    CLEANUP(mem_free_slot) char *folder = mem_copy_text(path);
    folder[slash - path] = '\0';
    return file_sync_folder(folder, err);
}

/* Names the file, deletes the rows, renews the views: within the caller's transaction. */
static enum status exchange(struct event_log *log, const struct day *day, const char *path, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql, "INSERT INTO store.files SELECT %lld, %lld, ", (long long)day->table->id,
                     (long long)day->day);
    (void)duckdb_door_literal(&sql, str_of(path + strlen(log->history_folder) + 1));
    (void)buf_printf(&sql, ", count(*), max(arrived) FROM store.e%lld", (long long)day->table->id);
    put_day_condition(&sql, day);
    TRY(event_run(log->ingest_connection, &sql, err));
    (void)buf_printf(&sql, "DELETE FROM store.e%lld", (long long)day->table->id);
    put_day_condition(&sql, day);
    TRY(event_run(log->ingest_connection, &sql, err));
    return event_tables_make_views(log->ingest_connection, event_ingest_tables(log->ingest), day->table, err);
}

static uint64_t file_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

static enum status roll_day(struct event_log *log, const struct day *day, struct error *err)
{
    CLEANUP(buf_done) struct buf path;
    buf_init(&path, PATH_MAX);
    TRY(make_day_path(log, day, &path, err));
    TRY(write_day_file(log, day, path.data, err));
    TRY(event_begin(log->ingest_connection, err));
    TRY(event_end(log->ingest_connection, exchange(log, day, path.data, err), err));
    atomic_fetch_add_explicit(&log->history_bytes, file_bytes(path.data), memory_order_relaxed);
    return OK;
}

static enum status roll_model(struct event_log *log, const struct event_table *table, int64_t today, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql,
                     "SELECT DISTINCT epoch_us(\"timestamp\") // %lld AS day FROM store.e%lld WHERE \"timestamp\" < "
                     "make_timestamp(%lld) ORDER BY day", (long long)CIVIL_US_PER_DAY, (long long)table->id,
                     (long long)(today * CIVIL_US_PER_DAY));
    CLEANUP(frame_free_slot) struct frame *days = NULL;
    TRY(read_rows(log->ingest_connection, &sql, &days, err));
    for (size_t row = 0; row < days->rows; row++) {
        struct day day = { table, (int64_t)days->columns[0].f64[row], (int64_t)event_ingest_sequence(log->ingest) };
        TRY(roll_day(log, &day, err));
    }
    if (days->rows > 0)
        LOG_INFO("closed days rolled over", log_str("model", table->name), log_u64("days", days->rows));
    return OK;
}

/* ---- retention ---- */

/* Removes files that no transaction names any more. */
static enum status remove_files(struct event_log *log, const struct frame *files, struct error *err)
{
    pthread_rwlock_wrlock(&log->db_lock);
    enum status status = OK;
    for (size_t row = 0; row < files->rows && status == OK; row++) {
        char path[PATH_MAX];
        (void)snprintf(path, sizeof path, "%s/%.*s", log->history_folder, STR_ARG(event_text_at(files, 0, row)));
        atomic_fetch_sub_explicit(&log->history_bytes, file_bytes(path), memory_order_relaxed);
        status = file_remove(path, err);
    }
    pthread_rwlock_unlock(&log->db_lock);
    return status;
}

static enum status forget_old(struct event_log *log, int64_t before_us, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql,
                     "DELETE FROM store.files WHERE (day + 1) * %lld <= %lld AND last_arrived < make_timestamp(%lld)",
                     (long long)CIVIL_US_PER_DAY, (long long)before_us, (long long)before_us);
    TRY(event_run(log->ingest_connection, &sql, err));
    const struct event_tables *tables = event_ingest_tables(log->ingest);
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        if (!table->is_stored)
            continue;
        (void)buf_printf(&sql, "DELETE FROM store.l%lld WHERE arrived < make_timestamp(%lld) AND \"timestamp\" < "
                         "make_timestamp(%lld)", (long long)table->id, (long long)before_us, (long long)before_us);
        TRY(event_run(log->ingest_connection, &sql, err));
    }
    return event_tables_make_views(log->ingest_connection, tables, NULL, err);
}

static enum status drop_old(struct event_log *log, int64_t before_us, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql, "SELECT file FROM store.files WHERE (day + 1) * %lld <= %lld AND last_arrived < "
                     "make_timestamp(%lld)", (long long)CIVIL_US_PER_DAY, (long long)before_us, (long long)before_us);
    CLEANUP(frame_free_slot) struct frame *files = NULL;
    TRY(read_rows(log->ingest_connection, &sql, &files, err));
    TRY(event_begin(log->ingest_connection, err));
    TRY(event_end(log->ingest_connection, forget_old(log, before_us, err), err));
    if (files->rows == 0)
        return OK;
    LOG_INFO("events past their retention dropped", log_u64("files", files->rows));
    TRY(remove_files(log, files, err));
    enum status status = event_log_close_gate(log, err);
    if (status == OK) {
        pthread_mutex_lock(&log->lock);
        status = event_log_load_models(log, err);
        pthread_mutex_unlock(&log->lock);
    }
    event_log_open_gate(log);
    return status;
}

static enum status maintain(struct event_log *log, int64_t now_us, struct error *err)
{
    TRY(event_log_ingest_locked(log, err));
    const struct event_tables *tables = event_ingest_tables(log->ingest);
    int64_t today = now_us / CIVIL_US_PER_DAY;
    for (size_t i = 0; i < tables->by_name.count; i++) {
        const struct event_table *table = tables->by_name.entries[i].pointer;
        if (table->is_stored && roll_model(log, table, today, err) != OK)
            return error_while(err, "roll over %.*s", STR_ARG(table->name));
    }
    if (log->options.raw_retention_days <= 0)
        return OK;
    return drop_old(log, (today - log->options.raw_retention_days) * CIVIL_US_PER_DAY, err);
}

enum status event_log_maintain(struct event_log *log, int64_t now_us, struct error *err)
{
    pthread_mutex_lock(&log->ingest_lock);
    enum status status = maintain(log, now_us, err);
    pthread_mutex_unlock(&log->ingest_lock);
    return status;
}

/* ---- clearing ---- */

static enum status drop_model(struct event_log *log, struct event_table *table, struct error *err)
{
    TRY(event_begin(log->ingest_connection, err));
    return event_end(log->ingest_connection,
                     event_table_drop(log->ingest_connection, event_ingest_tables(log->ingest), table, err), err);
}

static enum status list_files(struct event_log *log, str model_name, struct frame **ret_files, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&sql, STR("SELECT f.file FROM store.files f JOIN store.models m ON m.id = f.model_id WHERE true"));
    if (model_name.size != 0) {
        (void)buf_append(&sql, STR(" AND m.name = "));
        (void)duckdb_door_literal(&sql, model_name);
    }
    return read_rows(log->ingest_connection, &sql, ret_files, err);
}

/* What appenders know of the model, with its types: it starts anew. */
static uint64_t forget_model(struct event_model_state *model)
{
    uint64_t rows = model->rows;
    model->rows = model->labels = 0;
    model->first_us = model->last_us = INT64_MIN;
    event_schema_done(&model->schema);
    event_schema_init(&model->schema);
    return rows;
}

/* Behind the gate: a record checked against the old types must not meet the new ones. */
static enum status drop_models(struct event_log *log, str model_name, uint64_t *ret_rows, struct error *err)
{
    const struct event_tables *tables = event_ingest_tables(log->ingest);
    for (size_t i = 0; i < tables->by_name.count; i++) {
        struct event_table *table = tables->by_name.entries[i].pointer;
        if (!table->is_stored || (model_name.size != 0 && !str_equal(model_name, table->name)))
            continue;
        TRY(drop_model(log, table, err));
        pthread_mutex_lock(&log->lock);
        struct event_model_state *model = map_get(&log->models, table->name);
        *ret_rows += model != NULL ? forget_model(model) : 0;
        pthread_mutex_unlock(&log->lock);
    }
    if (model_name.size != 0)
        return OK;
    pthread_mutex_lock(&log->lock);
    id_filter_free(log->filter); /* no id is known any more */
    log->filter = id_filter_new(EVENT_FILTER_BYTES_MAX);
    pthread_mutex_unlock(&log->lock);
    return OK;
}

static enum status clear(struct event_log *log, str model_name, uint64_t *ret_rows, struct error *err)
{
    CLEANUP(frame_free_slot) struct frame *files = NULL;
    uint64_t rows = 0;
    enum status status = event_log_close_gate(log, err);
    if (status == OK)
        status = list_files(log, model_name, &files, err);
    if (status == OK)
        status = drop_models(log, model_name, &rows, err);
    event_log_open_gate(log);
    TRY(status);
    TRY(remove_files(log, files, err));
    *ret_rows = rows;
    return OK;
}

enum status event_log_clear(struct event_log *log, str model_name, uint64_t *ret_rows, struct error *err)
{
    pthread_mutex_lock(&log->ingest_lock);
    enum status status = clear(log, model_name, ret_rows, err);
    pthread_mutex_unlock(&log->ingest_lock);
    return status;
}

/* ---- the sweep of a start ---- */

struct sweep {
    struct map known; /* paths below the history folder */
    struct arena arena;
    size_t prefix_size; /* of the history folder and its slash */
    uint64_t bytes;
};

static enum status sweep_file(struct sweep *sweep, const char *path, struct error *err)
{
    if (map_find(&sweep->known, str_of(path + sweep->prefix_size)) != NULL) {
        sweep->bytes += file_bytes(path);
        return OK;
    }
    LOG_WARN("a file that no day names is removed", log_text("file", path));
    return file_remove(path, err);
}

/* HISTORY/model=.../date=.../: two levels of folders, then files of ours. */
static enum status sweep_folder(struct sweep *sweep, const char *folder, int levels, struct error *err)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", folder, strerror(errno));
    enum status status = OK;
    for (struct dirent *entry; status == OK && (entry = readdir(dir)) != NULL;) {
        str name = str_of(entry->d_name);
        char path[PATH_MAX];
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path)
            continue;
        str prefix = levels == 2 ? STR("model=") : levels == 1 ? STR("date=") : STR("events-");
        if (!str_has_prefix(name, prefix))
            continue;
        status = levels > 0 ? sweep_folder(sweep, path, levels - 1, err) : sweep_file(sweep, path, err);
    }
    (void)closedir(dir); /* only read from */
    return status;
}

enum status event_rollover_sweep(struct event_log *log, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&sql, STR("SELECT file FROM store.files"));
    CLEANUP(frame_free_slot) struct frame *files = NULL;
    TRY(read_rows(log->ingest_connection, &sql, &files, err));
    struct sweep sweep = { .prefix_size = strlen(log->history_folder) + 1 };
    arena_init(&sweep.arena, 0);
    map_init(&sweep.known, &sweep.arena, files->rows + 1);
    enum status status = OK;
    for (size_t row = 0; row < files->rows && status == OK; row++)
        status = map_put(&sweep.known, event_text_at(files, 0, row), log, err);
    if (status == OK)
        status = sweep_folder(&sweep, log->history_folder, 2, err);
    arena_done(&sweep.arena);
    atomic_store_explicit(&log->history_bytes, sweep.bytes, memory_order_relaxed);
    return status;
}
