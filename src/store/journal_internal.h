/* store/journal_internal.h - what journal.c (the writer) and journal_read.c (everything that reads) share. */
#ifndef STORE_JOURNAL_INTERNAL_H
#define STORE_JOURNAL_INTERNAL_H

#include <pthread.h>

#include "store/journal.h"
#include "store/journal_frame.h"

struct journal_ticket {
    struct buf payload;
    uint32_t payload_crc;
    void *tag;
    bool is_awaited; /* the waiter frees it, not the writer */
    bool is_done;    /* under lock */
    struct error error; /* status OK when durable; the writer's until is_done */
    struct journal_ticket *next;
};

struct journal_segment {
    uint64_t first, last; /* last is up to date in closed segments only */
    uint64_t bytes;
};

struct journal {
    char *folder;
    size_t segment_bytes, queue_bytes_max;
    struct journal_io io;
    void (*on_settled)(void *context, void *tag, const struct error *failure);
    void *context;

    pthread_t writer;
    bool has_writer;

    pthread_mutex_t lock;       /* guards all below */
    pthread_cond_t has_work;    /* the writer waits */
    pthread_cond_t has_settled; /* appenders wait */
    struct journal_ticket *queue_head, **queue_tail;
    size_t queue_bytes;
    uint64_t queued_total, settled_total; /* records, in order: the n-th is settled when settled_total >= n */
    bool is_closing;
    uint64_t synced;
    struct journal_segment *segments; /* oldest first; the last one is being written */
    size_t segment_count;
    uint64_t commits_total, failures_total;
    uint64_t cuts_total; /* times that bytes were taken back: what a cursor read ahead may be gone */
    struct error failure; /* J3; status OK while all is well */

    /* The writer's own; journal_open fills them before it starts. */
    int fd;
    uint64_t written_bytes; /* of the active segment: good ones */
    uint64_t last_sequence;
    bool has_mark; /* nothing was written since the last mark */
};

#define JOURNAL_PATH_MAX 4096

/* FOLDER/journal-00000000000000000001.log */
must_use enum status journal_segment_path(const struct journal *journal, uint64_t first, char path[JOURNAL_PATH_MAX],
                                          struct error *err);

/* Lists, checks and repairs the segments in the folder; sets segments and last_sequence. */
must_use enum status journal_recover(struct journal *journal, struct error *err);

#endif
