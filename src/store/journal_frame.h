/* store/journal_frame.h - the bytes of a journal segment; for journal*.c only. The layout is in journal.h. */
#ifndef STORE_JOURNAL_FRAME_H
#define STORE_JOURNAL_FRAME_H

#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#define JOURNAL_HEAD_BYTES 24  /* of a segment */
#define JOURNAL_FRAME_BYTES 32 /* of a frame, before its payload */

struct journal_frame {
    uint32_t payload_bytes, payload_crc;
    uint64_t sequence, synced;
};

/* The head of a segment whose first record will be number `first`. */
void journal_head_write(uint64_t first, char head[JOURNAL_HEAD_BYTES]);

/* The other way round; false where `bytes` begin with no whole head of ours, or a damaged one. */
bool journal_head_read(str bytes, uint64_t *ret_first);

/* The frame's head, with a checksum of its own; the payload follows it. */
void journal_frame_write(const struct journal_frame *frame, char bytes[JOURNAL_FRAME_BYTES]);

/* Reads and checks a frame's head at the start of `bytes`; not its payload. */
bool journal_frame_read(str bytes, struct journal_frame *ret_frame);

struct journal_scan {
    uint64_t first, last;  /* records first .. last; last = first - 1 where there are none */
    size_t good_bytes;     /* up to the end of the last good frame */
    bool is_whole;         /* nothing behind it */
    bool was_acknowledged; /* not whole, and J2 holds */
};

/* Reads a segment's bytes through. False when the head is damaged. */
bool journal_scan_segment(str bytes, struct journal_scan *ret_scan);

#endif
