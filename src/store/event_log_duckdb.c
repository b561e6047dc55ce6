/* store/event_log_duckdb.c - the event log's life: opening, recovery, the ingest thread, closing. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/random.h"
#include "store/event_log_internal.h"

#define MEMORY_BYTES_MAX ((size_t)256 << 20)
#define QUERY_MS_MAX 30000
#define DUCKDB_THREADS 2

/* ---- the database ---- */

static enum status set(duckdb_connection connection, const char *setting, str value, struct error *err)
{
    CLEANUP(buf_done) struct buf sql;
    buf_init(&sql, EVENT_SQL_BYTES_MAX);
    (void)buf_printf(&sql, "SET %s = ", setting); /* event_run asks whether all of it fitted */
    (void)buf_append(&sql, value);
    return event_run(connection, &sql, err);
}

/* From here on SQL reaches the history folder and no other file, and can't change that. */
static enum status confine(struct event_log *log, duckdb_connection connection, struct error *err)
{
    CLEANUP(buf_done) struct buf folders;
    buf_init(&folders, EVENT_SQL_BYTES_MAX);
    (void)buf_append(&folders, STR("["));
    (void)duckdb_door_literal(&folders, str_of(log->history_folder)); /* set() asks whether all of it fitted */
    (void)buf_append(&folders, STR("]"));
    TRY(set(connection, "allowed_directories", buf_str(&folders), err));
    TRY(set(connection, "checkpoint_threshold", STR("'64MB'"), err));
    TRY(set(connection, "enable_external_access", STR("false"), err));
    return set(connection, "lock_configuration", STR("true"), err);
}

static enum status open_database(struct event_log *log, struct error *err)
{
    char *temp_folder = mem_must(strlen(log->folder) + sizeof "/temp");
    (void)snprintf(temp_folder, strlen(log->folder) + sizeof "/temp", "%s/temp", log->folder);
    struct duckdb_settings settings = {
        .path = log->database_path,
        .threads = DUCKDB_THREADS,
        .memory_bytes_max = log->options.memory_bytes_max,
        .temp_folder = temp_folder,
    };
    enum status status = duckdb_door_open(&settings, &log->database, err);
    mem_free(temp_folder);
    TRY(status);
    TRY(duckdb_door_connect(log->database, &log->ingest_connection, err));
    TRY(confine(log, log->ingest_connection, err));
    return event_ingest_open(log->ingest_connection, log->history_folder, &log->ingest, err);
}

static void close_database(struct event_log *log)
{
    event_ingest_close(log->ingest);
    log->ingest = NULL;
    if (log->check_connection != NULL)
        duckdb_disconnect(&log->check_connection);
    if (log->ingest_connection != NULL)
        duckdb_disconnect(&log->ingest_connection);
    if (log->database != NULL)
        duckdb_close(&log->database);
}

enum status event_log_reopen(struct event_log *log, struct error *err)
{
    pthread_rwlock_wrlock(&log->db_lock);
    close_database(log);
    enum status status = open_database(log, err);
    pthread_rwlock_unlock(&log->db_lock);
    return status;
}

enum status event_log_connect(struct event_log *log, duckdb_connection *ret_connection, struct error *err)
{
    pthread_rwlock_rdlock(&log->db_lock);
    enum status status = log->database != NULL ? duckdb_door_connect(log->database, ret_connection, err)
                                               : error_set(err, ERR_UNAVAILABLE, "the event log is being opened again");
    if (status != OK)
        pthread_rwlock_unlock(&log->db_lock);
    return status;
}

void event_log_disconnect(struct event_log *log, duckdb_connection connection)
{
    duckdb_disconnect(&connection);
    pthread_rwlock_unlock(&log->db_lock);
}

/* ---- ingesting ---- */

void event_log_lock_ingest(struct event_log *log)
{
    struct event_turns *turns = &log->ingest_lock;
    pthread_mutex_lock(&turns->lock);
    uint64_t turn = turns->next++;
    while (turn != turns->serving)
        pthread_cond_wait(&turns->has_moved, &turns->lock);
    pthread_mutex_unlock(&turns->lock);
}

void event_log_unlock_ingest(struct event_log *log)
{
    struct event_turns *turns = &log->ingest_lock;
    pthread_mutex_lock(&turns->lock);
    turns->serving++;
    pthread_cond_broadcast(&turns->has_moved);
    pthread_mutex_unlock(&turns->lock);
}

/* Sets apart the ids of all records queued so far, unless those of a failed attempt still are. */
static uint64_t begin_ingesting(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    if (log->pending.ingesting.count == 0) {
        id_set_done(&log->pending.ingesting);
        log->pending.ingesting = log->pending.now;
        log->pending.now = (struct id_set){ 0 };
    }
    uint64_t bytes = log->accepted_bytes;
    pthread_mutex_unlock(&log->lock);
    return bytes;
}

