/* store/event_query.c - one SELECT from people, held in: over the views of events only (event_sql_gate.h), read-only,
 * bounded in rows, memory and time. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "data/duckdb_frame.h"
#include "store/event_log_internal.h"
#include "store/event_sql_gate.h"

#define SQL_BYTES_MAX ((size_t)1 << 20)

/* Interrupts a connection when its time is up. */
struct watch {
    duckdb_connection connection;
    int64_t timeout_ms;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t is_over;
    bool has_ended, has_fired;
};

/* An interrupt between two steps of DuckDB's work is forgotten, so it is repeated this often. */
#define INTERRUPT_EVERY_MS 10

static struct timespec later(struct timespec time, int64_t ms)
{
    time.tv_sec += ms / 1000;
    time.tv_nsec += ms % 1000 * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

static void *run_watch(void *argument)
{
    struct watch *watch = argument;
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until); /* can't fail for this clock */
    until = later(until, watch->timeout_ms);
    pthread_mutex_lock(&watch->lock);
    while (!watch->has_ended) {
        if (pthread_cond_timedwait(&watch->is_over, &watch->lock, &until) != ETIMEDOUT || watch->has_ended)
            continue;
        watch->has_fired = true;
        duckdb_interrupt(watch->connection);
        until = later(until, INTERRUPT_EVERY_MS);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

static enum status watch_start(struct watch *watch, duckdb_connection connection, int64_t timeout_ms, struct error *err)
{
    *watch = (struct watch){ .connection = connection, .timeout_ms = timeout_ms };
    pthread_mutex_init(&watch->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&watch->is_over, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&watch->thread, NULL, run_watch, watch) == 0)
        return OK;
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->is_over);
    return error_set(err, ERR_UNAVAILABLE, "no thread to watch the query");
}

/* Whether the time was up before the end. */
static bool watch_stop(struct watch *watch)
{
    pthread_mutex_lock(&watch->lock);
    watch->has_ended = true;
    pthread_cond_signal(&watch->is_over);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_mutex_destroy(&watch->lock);
    pthread_cond_destroy(&watch->is_over);
    return watch->has_fired;
}

/* One statement, a SELECT, and of what people may see. */
static enum status check_statement(duckdb_connection connection, const char *sql, struct error *err)
{
    duckdb_extracted_statements statements = NULL;
    idx_t count = duckdb_extract_statements(connection, sql, &statements);
    enum status status = OK;
    if (count == 0)
        status = duckdb_door_error(err, duckdb_extract_statements_error(statements));
    else if (count > 1)
        status = error_set(err, ERR_INVALID, "one statement at a time, not %llu", (unsigned long long)count);
    if (status == OK)
        status = event_sql_gate(connection, str_of(sql), err);
    duckdb_prepared_statement prepared = NULL;
    if (status == OK && duckdb_prepare_extracted_statement(connection, statements, 0, &prepared) == DuckDBError)
        status = duckdb_door_error(err, duckdb_prepare_error(prepared));
    if (status == OK && duckdb_prepared_statement_type(prepared) != DUCKDB_STATEMENT_TYPE_SELECT)
        status = error_set(err, ERR_INVALID, "only a SELECT is allowed here");
    if (status == OK && duckdb_nparams(prepared) > 0)
        status = error_set(err, ERR_INVALID, "a query can't have parameters");
    duckdb_destroy_prepare(&prepared);
    duckdb_destroy_extracted(&statements);
    return status;
}

/* The query as a table expression: behind a line break, since a comment may end it. */
static enum status read_result(duckdb_connection connection, str sql, size_t rows_max, struct frame **ret_frame,
                               struct error *err)
{
    CLEANUP(buf_done) struct buf source;
    buf_init(&source, SQL_BYTES_MAX + 8);
    for (sql = str_trim(sql); str_has_suffix(sql, STR(";")); sql = str_trim(sql))
        sql.size--;
    if (!buf_printf(&source, "(%.*s\n)", STR_ARG(sql)))
        return error_set(err, ERR_LIMIT, "no memory for a query of %zu bytes", sql.size);
    CLEANUP(frame_free_slot) struct frame *frame = NULL;
    struct duckdb_frame_options options = { .origin = STR("the query"), .rows_max = rows_max != 0 ? rows_max + 1 : 0 };
    TRY(duckdb_frame_read(connection, buf_str(&source), &options, &frame, err));
    if (rows_max != 0 && frame->rows > rows_max)
        return error_set(err, ERR_LIMIT, "the query answers more than %zu rows; add a LIMIT", rows_max);
    *ret_frame = frame;
    frame = NULL;
    return OK;
}

/* A wrong name, a failed cast and a forbidden file are all the caller's. */
static enum status blame_caller(enum status status, struct error *err)
{
    if (status != ERR_LIMIT && err != NULL)
        err->status = ERR_INVALID;
    return status == ERR_LIMIT ? ERR_LIMIT : ERR_INVALID;
}

static enum status run_query(struct event_log *log, duckdb_connection connection, const char *sql, size_t rows_max,
                             struct frame **ret_frame, struct error *err)
{
    struct error reason = { 0 };
    struct watch watch;
    TRY(watch_start(&watch, connection, log->options.query_ms_max, err));
    enum status status = check_statement(connection, sql, &reason);
    if (status == OK)
        status = read_result(connection, str_of(sql), rows_max, ret_frame, &reason);
    bool is_late = watch_stop(&watch);
    if (status == OK)
        return OK;
    if (is_late)
        return error_set(err, ERR_UNAVAILABLE, "the query took longer than %lld ms and was stopped",
                         (long long)log->options.query_ms_max);
    (void)blame_caller(status, &reason);
    return error_set(err, reason.status, "%s", reason.cause);
}

enum status event_log_query(struct event_log *log, str sql, size_t rows_max, struct frame **ret_frame,
                            struct error *err)
{
    if (sql.size == 0 || sql.size > SQL_BYTES_MAX || !str_is_utf8(sql, NULL) || str_find(sql, '\0') < sql.size)
        return error_set(err, ERR_INVALID, "a query is 1 to %zu bytes of UTF-8", SQL_BYTES_MAX);
    CLEANUP(mem_free_slot) char *terminated = mem_array(sql.size + 1, 1);
    if (terminated == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a query of %zu bytes", sql.size);
    memcpy(terminated, sql.data, sql.size);
    TRY(event_log_ingest(log, err));
    duckdb_connection connection;
    TRY(event_log_connect(log, &connection, err));
    /* Whatever a function in the SELECT may try, this transaction can't write. */
    enum status status = duckdb_door_run(connection, STR("BEGIN TRANSACTION READ ONLY"), NULL, 0, err);
    if (status == OK)
        status = run_query(log, connection, terminated, rows_max, ret_frame, err);
    event_log_disconnect(log, connection);
    return status;
}
