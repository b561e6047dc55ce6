/* store/event_append.c - events on their way into the journal.
 *
 * An id is claimed and its record queued under one hold of the lock, so every id in the pending sets belongs to
 * a record that the journal will settle. A duplicate of a claimed id waits for that record too: a caller
 * who hears "duplicate" may forget the event, so it must be durable (E2). When a record fails, its claims are
 * taken back before anybody wakes, and callers that relied on them see failures_total change. */
#include <string.h>

#include "base/mem.h"
#include "base/random.h"
#include "store/event_claim.h"
#include "store/event_codec.h"

/* One append while it runs; arrays live in `arena`. */
struct append {
    struct event_log *log;
    struct arena arena;
    struct event_record record;
    struct event_sight *sights;
    size_t sight_count;
    struct id_key *keys;
    bool *is_fresh;     /* the id was drawn here: no need to look for it */
    bool *is_checked;   /* an exact check has looked for it, */
    bool *is_duplicate; /* and found it; or another row or record has claimed it */
    size_t duplicates;
    bool relies_on_pending; /* a duplicate's record may not be durable yet */
    uint64_t failures_total;
    struct event_notice *notice; /* for the claim; NULL: the caller waits, or nobody does */
    struct buf payload;
    struct journal_ticket *ticket;
};

static void append_done(struct append *append)
{
    buf_done(&append->payload);
    arena_done(&append->arena);
}

/* ---- preparing, without the lock ---- */

