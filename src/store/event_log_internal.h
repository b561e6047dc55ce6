/* store/event_log_internal.h - what the parts of the event log share:
 *
 *     event_log_duckdb.c  life, the ingest thread, connections
 *     event_append.c      events: ids, exact checks, the way into the journal
 *     event_label.c       labels on the same way
 *     event_claim.c       what a queued record stands for, until the journal has settled it
 *     event_scan.c        windows, counts, models
 *     event_query.c       SQL from people
 *     event_rollover.c    closed days to files, retention, clearing
 *
 * Locks, taken in this order and never the other way round:
 *     ingest_lock  the catalog, the ingest connection, rolling over; held while rows move
 *     db_lock      read: who uses the database; write: who closes it or removes its files
 *     check_lock   the connection of exact id checks
 *     lock         what appenders see; held for microseconds */
#ifndef STORE_EVENT_LOG_INTERNAL_H
#define STORE_EVENT_LOG_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/file.h"
#include "base/map.h"
#include "store/event_ingest.h"
#include "store/event_log.h"
#include "store/event_schema.h"
#include "store/id_filter.h"
#include "store/journal.h"

/* A model as appenders see it: what was accepted, though DuckDB may hear of it later. Never freed before the log. */
struct event_model_state {
    str name;
    struct event_schema schema;
    uint64_t rows, labels; /* durable */
    int64_t first_us, last_us;
};

/* Ids that were accepted and may not be in DuckDB yet. */
struct event_pending {
    struct id_set now;       /* claimed since the last ingest began */
    struct id_set ingesting; /* claimed before it */
    uint64_t epoch;          /* counts the times that `ingesting` was forgotten */
    size_t pins;             /* exact checks that want it kept until they are done */
};

/* A lock that serves in the order of asking. A mutex would go back to a roll-over that lets go of it for a moment
 * between two days, and whoever waits would wait for all of them. */
struct event_turns {
    pthread_mutex_t lock;
    pthread_cond_t has_moved;
    uint64_t next, serving;
};

struct event_log {
    struct event_log_options options;
    char *folder, *history_folder, *database_path, *filter_path; /* absolute */
    struct file_lock *owner;
    struct journal *journal;

    struct event_turns ingest_lock;
    struct event_ingest *ingest;
    duckdb_connection ingest_connection;

    pthread_rwlock_t db_lock;
    duckdb_database database;

    pthread_mutex_t check_lock;
    duckdb_connection check_connection;

    pthread_mutex_t lock;     /* guards all below */
    struct arena arena;       /* models */
    struct map models;        /* to struct event_model_state */
    struct id_filter *filter;
    struct id_seeds seeds;
    struct event_pending pending;
    uint64_t failures_total;  /* records that never became durable */
    uint64_t accepted_bytes;  /* of payloads, since the start */
    uint64_t ingested_bytes;  /* of them, in DuckDB */
    struct event_log_stats stats;
    bool is_gated; /* appenders wait: rows are being dropped */
    pthread_cond_t gate_opens;

    atomic_uint_fast64_t history_bytes; /* of Parquet files; relaxed: a statistic */

    pthread_t ingest_thread;
    bool has_ingest_thread, is_closing;
    pthread_cond_t has_backlog;
};

/* More journal than this waiting for DuckDB refuses appends: it bounds the time that a start takes. */
#define EVENT_BACKLOG_BYTES_MAX ((uint64_t)192 << 20)
/* And more ids than this: it bounds memory. */
#define EVENT_PENDING_MAX ((size_t)1 << 20)
/* The ingest thread moves rows when this much waits, or after EVENT_INGEST_MS. */
#define EVENT_INGEST_BYTES ((uint64_t)16 << 20)
#define EVENT_INGEST_MS 2000
/* Bits for 22 million ids at full precision. */
#define EVENT_FILTER_BYTES_MAX ((size_t)64 << 20)

/* Takes ingest_lock in its turn: whoever asked first has it first. Held while rows move, so up to seconds. */
void event_log_lock_ingest(struct event_log *log);

/* Gives ingest_lock to the one who has waited longest. */
void event_log_unlock_ingest(struct event_log *log);

/* Moves all that is durable into DuckDB; takes ingest_lock, or is called with it held. */
must_use enum status event_log_ingest(struct event_log *log, struct error *err);

/* The same with ingest_lock held. */
must_use enum status event_log_ingest_locked(struct event_log *log, struct error *err);

/* From close to open, no append or label is accepted (they wait) and all that was is in DuckDB, so what appenders
 * know of a model can be set anew. Under ingest_lock; open in any case. */
must_use enum status event_log_close_gate(struct event_log *log, struct error *err);

/* Lets the appenders that wait go on; an open gate stays open. */
void event_log_open_gate(struct event_log *log);

/* Takes `lock` as an appender does: when the gate is open. */
void event_log_lock_open(struct event_log *log);

/* A connection of one's own, with db_lock held for reading until it is ended. */
must_use enum status event_log_connect(struct event_log *log, duckdb_connection *ret_connection, struct error *err);

/* Ends the connection and lets go of db_lock; its transaction is rolled back. */
void event_log_disconnect(struct event_log *log, duckdb_connection connection);

/* Closes and opens the database: DuckDB refuses all work after some disk errors. Under ingest_lock. */
must_use enum status event_log_reopen(struct event_log *log, struct error *err);

/* The model's state, made where there is none; under lock. */
must_use enum status event_log_model(struct event_log *log, str name, struct event_model_state **ret_model,
                                     struct error *err);

/* The journal's word on a record, whose claim is `tag`: counts it or takes its ids back (event_claim.h). For
 * journal_options.on_settled; takes the lock. */
void event_claim_settled(void *context, void *tag, const struct error *failure);

/* Reads schema, counts and times of every model from DuckDB. Under ingest_lock and lock, at open and after rows
 * were dropped. */
must_use enum status event_log_load_models(struct event_log *log, struct error *err);

/* Fills an empty filter with the ids of records behind `after`. Under ingest_lock. */
must_use enum status event_log_load_ids(struct event_log *log, uint64_t after, struct error *err);

/* What keeps the ids of one model apart from other models'. */
static inline uint64_t event_log_model_hash(const struct event_log *log, str name)
{
    return hash_bytes(name, log->seeds.high);
}

/* Removes files below the history folder that the catalog does not name. Under ingest_lock. */
must_use enum status event_rollover_sweep(struct event_log *log, struct error *err);

#endif
