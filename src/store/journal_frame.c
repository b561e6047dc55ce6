#include "store/journal_frame.h"

#include <string.h>

#include "store/crc32c.h"
#include "store/journal.h"

static const char magic[8] = { 'K', 'E', 'D', 'G', 'E', 'J', '1', '\n' };

/* A frame found behind damage must have a number near by, or it is chance. */
#define SEQUENCE_JUMP_MAX ((uint64_t)1 << 24)

void journal_head_write(uint64_t first, char head[JOURNAL_HEAD_BYTES])
{
    memset(head, 0, JOURNAL_HEAD_BYTES);
    memcpy(head, magic, 8);
    memcpy(head + 8, &first, 8);
    uint32_t crc = crc32c(0, (str){ head, 16 });
    memcpy(head + 16, &crc, 4);
}

bool journal_head_read(str bytes, uint64_t *ret_first)
{
    if (bytes.size < JOURNAL_HEAD_BYTES)
        return false;
    char expected[JOURNAL_HEAD_BYTES];
    memcpy(ret_first, bytes.data + 8, 8);
    journal_head_write(*ret_first, expected);
    return memcmp(bytes.data, expected, JOURNAL_HEAD_BYTES) == 0;
}

void journal_frame_write(const struct journal_frame *frame, char bytes[JOURNAL_FRAME_BYTES])
{
    memset(bytes, 0, JOURNAL_FRAME_BYTES);
    memcpy(bytes, &frame->payload_bytes, 4);
    memcpy(bytes + 4, &frame->payload_crc, 4);
    memcpy(bytes + 8, &frame->sequence, 8);
    memcpy(bytes + 16, &frame->synced, 8);
    uint32_t crc = crc32c(0, (str){ bytes, 24 });
    memcpy(bytes + 24, &crc, 4);
}

bool journal_frame_read(str bytes, struct journal_frame *ret_frame)
{
    if (bytes.size < JOURNAL_FRAME_BYTES)
        return false;
    uint32_t crc, zero;
    memcpy(&crc, bytes.data + 24, 4);
    memcpy(&zero, bytes.data + 28, 4);
    if (zero != 0 || crc != crc32c(0, (str){ bytes.data, 24 }))
        return false;
    memcpy(&ret_frame->payload_bytes, bytes.data, 4);
    memcpy(&ret_frame->payload_crc, bytes.data + 4, 4);
    memcpy(&ret_frame->sequence, bytes.data + 8, 8);
    memcpy(&ret_frame->synced, bytes.data + 16, 8);
    return ret_frame->payload_bytes <= JOURNAL_RECORD_BYTES_MAX;
}

/* Whether the frame and its payload are what was written, and it may stand behind record `last`. */
static bool is_good_frame(str bytes, uint64_t last, struct journal_frame *ret_frame)
{
    if (!journal_frame_read(bytes, ret_frame))
        return false;
    bool is_mark = ret_frame->payload_bytes == 0 && ret_frame->sequence == last;
    if (!is_mark && ret_frame->sequence != last + 1)
        return false;
    str payload = str_slice(bytes, JOURNAL_FRAME_BYTES, JOURNAL_FRAME_BYTES + (size_t)ret_frame->payload_bytes);
    return payload.size == ret_frame->payload_bytes && crc32c(0, payload) == ret_frame->payload_crc;
}

/* J1 or J2: looks at every byte behind the damage for a frame head that knew record `sequence` as durable. */
static bool is_known_durable(str rest, uint64_t sequence)
{
    for (size_t at = 0; at + JOURNAL_FRAME_BYTES <= rest.size; at++) {
        uint64_t found;
        memcpy(&found, rest.data + at + 8, 8);
        struct journal_frame frame;
        if (found - sequence < SEQUENCE_JUMP_MAX && journal_frame_read(str_slice(rest, at, rest.size), &frame) &&
            frame.synced >= sequence)
            return true;
    }
    return false;
}

bool journal_scan_segment(str bytes, struct journal_scan *ret_scan)
{
    uint64_t first;
    if (!journal_head_read(bytes, &first))
        return false;
    struct journal_scan scan = { .first = first, .last = first - 1, .good_bytes = JOURNAL_HEAD_BYTES };
    struct journal_frame frame;
    while (is_good_frame(str_slice(bytes, scan.good_bytes, bytes.size), scan.last, &frame)) {
        scan.last = frame.sequence;
        scan.good_bytes += JOURNAL_FRAME_BYTES + (size_t)frame.payload_bytes;
    }
    scan.is_whole = scan.good_bytes == bytes.size;
    scan.was_acknowledged = !scan.is_whole && is_known_durable(str_slice(bytes, scan.good_bytes, bytes.size),
                                                               scan.last + 1);
    *ret_scan = scan;
    return true;
}
