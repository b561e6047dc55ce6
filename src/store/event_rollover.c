/* store/event_rollover.c - closed days to Parquet, retention, clearing.
 *
 * (R1) A day's file is written beside its place, synced, renamed, and its folder synced, before one transaction
 *      names it in store.files and deletes its rows. A crash before leaves a file that nobody names, which the next
 *      start removes; after it, both are done.
 *      A file is named after the newest record in it: one record's rows arrive together, so those of a day become
 *      due together and no two files of a day can have the same name.
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

/* The days of one model that are exchanged in one transaction. The lock is held for as long as that takes, so scans
 * and appends wait for no more than this, while a sync of the database still serves several days. */
#define GROUP_DAYS_MAX 8

struct day {
    const struct event_table *table;
    int64_t day; /* since the epoch */
    int64_t arrived_before; /* a day too: what arrived later stays in the table */
    int64_t through; /* the newest record with such rows */
};

static void put_day_condition(struct buf *sql, const struct day *day)
{
    (void)buf_printf(sql, " WHERE \"timestamp\" >= make_timestamp(%lld) AND \"timestamp\" < make_timestamp(%lld) AND "
                     "arrived < make_timestamp(%lld)", (long long)(day->day * CIVIL_US_PER_DAY),
                     (long long)((day->day + 1) * CIVIL_US_PER_DAY),
                     (long long)(day->arrived_before * CIVIL_US_PER_DAY));
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

/* Names the file and deletes the rows: within the caller's transaction. */
static enum status exchange_day(struct event_log *log, const struct day *day, const char *path, struct error *err)
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
    return event_run(log->ingest_connection, &sql, err);
}

static uint64_t file_bytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (uint64_t)info.st_size : 0;
}

struct group {
    const struct event_table *table;
    size_t count;
    struct day days[GROUP_DAYS_MAX];
    struct buf paths[GROUP_DAYS_MAX];
};

static enum status exchange(struct event_log *log, const struct group *group, struct error *err)
{
    for (size_t i = 0; i < group->count; i++)
        TRY(exchange_day(log, &group->days[i], group->paths[i].data, err));
    return event_tables_make_views(log->ingest_connection, event_ingest_tables(log->ingest), group->table, err);
}

static enum status roll_group(struct event_log *log, struct group *group, struct error *err)
{
    for (size_t i = 0; i < group->count; i++) {
        TRY(make_day_path(log, &group->days[i], &group->paths[i], err));
        TRY(write_day_file(log, &group->days[i], group->paths[i].data, err));
    }
    TRY(event_begin(log->ingest_connection, err));
    TRY(event_end(log->ingest_connection, exchange(log, group, err), err));
    for (size_t i = 0; i < group->count; i++)
        atomic_fetch_add_explicit(&log->history_bytes, file_bytes(group->paths[i].data), memory_order_relaxed);
    LOG_INFO("closed days rolled over", log_str("model", group->table->name), log_u64("days", group->count));
    return OK;
}

/* The model's oldest days that are due, at most `days_max` of them. */
static enum status find_group(struct event_log *log, const struct event_table *table, int64_t today, size_t days_max,
                              struct group *ret_group, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql,
                     "SELECT epoch_us(\"timestamp\") // %lld AS day, max(arrival_index) >> %d AS through FROM "
                     "store.e%lld WHERE \"timestamp\" < make_timestamp(%lld) AND arrived < make_timestamp(%lld) "
                     "GROUP BY day ORDER BY day LIMIT %zu", (long long)CIVIL_US_PER_DAY, EVENT_ARRIVAL_ROW_BITS,
                     (long long)table->id, (long long)(today * CIVIL_US_PER_DAY),
                     (long long)(today * CIVIL_US_PER_DAY), days_max);
    CLEANUP(frame_free_slot) struct frame *days = NULL;
    TRY(read_rows(log->ingest_connection, &sql, &days, err));
    ret_group->table = table;
    ret_group->count = days->rows;
    for (size_t row = 0; row < days->rows; row++)
        ret_group->days[row] = (struct day){ table, (int64_t)days->columns[0].f64[row], today,
                                             (int64_t)days->columns[1].f64[row] };
    return OK;
}

/* Where a roll-over is: nothing of the catalog is kept while the lock is not held. */
struct rolling {
    int64_t today;
    size_t model_index;
    size_t days_left;
};

/* One group of days, or the finding that a model has none. */
static enum status roll_step(struct event_log *log, struct rolling *rolling, bool *ret_is_done, struct error *err)
{
    TRY(event_log_ingest_locked(log, err)); /* opens the database again where it must be */
    const struct event_tables *tables = event_ingest_tables(log->ingest);
    *ret_is_done = rolling->model_index >= tables->by_name.count;
    if (*ret_is_done)
        return OK;
    const struct event_table *table = tables->by_name.entries[rolling->model_index].pointer;
    struct group group = { .table = table };
    for (size_t i = 0; i < GROUP_DAYS_MAX; i++)
        buf_init(&group.paths[i], PATH_MAX);
    size_t days_max = rolling->days_left < GROUP_DAYS_MAX ? rolling->days_left : GROUP_DAYS_MAX;
    enum status status = table->is_stored ? find_group(log, table, rolling->today, days_max, &group, err) : OK;
    if (status == OK && group.count > 0)
        status = roll_group(log, &group, err);
    for (size_t i = 0; i < GROUP_DAYS_MAX; i++)
        buf_done(&group.paths[i]);
    if (status != OK)
        return error_while(err, "roll over %.*s", STR_ARG(table->name));
    rolling->days_left -= group.count;
    rolling->model_index += group.count == 0;
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

static enum status drop_past(struct event_log *log, int64_t today, struct error *err)
{
    if (log->options.raw_retention_days <= 0)
        return OK;
    TRY(event_log_ingest_locked(log, err));
    return drop_old(log, (today - log->options.raw_retention_days) * CIVIL_US_PER_DAY, err);
}

enum status event_log_maintain(struct event_log *log, int64_t now_us, bool *ret_has_more, struct error *err)
{
    struct rolling rolling = { .today = now_us / CIVIL_US_PER_DAY, .days_left = EVENT_ROLLOVER_DAYS_MAX };
    enum status status = OK;
    bool is_done = false;
    while (status == OK && !is_done && rolling.days_left > 0) {
        event_log_lock_ingest(log);
        status = roll_step(log, &rolling, &is_done, err);
        event_log_unlock_ingest(log);
        if (status == OK && log->options.on_rollover_step != NULL)
            log->options.on_rollover_step(log->options.rollover_context);
    }
    TRY(status);
    *ret_has_more = !is_done;
    event_log_lock_ingest(log);
    status = drop_past(log, rolling.today, err);
    event_log_unlock_ingest(log);
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
    event_log_lock_ingest(log);
    enum status status = clear(log, model_name, ret_rows, err);
    event_log_unlock_ingest(log);
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
