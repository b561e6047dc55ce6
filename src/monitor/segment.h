/* monitor/segment.h - the current rows by the values of one column, most frequent first. */
#ifndef MONITOR_SEGMENT_H
#define MONITOR_SEGMENT_H

#include "base/arena.h"
#include "base/status.h"
#include "monitor/schema.h"

/* More values than this are not shown one by one. */
#define SEGMENT_VALUES_MAX 50

struct segment_rows {
    str column;
    size_t count;      /* values shown */
    const str *values; /* [count] */
    uint32_t *codes;   /* of each row: index into values, FRAME_MISSING for others */
};

/* Everything lives in `arena`. ERR_LIMIT without memory. O(rows). */
must_use enum status segment_rows_make(const struct column *column, struct arena *arena,
                                       struct segment_rows *ret_segments, struct error *err);

#endif