static void end_ingesting(struct event_log *log, uint64_t bytes)
{
    pthread_mutex_lock(&log->lock);
    log->ingested_bytes = bytes;
    if (log->pending.pins == 0) {
        id_set_done(&log->pending.ingesting);
        log->pending.epoch++;
    }
    pthread_mutex_unlock(&log->lock);
}

static bool is_database_usable(struct event_log *log)
{
    return log->ingest != NULL && duckdb_door_run(log->ingest_connection, STR("SELECT 1"), NULL, 0, NULL) == OK;
}

enum status event_log_ingest_locked(struct event_log *log, struct error *err)
{
    if (!is_database_usable(log))
        TRY(event_log_reopen(log, err));
    uint64_t bytes = begin_ingesting(log);
    journal_settle(log->journal); /* a record queued by now is durable, or its ids were taken back */
    TRY(event_ingest_run(log->ingest, log->journal, journal_synced(log->journal), err));
    end_ingesting(log, bytes);
    return journal_drop(log->journal, event_ingest_sequence(log->ingest), err);
}

enum status event_log_ingest(struct event_log *log, struct error *err)
{
    event_log_lock_ingest(log);
    enum status status = event_log_ingest_locked(log, err);
    event_log_unlock_ingest(log);
    return status;
}

enum status event_log_close_gate(struct event_log *log, struct error *err)
{
    pthread_mutex_lock(&log->lock);
    log->is_gated = true;
    pthread_mutex_unlock(&log->lock);
    return event_log_ingest_locked(log, err);
}

void event_log_open_gate(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    log->is_gated = false;
    pthread_cond_broadcast(&log->gate_opens);
    pthread_mutex_unlock(&log->lock);
}

void event_log_lock_open(struct event_log *log)
{
    pthread_mutex_lock(&log->lock);
    while (log->is_gated)
        pthread_cond_wait(&log->gate_opens, &log->lock);
}

/* Waits until enough is there, or some for long enough; false when closing. Under lock. */
static bool wait_for_backlog(struct event_log *log)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until); /* the clock of has_backlog; can't fail */
    until.tv_sec += EVENT_INGEST_MS / 1000;
    int timed_out = 0;
    while (!log->is_closing && timed_out == 0 && log->accepted_bytes - log->ingested_bytes < EVENT_INGEST_BYTES)
        timed_out = pthread_cond_timedwait(&log->has_backlog, &log->lock, &until);
    return !log->is_closing;
}

static void *run_ingest(void *argument)
{
    struct event_log *log = argument;
    bool is_failing = false;
    pthread_mutex_lock(&log->lock);
    while (wait_for_backlog(log)) {
        if (log->accepted_bytes == log->ingested_bytes)
            continue;
        pthread_mutex_unlock(&log->lock);
        struct error error = { 0 };
        if (event_log_ingest(log, &error) == OK) {
            is_failing = false;
        } else {
            if (!is_failing)
                LOG_ERROR("events stay in the journal", log_error(&error));
            is_failing = true;
            usleep(200000); /* a full disk stays full for a while */
        }
        pthread_mutex_lock(&log->lock);
    }
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

/* ---- opening ---- */

static char *path_below(const char *folder, const char *name)
{
    size_t bytes = strlen(folder) + strlen(name) + 2;
    char *path = mem_must(bytes);
    (void)snprintf(path, bytes, "%s/%s", folder, name);
    return path;
}

static enum status make_folders(struct event_log *log, const char *folder, struct error *err)
{
    TRY(file_make_folders(folder, err));
    char absolute[PATH_MAX];
    if (realpath(folder, absolute) == NULL)
        return error_set(err, ERR_UNAVAILABLE, "%s: %s", folder, strerror(errno));
    log->folder = mem_copy_text(absolute);
    log->history_folder = path_below(absolute, "history");
    log->database_path = path_below(absolute, "events.duckdb");
    log->filter_path = path_below(absolute, "ids.filter");
    if (access(absolute, W_OK) != 0)
        return error_set(err, ERR_UNAVAILABLE, "%s can't be written to: %s", absolute, strerror(errno));
    return file_make_folders(log->history_folder, err);
}

/* The ids of all that is stored: the saved filter and what came behind it, or all anew. */
static enum status open_filter(struct event_log *log, struct error *err)
{
    struct id_filter_label label = { 0 };
    struct error reason = { 0 };
    enum status status = id_filter_load(log->filter_path, EVENT_FILTER_BYTES_MAX, &log->filter, &label, &reason);
    if (status == OK && label.through <= event_ingest_sequence(log->ingest)) {
        log->seeds = label.seeds;
        return event_log_load_ids(log, label.through, err);
    }
    if (status != OK && status != ERR_NOT_FOUND)
        LOG_WARN("the id filter is made anew", log_error(&reason));
    id_filter_free(log->filter);
    log->filter = id_filter_new(EVENT_FILTER_BYTES_MAX);
    random_bytes(&log->seeds, sizeof log->seeds);
    return event_log_load_ids(log, 0, err);
}

static void save_filter(struct event_log *log)
{
    struct error error = { 0 };
    struct id_filter_label label = { log->seeds, event_ingest_sequence(log->ingest) };
    if (id_filter_save(log->filter, &label, log->filter_path, &error) != OK)
        LOG_WARN("the id filter was not saved; the next start reads all ids", log_error(&error));
}

static enum status open_journal(struct event_log *log, struct error *err)
{
    struct journal_options options = {
        .folder = log->folder,
        .after_sequence = event_ingest_sequence(log->ingest),
        .queue_bytes_max = log->options.queue_bytes_max,
        .io = log->options.journal_io,
        .on_settled = event_claim_settled,
        .context = log,
    };
    return journal_open(&options, &log->journal, err);
}

static enum status recover(struct event_log *log, struct error *err)
{
    TRY(open_database(log, err));
    TRY(open_journal(log, err));
    TRY(event_ingest_run(log->ingest, log->journal, journal_synced(log->journal), err));
    TRY(journal_drop(log->journal, event_ingest_sequence(log->ingest), err));
    TRY(event_tables_make_views(log->ingest_connection, event_ingest_tables(log->ingest), NULL, err));
    TRY(event_rollover_sweep(log, err));
    TRY(event_log_load_models(log, err));
    return open_filter(log, err);
}

static void init_locks(struct event_log *log)
{
    pthread_mutex_init(&log->ingest_lock.lock, NULL);
    pthread_cond_init(&log->ingest_lock.has_moved, NULL);
    pthread_mutex_init(&log->check_lock, NULL);
    pthread_mutex_init(&log->lock, NULL);
    pthread_rwlockattr_t writers_first;
    pthread_rwlockattr_init(&writers_first);
    pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&log->db_lock, &writers_first);
    pthread_rwlockattr_destroy(&writers_first);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&log->has_backlog, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&log->gate_opens, NULL);
}

