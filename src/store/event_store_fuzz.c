/* store/event_store_fuzz.c - any bytes as an event record and as a journal segment.
 *
 * A record that decodes encodes to the same bytes. A segment's good frames are a prefix that reads the same again,
 * and what is whole has nothing behind them. */
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "store/event_codec.h"
#include "store/journal_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
    if (!condition)
        abort();
}

static void try_record(str bytes)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct event_record record;
    struct error err = { 0 };
    if (event_record_decode(bytes, &arena, &record, &err) == OK) {
        CLEANUP(buf_done) struct buf again;
        buf_init(&again, bytes.size);
        must(event_record_encode(&record, NULL, &again, &err) == OK);
        must(str_equal(buf_str(&again), bytes));
    } else {
        must(err.cause[0] != '\0');
    }
    arena_done(&arena);
}

static void try_segment(str bytes)
{
    struct journal_scan scan, again;
    if (!journal_scan_segment(bytes, &scan))
        return;
    must(scan.good_bytes >= JOURNAL_HEAD_BYTES && scan.good_bytes <= bytes.size);
    must(scan.is_whole == (scan.good_bytes == bytes.size));
    must(!(scan.is_whole && scan.was_acknowledged));
    must(journal_scan_segment(str_slice(bytes, 0, scan.good_bytes), &again));
    must(again.is_whole && again.first == scan.first && again.last == scan.last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str bytes = { (const char *)data, size };
    try_record(bytes);
    try_segment(bytes);
    return 0;
}
