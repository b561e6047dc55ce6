/* store/event_claim.h - what a record in the journal's queue stands for, and whom to tell how it ended. Inside
 * store/ only; event_append.c and event_label.c make claims, the journal's writer thread settles them.
 *
 * The life of a claim:
 *
 *     made and queued under the log's lock   its ids are in the pending sets, so that a second event of one waits
 *     event_claim_settled(), once a record   durable: counted; failed: its ids are given back, before anybody wakes
 *     freed there */
#ifndef STORE_EVENT_CLAIM_H
#define STORE_EVENT_CLAIM_H

#include <stdatomic.h>

#include "store/event_log_internal.h"

/* Whom to tell about a record, and what. Lives in the caller's arena until then (of labels: on the heap, freed when
 * told). The record may settle before the call that queued it has returned, so the two count down together and the
 * later one tells. */
struct event_notice {
    struct event_log *log;
    event_append_done *append_done; /* one of the two */
    event_label_done *label_done;
    void *self;
    struct event_append_result result;
    size_t matched;
    struct error failure;   /* of the journal; OK = durable */
    bool relies_on_pending; /* a duplicate of an event that was not durable yet is in it, */
    uint64_t failures_total; /* and this many records had failed when it was taken */
    atomic_int pending;     /* acq_rel: the teller sees what the other side wrote */
};

/* What a queued record has claimed. */
struct event_claim {
    struct event_model_state *model;
    struct event_notice *notice; /* NULL: nobody is told */
    uint64_t rows, labels;
    int64_t first_us, last_us;
    bool is_awaited; /* the caller hears of a failure; else its rows count as dropped */
    struct id_key keys[]; /* [rows] */
};

/* One of the two sides is through with the notice; the second one tells. Without the log's lock. */
void event_notice_release(struct event_notice *notice);

/* Whether `rows` more may be taken: ERR_LIMIT when the journal is too far ahead of the tables, or too many ids are
 * pending. Under the log's lock. */
must_use enum status event_claim_check_backlog(const struct event_log *log, size_t rows, struct error *err);

/* Hands the payload to the journal with `claim` as its tag; after OK the claim is the journal's, and `payload` is
 * empty. `ret_ticket` NULL: nobody waits. ERR_LIMIT when the queue is full. Under the log's lock. */
must_use enum status event_claim_queue(struct event_log *log, struct event_claim *claim, struct buf *payload,
                                       struct journal_ticket **ret_ticket, struct error *err);

#endif