/* Ids and timestamps that the caller left out. */
static enum status fill_in(struct append *append, struct error *err)
{
    struct event_batch *batch = &append->record.batch;
    str *ids = arena_array(&append->arena, str, batch->rows);
    int64_t *times_us = arena_array(&append->arena, int64_t, batch->rows);
    append->is_fresh = arena_array(&append->arena, bool, batch->rows);
    append->is_checked = arena_array(&append->arena, bool, batch->rows);
    append->is_duplicate = arena_array(&append->arena, bool, batch->rows);
    append->keys = arena_array(&append->arena, struct id_key, batch->rows);
    if (ids == NULL || times_us == NULL || append->is_fresh == NULL || append->is_checked == NULL ||
        append->is_duplicate == NULL || append->keys == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a batch of %zu rows", batch->rows);
    for (size_t row = 0; row < batch->rows; row++) {
        ids[row] = batch->prediction_ids[row];
        if (ids[row].size == 0) {
            char uuid[RANDOM_UUID_MAX];
            random_uuid_v7(append->record.arrival_us, uuid);
            ids[row] = arena_copy(&append->arena, str_of(uuid));
            append->is_fresh[row] = true;
        }
        times_us[row] = batch->timestamps_us[row] != INT64_MIN ? batch->timestamps_us[row] : append->record.arrival_us;
    }
    batch->prediction_ids = ids;
    batch->timestamps_us = times_us;
    return OK;
}

static enum status prepare(struct append *append, struct event_log *log, const struct event_batch *batch,
                           struct error *err)
{
    *append = (struct append){ .log = log };
    arena_init(&append->arena, 0);
    buf_init(&append->payload, JOURNAL_RECORD_BYTES_MAX);
    append->record = (struct event_record){ .kind = EVENT_RECORD_BATCH, .batch = *batch,
                                            .arrival_us = clock_read_us(log->options.clock) };
    TRY(event_batch_look(batch, &append->arena, &append->sights, &append->sight_count, err));
    TRY(fill_in(append, err));
    uint64_t model = event_log_model_hash(log, batch->model_name);
    for (size_t row = 0; row < batch->rows; row++)
        append->keys[row] = id_key_of(&log->seeds, model, append->record.batch.prediction_ids[row]);
    return event_record_encode(&append->record, NULL, &append->payload, err);
}

static struct event_claim *make_claim(const struct append *append, struct event_model_state *model, bool is_awaited)
{
    const struct event_batch *batch = &append->record.batch;
    struct event_claim *claim = mem_array(1, sizeof *claim + batch->rows * sizeof claim->keys[0]);
    if (claim == NULL)
        return NULL;
    *claim = (struct event_claim){ .model = model, .notice = append->notice,
                                   .first_us = INT64_MAX, .last_us = INT64_MIN,
                                   .is_awaited = is_awaited || append->notice != NULL };
    for (size_t row = 0; row < batch->rows; row++) {
        if (append->is_duplicate[row])
            continue;
        claim->keys[claim->rows++] = append->keys[row];
        claim->first_us = MIN_OF(claim->first_us, batch->timestamps_us[row]);
        claim->last_us = MAX_OF(claim->last_us, batch->timestamps_us[row]);
    }
    return claim;
}

/* ---- exact checks ---- */

/* Suspects as a table that DuckDB can join; one scan of the ids whatever their number. */
static enum status put_suspects(duckdb_connection connection, const struct append *append, const bool *is_suspect,
                                struct error *err)
{
    TRY(duckdb_door_run(connection, STR("CREATE OR REPLACE TEMP TABLE suspects (place BIGINT, id VARCHAR)"), NULL, 0,
                        err));
    duckdb_appender appender = NULL;
    enum status status = OK;
    if (duckdb_appender_create(connection, "main", "suspects", &appender) == DuckDBError)
        status = duckdb_door_error(err, duckdb_appender_error(appender));
    for (size_t row = 0; row < append->record.batch.rows && status == OK; row++) {
        str id = append->record.batch.prediction_ids[row];
        if (!is_suspect[row])
            continue;
        if (duckdb_append_int64(appender, (int64_t)row) == DuckDBError ||
            duckdb_append_varchar_length(appender, id.data, id.size) == DuckDBError ||
            duckdb_appender_end_row(appender) == DuckDBError)
            status = duckdb_door_error(err, duckdb_appender_error(appender));
    }
    if (duckdb_appender_destroy(&appender) == DuckDBError && status == OK)
        status = error_set(err, ERR_LIMIT, "no room to look for known prediction ids");
    return status;
}

/* Whether the model has a table yet. */
static enum status find_source(duckdb_connection connection, str model_name, int64_t *ret_id, struct error *err)
{
    struct duckdb_binding name = { DUCKDB_BIND_TEXT, .text = model_name };
    duckdb_result result;
    TRY(duckdb_door_query(connection, STR("SELECT id FROM store.models WHERE name = ?"), &name, 1, &result, err));
    *ret_id = 0;
    duckdb_data_chunk chunk;
    while ((chunk = duckdb_fetch_chunk(result)) != NULL) {
        if (duckdb_data_chunk_get_size(chunk) > 0)
            *ret_id = *(int64_t *)duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return OK;
}

static enum status mark_known(duckdb_connection connection, struct append *append, int64_t model_id, struct error *err)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "SELECT DISTINCT s.place FROM store.v%lld e JOIN suspects s ON e.prediction_id = s.id",
                   (long long)model_id);
    duckdb_result result;
    TRY(duckdb_door_query(connection, str_of(sql), NULL, 0, &result, err));
    enum status status;
    duckdb_data_chunk chunk = NULL;
    while ((status = duckdb_door_fetch(&result, &chunk, err)) == OK && chunk != NULL) {
        const int64_t *places = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
        for (size_t i = 0; i < duckdb_data_chunk_get_size(chunk); i++)
            append->is_duplicate[places[i]] = true;
        duckdb_destroy_data_chunk(&chunk);
    }
    duckdb_destroy_result(&result);
    return status;
}

/* Looks in DuckDB for the ids that the filter suspects. */
static enum status check_suspects(struct append *append, const bool *is_suspect, struct error *err)
{
    struct event_log *log = append->log;
    pthread_rwlock_rdlock(&log->db_lock);
    pthread_mutex_lock(&log->check_lock);
    int64_t model_id = 0;
    enum status status = OK;
    if (log->check_connection == NULL)
        status = duckdb_door_connect(log->database, &log->check_connection, err);
    if (status == OK)
        status = find_source(log->check_connection, append->record.batch.model_name, &model_id, err);
    if (status == OK && model_id != 0)
        status = put_suspects(log->check_connection, append, is_suspect, err);
    if (status == OK && model_id != 0)
        status = mark_known(log->check_connection, append, model_id, err);
    pthread_mutex_unlock(&log->check_lock);
    pthread_rwlock_unlock(&log->db_lock);
    for (size_t row = 0; row < append->record.batch.rows && status == OK; row++)
        append->is_checked[row] |= is_suspect[row];
    return status;
}

/* ---- claiming, under the lock ---- */

