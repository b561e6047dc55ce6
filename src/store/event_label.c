/* store/event_label.c - labels on their way into the journal: as events, without ids to claim. A label may be there
 * before its event, and a second one for an id replaces the first (E4), so nothing has to be looked up. */
#include "base/mem.h"
#include "store/event_claim.h"
#include "store/event_codec.h"

/* One call while it runs. */
struct labelling {
    struct event_log *log;
    struct arena arena;
    struct event_record record;
    struct event_notice *notice; /* NULL: the caller waits for `ticket` */
    struct buf payload;
    struct journal_ticket *ticket;
};

static void labelling_done(struct labelling *labelling)
{
    buf_done(&labelling->payload);
    arena_done(&labelling->arena);
}

/* Counts the labels whose event the filter knows: exact but for false suspects, some 1 in 10,000. */
static size_t count_matched(const struct event_log *log, str model_name, const struct event_label *labels, size_t count)
{
    uint64_t model = event_log_model_hash(log, model_name);
    size_t matched = 0;
    for (size_t i = 0; i < count; i++)
        matched += id_filter_may_hold(log->filter, id_key_of(&log->seeds, model, labels[i].prediction_id));
    return matched;
}

/* Under the lock. */
static enum status queue_labels(struct labelling *labelling, const struct event_sight *sight, size_t *ret_matched,
                                struct error *err)
{
    struct event_log *log = labelling->log;
    struct event_model_state *model;
    bool is_changed;
    TRY(event_claim_check_backlog(log, 0, err));
    TRY(event_log_model(log, labelling->record.batch.model_name, &model, err));
    TRY(event_schema_admit(&model->schema, sight, 1, &is_changed, err));
    struct event_claim *claim = mem_array(1, sizeof *claim);
    if (claim == NULL)
        return error_set(err, ERR_LIMIT, "no memory for labels");
    *claim = (struct event_claim){ .model = model, .notice = labelling->notice, .labels = labelling->record.label_count,
                                   .is_awaited = true };
    bool waits = labelling->notice == NULL; /* else the notice tells */
    enum status status = event_claim_queue(log, claim, &labelling->payload, waits ? &labelling->ticket : NULL, err);
    if (status != OK)
        mem_free(claim);
    else
        *ret_matched = count_matched(log, model->name, labelling->record.labels, labelling->record.label_count);
    return status;
}

static enum status prepare_labels(struct labelling *labelling, struct event_log *log, str model_name,
                                  const struct event_label *labels, size_t count, struct error *err)
{
    *labelling = (struct labelling){ .log = log };
    arena_init(&labelling->arena, 0);
    buf_init(&labelling->payload, JOURNAL_RECORD_BYTES_MAX);
    struct event_label *copies = arena_array(&labelling->arena, struct event_label, MAX_OF(count, 1));
    if (copies == NULL)
        return error_set(err, ERR_LIMIT, "no memory for %zu labels", count);
    int64_t now_us = clock_read_us(log->options.clock);
    for (size_t i = 0; i < count; i++) {
        copies[i] = labels[i];
        copies[i].timestamp_us = labels[i].timestamp_us != INT64_MIN ? labels[i].timestamp_us : now_us;
    }
    labelling->record = (struct event_record){ .kind = EVENT_RECORD_LABELS, .arrival_us = now_us,
                                               .batch.model_name = model_name, .labels = copies, .label_count = count };
    return event_record_encode(&labelling->record, NULL, &labelling->payload, err);
}

enum status event_log_label(struct event_log *log, str model_name, const struct event_label *labels, size_t count,
                            size_t *ret_matched, struct error *err)
{
    struct event_sight sight;
    TRY(event_labels_look(labels, count, &sight, err));
    CLEANUP(labelling_done) struct labelling labelling;
    TRY(prepare_labels(&labelling, log, model_name, labels, count, err));
    event_log_lock_open(log);
    size_t matched = 0;
    enum status status = queue_labels(&labelling, &sight, &matched, err);
    pthread_mutex_unlock(&log->lock);
    TRY(status);
    TRY(journal_wait(log->journal, labelling.ticket, err));
    *ret_matched = matched;
    return OK;
}

enum status event_log_label_async(struct event_log *log, str model_name, const struct event_label *labels, size_t count,
                                  event_label_done *done, void *self, struct error *err)
{
    struct event_sight sight;
    TRY(event_labels_look(labels, count, &sight, err));
    CLEANUP(labelling_done) struct labelling labelling;
    TRY(prepare_labels(&labelling, log, model_name, labels, count, err));
    struct event_notice *notice = labelling.notice = mem_array(1, sizeof *notice);
    if (notice == NULL)
        return error_set(err, ERR_LIMIT, "no memory for labels");
    *notice = (struct event_notice){ .log = log, .label_done = done, .self = self };
    atomic_init(&notice->pending, 2);
    event_log_lock_open(log);
    size_t matched = 0;
    enum status status = queue_labels(&labelling, &sight, &matched, err);
    pthread_mutex_unlock(&log->lock);
    if (status != OK) {
        mem_free(notice);
        return status;
    }
    notice->matched = matched;
    event_notice_release(notice);
    return OK;
}
