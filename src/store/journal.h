/* store/journal.h - records that are on disk before anybody is told so: append-only files, group commit.
 *
 * One writer thread takes what waits, writes it with one writev, syncs once and wakes the callers; while it
 * syncs, the next group gathers. Other threads append, wait and read.
 *
 * A segment is journal-FIRST.log, named after its first record's number:
 *
 *     "KEDGEJ1\n"  u64 first  u32 crc32c of these 16 bytes  u32 0
 *     frame*:  u32 payload bytes  u32 crc32c of the payload  u64 sequence  u64 synced
 *              u32 crc32c of these 24 bytes  u32 0  payload
 *
 * Records are numbered 1, 2, 3, ... without gaps. `synced` is the last number known to be durable when
 * the frame was written. It tells what a damaged frame is, b being the number that it should have:
 *
 * (J1) No readable frame behind it says synced >= b: nobody was told that b is durable. It is the torn end
 *      of a crash, and is cut off.
 * (J2) One does: bytes that were acknowledged have changed. ERR_CORRUPT, and nothing is touched.
 *
 * So that J2 also sees damage in the last group, an idle writer puts an empty frame (a mark, repeating the
 * last number) behind it.
 *
 * (J3) A failed sync is final. The kernel may have dropped the pages and a second sync would succeed without
 *      them, so nothing is acknowledged from there on until the folder is opened again. A failed write (disk
 *      full) is not: what was written of the group is cut off, and the next group tries again. */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/str.h"

struct journal;

/* What the writer asks of the system; a test double fails the n-th call. As writev(2) and fdatasync(2). */
struct journal_io {
    ssize_t (*write)(void *self, int fd, const struct iovec *parts, int part_count);
    int (*sync)(void *self, int fd);
    void *self;
};

struct journal_options {
    const char *folder;      /* exists */
    uint64_t after_sequence; /* records go on behind this one, or behind the last in the folder */
    size_t segment_bytes;    /* a new segment begins above that; 0 = 16 MiB */
    size_t queue_bytes_max;  /* payloads waiting for the writer; 0 = 64 MiB */
    const struct journal_io *io; /* NULL = the system's */
    /* Called in the writer thread for each record when it is durable (`failure` is NULL), or never will be, before its
     * waiter wakes. May be NULL. */
    void (*on_settled)(void *context, void *tag, const struct error *failure);
    void *context;
};

#define JOURNAL_RECORD_BYTES_MAX ((size_t)64 << 20)

/* Reads every segment through, cuts a torn end, starts a new segment and the writer. ERR_CORRUPT (J2) names
 * file and offset. */
must_use enum status journal_open(const struct journal_options *options, struct journal **ret_journal,
                                  struct error *err);

/* Writes and syncs what waits, then ends the writer. NULL is fine. */
void journal_close(struct journal *journal);
DEFINE_CLEANUP(struct journal, journal_close);

/* A record on its way; ended by journal_wait. */
struct journal_ticket;

/* Queues the bytes of `payload`, which is empty afterwards. With `ret_ticket` NULL nobody waits; `tag` is for
 * on_settled. ERR_LIMIT: the queue is full; ERR_UNAVAILABLE after a failed sync (J3). */
must_use enum status journal_append(struct journal *journal, struct buf *payload, void *tag,
                                    struct journal_ticket **ret_ticket, struct error *err);

/* Waits until the record is durable, or failed, and frees the ticket. */
must_use enum status journal_wait(struct journal *journal, struct journal_ticket *ticket, struct error *err);

/* Waits until every record queued before this call is durable or failed. */
void journal_settle(struct journal *journal);

/* The last durable record's number. */
uint64_t journal_synced(struct journal *journal);

struct journal_stats {
    uint64_t commits_total, failures_total; /* groups synced; records that failed */
    uint64_t bytes, queue_bytes;            /* in segments; waiting */
    bool is_failed;                         /* J3 */
};

/* Counters since the opening and sizes of this moment. Any thread; takes the lock for a moment. */
void journal_stats_now(struct journal *journal, struct journal_stats *ret_stats);

/* Reads records in order. One thread; the journal must outlive it. */
struct journal_cursor;

/* Starts behind record `after_sequence`; ERR_CORRUPT names the file that can't be read. */
must_use enum status journal_cursor_open(struct journal *journal, uint64_t after_sequence,
                                         struct journal_cursor **ret_cursor, struct error *err);

/* Ends the reading; the payload it returned last is gone. NULL is fine. */
void journal_cursor_close(struct journal_cursor *cursor);
DEFINE_CLEANUP(struct journal_cursor, journal_cursor_close);

/* The next record up to number `through` (at most journal_synced); `ret_payload` is valid until the next call,
 * `ret_sequence` 0 when there is none. ERR_CORRUPT names file and offset. */
must_use enum status journal_next(struct journal_cursor *cursor, uint64_t through, str *ret_payload,
                                  uint64_t *ret_sequence, struct error *err);

/* Removes segments that hold nothing behind `through`; the one being written stays. */
must_use enum status journal_drop(struct journal *journal, uint64_t through, struct error *err);

#endif