enum status event_log_open(const struct event_log_options *options, struct event_log **ret_log, struct error *err)
{
    CLEANUP(event_log_close_slot) struct event_log *log = mem_must(sizeof *log);
    init_locks(log);
    log->options = *options;
    log->options.memory_bytes_max = options->memory_bytes_max != 0 ? options->memory_bytes_max : MEMORY_BYTES_MAX;
    log->options.clock = options->clock != NULL ? options->clock : &clock_system;
    log->options.query_ms_max = options->query_ms_max != 0 ? options->query_ms_max : QUERY_MS_MAX;
    arena_init(&log->arena, 0);
    map_init(&log->models, &log->arena, EVENT_MODELS_MAX);
    TRY(make_folders(log, options->folder, err));
    TRY(file_lock_open(log->folder, &log->owner, err));
    if (recover(log, err) != OK)
        return error_while(err, "open the event log");
    if (pthread_create(&log->ingest_thread, NULL, run_ingest, log) != 0)
        return error_set(err, ERR_UNAVAILABLE, "no thread for the event log");
    (void)pthread_setname_np(log->ingest_thread, "ingest"); /* for people who look at threads */
    log->has_ingest_thread = true;
    *ret_log = log;
    log = NULL;
    return OK;
}

/* ---- closing ---- */

static void stop_ingest(struct event_log *log)
{
    if (!log->has_ingest_thread)
        return;
    pthread_mutex_lock(&log->lock);
    log->is_closing = true;
    pthread_cond_signal(&log->has_backlog);
    pthread_mutex_unlock(&log->lock);
    pthread_join(log->ingest_thread, NULL);
    struct error error = { 0 };
    if (event_log_ingest(log, &error) != OK)
        LOG_WARN("events stay in the journal until the next start", log_error(&error));
    else
        save_filter(log);
}

void event_log_close(struct event_log *log)
{
    if (log == NULL)
        return;
    stop_ingest(log);
    journal_close(log->journal);
    pthread_rwlock_wrlock(&log->db_lock); /* waits for running scans */
    close_database(log);
    pthread_rwlock_unlock(&log->db_lock);
    for (size_t i = 0; i < log->models.count; i++)
        event_schema_done(&((struct event_model_state *)log->models.entries[i].pointer)->schema);
    arena_done(&log->arena);
    id_filter_free(log->filter);
    id_set_done(&log->pending.now);
    id_set_done(&log->pending.ingesting);
    file_lock_close(log->owner);
    mem_free(log->folder);
    mem_free(log->history_folder);
    mem_free(log->database_path);
    mem_free(log->filter_path);
    pthread_mutex_destroy(&log->ingest_lock.lock);
    pthread_cond_destroy(&log->ingest_lock.has_moved);
    pthread_mutex_destroy(&log->check_lock);
    pthread_mutex_destroy(&log->lock);
    pthread_rwlock_destroy(&log->db_lock);
    pthread_cond_destroy(&log->has_backlog);
    pthread_cond_destroy(&log->gate_opens);
    mem_free(log);
}