static bool is_pending(const struct event_log *log, struct id_key key)
{
    return id_set_holds(&log->pending.now, key) || id_set_holds(&log->pending.ingesting, key);
}

/* The ids that only DuckDB can tell about. */
static size_t find_suspects(const struct append *append, bool *is_suspect)
{
    size_t count = 0;
    for (size_t row = 0; row < append->record.batch.rows; row++) {
        is_suspect[row] = !append->is_fresh[row] && !append->is_checked[row] &&
            !is_pending(append->log, append->keys[row]) &&
                          id_filter_may_hold(append->log->filter, append->keys[row]);
        count += is_suspect[row];
    }
    return count;
}

static void take_back(struct append *append, size_t rows, const bool *was_duplicate)
{
    for (size_t row = 0; row < rows; row++)
        if (!append->is_duplicate[row])
            id_set_remove(&append->log->pending.now, append->keys[row]);
    memcpy(append->is_duplicate, was_duplicate, append->record.batch.rows * sizeof *was_duplicate);
}

/* Marks the rows whose id is known, claims the others'. */
static enum status claim_ids(struct append *append, struct error *err)
{
    struct event_log *log = append->log;
    size_t rows = append->record.batch.rows;
    bool *was_duplicate = arena_array(&append->arena, bool, rows);
    if (was_duplicate == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a batch of %zu rows", rows);
    memcpy(was_duplicate, append->is_duplicate, rows * sizeof *was_duplicate);
    append->duplicates = 0;
    for (size_t row = 0; row < rows; row++) {
        if (!append->is_duplicate[row] && is_pending(log, append->keys[row])) {
            append->is_duplicate[row] = true;
            append->relies_on_pending = true;
        }
        append->duplicates += append->is_duplicate[row];
        if (append->is_duplicate[row] || id_set_add(&log->pending.now, append->keys[row]))
            continue;
        take_back(append, row, was_duplicate);
        return error_set(err, ERR_LIMIT, "no memory for prediction ids");
    }
    return OK;
}

/* Queues what is new of the batch; under the lock, with no suspect left. */
static enum status queue_new_rows(struct append *append, bool is_awaited, struct error *err)
{
    struct event_log *log = append->log;
    struct event_model_state *model;
    bool is_changed;
    TRY(event_claim_check_backlog(log, append->record.batch.rows, err));
    TRY(event_log_model(log, append->record.batch.model_name, &model, err));
    TRY(event_schema_admit(&model->schema, append->sights, append->sight_count, &is_changed, err));
    append->failures_total = log->failures_total;
    TRY(claim_ids(append, err));
    if (append->duplicates == append->record.batch.rows)
        return OK;
    enum status status = OK;
    if (append->duplicates > 0) {
        buf_clear(&append->payload);
        status = event_record_encode(&append->record, append->is_duplicate, &append->payload, err);
    }
    struct event_claim *claim = make_claim(append, model, is_awaited);
    if (status == OK && claim == NULL)
        status = error_set(err, ERR_LIMIT, "no memory for prediction ids");
    if (status == OK)
        status = event_claim_queue(log, claim, &append->payload, is_awaited ? &append->ticket : NULL, err);
    for (size_t row = 0; row < append->record.batch.rows; row++) {
        if (append->is_duplicate[row])
            continue;
        if (status == OK)
            id_filter_add(log->filter, append->keys[row]);
        else
            id_set_remove(&log->pending.now, append->keys[row]);
    }
    if (status != OK)
        mem_free(claim);
    return status;
}

/* Between an exact check and the claim, an ingest may carry an id from the pending sets, where the claim would
 * see it, to DuckDB, which was asked before. So a check counts only if no ingest ended meanwhile; after
 * this many in vain, the next one pins the sets. */
#define FREE_ROUNDS 3

/* Asks DuckDB about the suspects, without the lock meanwhile. */
static enum status check_unlocked(struct append *append, const bool *is_suspect, bool is_pinned, struct error *err)
{
    struct event_log *log = append->log;
    uint64_t epoch = log->pending.epoch;
    log->pending.pins += is_pinned;
    pthread_mutex_unlock(&log->lock);
    enum status status = check_suspects(append, is_suspect, err);
    event_log_lock_open(log);
    log->pending.pins -= is_pinned;
    if (epoch != log->pending.epoch)
        memset(append->is_checked, 0, append->record.batch.rows * sizeof *append->is_checked);
    return status;
}

/* Checks, claims and queues. */
static enum status enqueue(struct append *append, bool is_awaited, struct error *err)
{
    struct event_log *log = append->log;
    bool *is_suspect = arena_array(&append->arena, bool, append->record.batch.rows);
    if (is_suspect == NULL)
        return error_set(err, ERR_LIMIT, "no memory for a batch of %zu rows", append->record.batch.rows);
    event_log_lock_open(log);
    enum status status = OK;
    for (int round = 0; status == OK && find_suspects(append, is_suspect) > 0; round++)
        status = check_unlocked(append, is_suspect, round >= FREE_ROUNDS, err);
    if (status == OK)
        status = queue_new_rows(append, is_awaited, err);
    if (status == OK)
        log->stats.duplicates_total += append->duplicates;
    else
        *(is_awaited || append->notice != NULL ? &log->stats.rejected_total : &log->stats.dropped_total) +=
            append->record.batch.rows;
    pthread_mutex_unlock(&log->lock);
    return status;
}

/* Waits for the record and for those that duplicates rely on. */
static enum status wait_until_durable(struct append *append, struct error *err)
{
    struct event_log *log = append->log;
    if (append->ticket != NULL)
        TRY(journal_wait(log->journal, append->ticket, err));
    if (!append->relies_on_pending)
        return OK;
    journal_settle(log->journal);
    pthread_mutex_lock(&log->lock);
    bool has_failed = append->failures_total != log->failures_total;
    pthread_mutex_unlock(&log->lock);
    return has_failed
        ? error_set(err, ERR_UNAVAILABLE, "an event of the same prediction id could not be stored; try again")
                      : OK;
}

/* Ids as stored, in `ids` [rows]; texts in `arena`. */
static void fill_result(const struct append *append, struct arena *arena, str *ids,
                        struct event_append_result *ret_result)
{
    const struct event_batch *batch = &append->record.batch;
    for (size_t row = 0; row < batch->rows; row++)
        ids[row] = append->is_fresh[row] ? arena_copy(arena, batch->prediction_ids[row]) : batch->prediction_ids[row];
    *ret_result = (struct event_append_result){
        .stored = batch->rows - append->duplicates, .duplicates = append->duplicates, .prediction_ids = ids
    };
}

enum status event_log_append(struct event_log *log, const struct event_batch *batch, struct arena *arena,
                             struct event_append_result *ret_result, struct error *err)
{
    CLEANUP(append_done) struct append append;
    TRY(prepare(&append, log, batch, err));
    TRY(enqueue(&append, true, err));
    TRY(wait_until_durable(&append, err));
    str *ids = arena_array(arena, str, batch->rows);
    if (ids == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu prediction ids", batch->rows);
    fill_result(&append, arena, ids, ret_result);
    return OK;
}

enum status event_log_append_async(struct event_log *log, const struct event_batch *batch, struct arena *arena,
                                   event_append_done *done, void *self, struct error *err)
{
    CLEANUP(append_done) struct append append;
    TRY(prepare(&append, log, batch, err));
    str *ids = arena_array(arena, str, batch->rows);
    if (ids == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu prediction ids", batch->rows);
    struct event_notice *notice = append.notice = arena_new(arena, struct event_notice);
    *notice = (struct event_notice){ .log = log, .append_done = done, .self = self };
    atomic_init(&notice->pending, 2);
    TRY(enqueue(&append, false, err));
    bool has_record = append.duplicates < batch->rows;
    if (!has_record) { /* nothing to write; a duplicate's own record is on its way, at most one sync long */
        TRY(wait_until_durable(&append, err));
        atomic_store_explicit(&notice->pending, 1, memory_order_relaxed); /* nobody else has it */
    }
    notice->relies_on_pending = append.relies_on_pending;
    notice->failures_total = append.failures_total;
    fill_result(&append, arena, ids, &notice->result);
    event_notice_release(notice);
    return OK;
}

enum status event_log_append_later(struct event_log *log, const struct event_batch *batch, struct error *err)
{
    CLEANUP(append_done) struct append append;
    TRY(prepare(&append, log, batch, err));
    return enqueue(&append, false, err);
}

void event_log_settle(struct event_log *log)
{
    journal_settle(log->journal);
}
