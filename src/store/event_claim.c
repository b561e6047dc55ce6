#include "store/event_claim.h"

#include "base/mem.h"

/* A label's notice is its own memory: labels come without an arena. */
static void tell_label_done(struct event_notice *notice, const struct error *err)
{
    notice->label_done(notice->self, err->status, notice->matched, err);
    mem_free(notice);
}

void event_notice_release(struct event_notice *notice)
{
    if (atomic_fetch_sub_explicit(&notice->pending, 1, memory_order_acq_rel) > 1)
        return;
    struct error err = { 0 };
    struct event_log *log = notice->log;
    pthread_mutex_lock(&log->lock);
    bool has_failed = notice->relies_on_pending && notice->failures_total != log->failures_total;
    pthread_mutex_unlock(&log->lock);
    if (notice->failure.status != OK)
        (void)error_set(&err, notice->failure.status, "nothing was stored: %s", notice->failure.cause); /* passed on */
    else if (has_failed)
        (void)error_set(&err, ERR_UNAVAILABLE, "an event of the same prediction id could not be stored; try again");
    if (notice->append_done != NULL)
        notice->append_done(notice->self, err.status, &notice->result, &err);
    else
        tell_label_done(notice, &err);
}

void event_claim_settled(void *context, void *tag, const struct error *failure)
{
    struct event_log *log = context;
    struct event_claim *claim = tag;
    struct event_model_state *model = claim->model;
    pthread_mutex_lock(&log->lock);
    if (failure == NULL) {
        model->rows += claim->rows;
        model->labels += claim->labels;
        if (claim->rows > 0) {
            model->first_us = model->first_us == INT64_MIN ? claim->first_us : MIN_OF(model->first_us, claim->first_us);
            model->last_us = MAX_OF(model->last_us, claim->last_us);
        }
        log->stats.events_total += claim->rows;
        log->stats.labels_total += claim->labels;
    } else {
        log->failures_total++;
        log->stats.dropped_total += claim->is_awaited ? 0 : claim->rows;
        for (size_t i = 0; i < claim->rows; i++) {
            id_set_remove(&log->pending.now, claim->keys[i]);
            id_set_remove(&log->pending.ingesting, claim->keys[i]);
        }
    }
    pthread_mutex_unlock(&log->lock);
    if (claim->notice != NULL) {
        if (failure != NULL)
            claim->notice->failure = *failure;
        event_notice_release(claim->notice);
    }
    mem_free(claim);
}

enum status event_claim_check_backlog(const struct event_log *log, size_t rows, struct error *err)
{
    if (log->accepted_bytes - log->ingested_bytes > EVENT_BACKLOG_BYTES_MAX ||
        log->pending.now.count + log->pending.ingesting.count + rows > EVENT_PENDING_MAX + EVENT_ROWS_MAX ||
        log->pending.now.count + log->pending.ingesting.count > EVENT_PENDING_MAX)
        return error_set(err, ERR_LIMIT, "events arrive faster than they are stored; try again later");
    return OK;
}

enum status event_claim_queue(struct event_log *log, struct event_claim *claim, struct buf *payload,
                              struct journal_ticket **ret_ticket, struct error *err)
{
    size_t bytes = payload->size;
    TRY(journal_append(log->journal, payload, claim, ret_ticket, err));
    log->accepted_bytes += bytes;
    if (log->accepted_bytes - log->ingested_bytes >= EVENT_INGEST_BYTES)
        pthread_cond_signal(&log->has_backlog);
    return OK;
}
