/* store/event_codec.h - one append or one call of labels as bytes: what a journal record holds.
 *
 * Little endian, no padding. text = u32 size, bytes. cell = u8 kind (enum event_value_kind), then
 * nothing, f64, i64, u8, text or i64.
 *
 *     batch   u8 1, i64 arrival_us, text model, text version, u32 rows,
 *             u32 features, text each; u32 classes, text each; u32 tags, text each; u8 has_targets,
 *             then by row: text id, i64 timestamp_us, cell prediction, f64 each class,
 *             [cell target], text each tag (size 2^32-1 = missing), cell each feature
 *     labels  u8 2, i64 arrival_us, text model, u32 labels, then each: text id, i64 timestamp_us, cell target */
#ifndef STORE_EVENT_CODEC_H
#define STORE_EVENT_CODEC_H

#include "base/arena.h"
#include "base/buf.h"
#include "store/event_log.h"

enum event_record_kind { EVENT_RECORD_BATCH = 1, EVENT_RECORD_LABELS = 2 };

struct event_record {
    enum event_record_kind kind;
    int64_t arrival_us;
    struct event_batch batch; /* BATCH; of LABELS only model_name */
    const struct event_label *labels;
    size_t label_count;
};

/* Appends the record to `out`, without the rows that `is_skipped` ([rows] or NULL) marks. ERR_LIMIT when
 * it does not fit. Ids and timestamps are written as they are: the caller has filled them in. */
must_use enum status event_record_encode(const struct event_record *record, const bool *is_skipped, struct buf *out,
                                         struct error *err);

/* Reads all of `bytes`. Texts are borrowed from it, arrays live in `arena`, whose growth is bounded by a
 * multiple of the bytes. ERR_CORRUPT names the offset. What was encoded reads back equal; what is accepted
 * encodes to the same bytes. */
must_use enum status event_record_decode(str bytes, struct arena *arena, struct event_record *ret_record,
                                         struct error *err);

#endif
