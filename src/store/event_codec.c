#include "store/event_codec.h"

#include <string.h>

#include "base/mem.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are little endian");

#define TEXT_MISSING UINT32_MAX

/* ---- encoding: a cursor over room that was measured before ---- */

static char *put_bytes(char *at, const void *bytes, size_t size)
{
    if (size != 0)
        memcpy(at, bytes, size);
    return at + size;
}

static char *put_u32(char *at, size_t value)
{
    uint32_t narrow = (uint32_t)value;
    return put_bytes(at, &narrow, sizeof narrow);
}

static char *put_text(char *at, str text)
{
    return put_bytes(put_u32(at, text.size), text.data, text.size);
}

static size_t cell_bytes(const struct event_value *value)
{
    switch (value->kind) {
    case EVENT_MISSING:
        return 1;
    case EVENT_NUMBER:
    case EVENT_INTEGER:
    case EVENT_TIME:
        return 9;
    case EVENT_BOOLEAN:
        return 2;
    case EVENT_TEXT:
        return 5 + value->text.size;
    }
    return 1;
}

static char *put_cell(char *at, const struct event_value *value)
{
    *at++ = (char)value->kind;
    switch (value->kind) {
    case EVENT_MISSING:
        return at;
    case EVENT_NUMBER:
        return put_bytes(at, &value->number, 8);
    case EVENT_INTEGER:
    case EVENT_TIME:
        return put_bytes(at, &value->integer, 8);
    case EVENT_BOOLEAN:
        *at++ = (char)value->boolean;
        return at;
    case EVENT_TEXT:
        return put_text(at, value->text);
    }
    return at;
}

static size_t names_bytes(const str *names, size_t count)
{
    size_t bytes = 4;
    for (size_t i = 0; i < count; i++)
        bytes += 4 + names[i].size;
    return bytes;
}

static char *put_names(char *at, const str *names, size_t count)
{
    at = put_u32(at, count);
    for (size_t i = 0; i < count; i++)
        at = put_text(at, names[i]);
    return at;
}

static size_t row_bytes(const struct event_batch *batch, size_t row)
{
    size_t bytes = 4 + batch->prediction_ids[row].size + 8 + cell_bytes(&batch->predictions[row]);
    bytes += 8 * batch->class_count;
    if (batch->targets != NULL)
        bytes += cell_bytes(&batch->targets[row]);
    for (size_t i = 0; i < batch->tag_count; i++)
        bytes += 4 + batch->tags[row * batch->tag_count + i].size;
    for (size_t i = 0; i < batch->feature_count; i++)
        bytes += cell_bytes(&batch->features[row * batch->feature_count + i]);
    return bytes;
}

static char *put_row(char *at, const struct event_batch *batch, size_t row)
{
    at = put_text(at, batch->prediction_ids[row]);
    at = put_bytes(at, &batch->timestamps_us[row], 8);
    at = put_cell(at, &batch->predictions[row]);
    if (batch->class_count != 0)
        at = put_bytes(at, &batch->probabilities[row * batch->class_count], 8 * batch->class_count);
    if (batch->targets != NULL)
        at = put_cell(at, &batch->targets[row]);
    for (size_t i = 0; i < batch->tag_count; i++) {
        str tag = batch->tags[row * batch->tag_count + i];
        at = tag.data == NULL ? put_u32(at, TEXT_MISSING) : put_text(at, tag);
    }
    for (size_t i = 0; i < batch->feature_count; i++)
        at = put_cell(at, &batch->features[row * batch->feature_count + i]);
    return at;
}

/* Room for `bytes`, or ERR_LIMIT with how many it would have been. */
static enum status reserve(struct buf *out, size_t bytes, char **ret_at, struct error *err)
{
    *ret_at = buf_reserve(out, bytes);
    return *ret_at != NULL ? OK : error_set(err, ERR_LIMIT, "a batch takes more than %zu bytes", out->max_bytes);
}

static enum status encode_batch(const struct event_record *record, const bool *is_skipped, struct buf *out,
                                struct error *err)
{
    const struct event_batch *batch = &record->batch;
    size_t rows = 0;
    for (size_t row = 0; row < batch->rows; row++)
        rows += is_skipped == NULL || !is_skipped[row];

    size_t bytes = 1 + 8 + 4 + batch->model_name.size + 4 + batch->model_version.size + 4 +
                   names_bytes(batch->feature_names, batch->feature_count) +
                   names_bytes(batch->class_names, batch->class_count) +
                   names_bytes(batch->tag_names, batch->tag_count) + 1;
    char *at;
    TRY(reserve(out, bytes, &at, err));
    *at++ = EVENT_RECORD_BATCH;
    at = put_bytes(at, &record->arrival_us, 8);
    at = put_text(put_text(at, batch->model_name), batch->model_version);
    at = put_u32(at, rows);
    at = put_names(at, batch->feature_names, batch->feature_count);
    at = put_names(at, batch->class_names, batch->class_count);
    at = put_names(at, batch->tag_names, batch->tag_count);
    *at = batch->targets != NULL;
    buf_commit(out, bytes);

    for (size_t row = 0; row < batch->rows; row++) {
        if (is_skipped != NULL && is_skipped[row])
            continue;
        bytes = row_bytes(batch, row);
        TRY(reserve(out, bytes, &at, err));
        (void)put_row(at, batch, row);
        buf_commit(out, bytes);
    }
    return OK;
}

static enum status encode_labels(const struct event_record *record, struct buf *out, struct error *err)
{
    size_t bytes = 1 + 8 + 4 + record->batch.model_name.size + 4;
    for (size_t i = 0; i < record->label_count; i++)
        bytes += 4 + record->labels[i].prediction_id.size + 8 + cell_bytes(&record->labels[i].target);
    char *at;
    TRY(reserve(out, bytes, &at, err));
    *at++ = EVENT_RECORD_LABELS;
    at = put_bytes(at, &record->arrival_us, 8);
    at = put_u32(put_text(at, record->batch.model_name), record->label_count);
    for (size_t i = 0; i < record->label_count; i++) {
        at = put_text(at, record->labels[i].prediction_id);
        at = put_bytes(at, &record->labels[i].timestamp_us, 8);
        at = put_cell(at, &record->labels[i].target);
    }
    buf_commit(out, bytes);
    return OK;
}

enum status event_record_encode(const struct event_record *record, const bool *is_skipped, struct buf *out,
                                struct error *err)
{
    return record->kind == EVENT_RECORD_BATCH ? encode_batch(record, is_skipped, out, err)
                                              : encode_labels(record, out, err);
}

/* ---- decoding: a reader that can't pass its end; the first failure sticks ---- */

struct reader {
    const char *at, *end, *start;
    struct arena *arena;
    bool has_failed;
};

static bool take(struct reader *reader, void *into, size_t size)
{
    if (reader->has_failed || (size_t)(reader->end - reader->at) < size) {
        reader->has_failed = true;
        memset(into, 0, size);
        return false;
    }
    memcpy(into, reader->at, size);
    reader->at += size;
    return true;
}

static uint32_t take_u32(struct reader *reader)
{
    uint32_t value;
    (void)take(reader, &value, sizeof value); /* zero after a failure, which sticks */
    return value;
}

static str take_text(struct reader *reader, bool may_be_missing)
{
    uint32_t size = take_u32(reader);
    if (size == TEXT_MISSING && may_be_missing)
        return (str){ NULL, 0 };
    if (reader->has_failed || (size_t)(reader->end - reader->at) < size) {
        reader->has_failed = true;
        return STR("");
    }
    str text = { reader->at, size };
    reader->at += size;
    return text;
}

static struct event_value take_cell(struct reader *reader)
{
    struct event_value value = { .kind = EVENT_MISSING };
    uint8_t kind = 0, boolean = 0;
    (void)take(reader, &kind, 1);
    switch (kind) {
    case EVENT_MISSING:
        break;
    case EVENT_NUMBER:
        (void)take(reader, &value.number, 8);
        break;
    case EVENT_INTEGER:
    case EVENT_TIME:
        (void)take(reader, &value.integer, 8);
        break;
    case EVENT_BOOLEAN:
        (void)take(reader, &boolean, 1);
        reader->has_failed |= boolean > 1;
        value.boolean = boolean == 1;
        break;
    case EVENT_TEXT:
        value.text = take_text(reader, false);
        break;
    default:
        reader->has_failed = true;
        return value;
    }
    value.kind = (enum event_value_kind)kind;
    return value;
}

/* An array whose elements take at least `bytes_each` of what is left, so that a damaged count can't ask for
 * more memory than a multiple of the record. NULL after a failure. */
static void *take_array(struct reader *reader, size_t count, size_t bytes_each, size_t element_size)
{
    size_t left = (size_t)(reader->end - reader->at), least;
    if (reader->has_failed || size_mul_overflows(count, bytes_each, &least) || least > left) {
        reader->has_failed = true;
        return NULL;
    }
    void *array = arena_try_array(reader->arena, MAX_OF(count, 1), element_size);
    reader->has_failed |= array == NULL;
    return array;
}

static const str *take_names(struct reader *reader, size_t *ret_count)
{
    size_t count = take_u32(reader);
    str *names = take_array(reader, count, 4, sizeof *names);
    for (size_t i = 0; i < count && !reader->has_failed; i++)
        names[i] = take_text(reader, false);
    *ret_count = reader->has_failed ? 0 : count;
    return names;
}

struct batch_rows {
    str *ids, *tags;
    int64_t *timestamps_us;
    struct event_value *predictions, *targets, *features;
    double *probabilities;
};

static void take_row(struct reader *reader, const struct event_batch *batch, const struct batch_rows *into, size_t row)
{
    into->ids[row] = take_text(reader, false);
    (void)take(reader, &into->timestamps_us[row], 8);
    into->predictions[row] = take_cell(reader);
    if (batch->class_count != 0)
        (void)take(reader, &into->probabilities[row * batch->class_count], 8 * batch->class_count);
    if (into->targets != NULL)
        into->targets[row] = take_cell(reader);
    for (size_t i = 0; i < batch->tag_count; i++)
        into->tags[row * batch->tag_count + i] = take_text(reader, true);
    for (size_t i = 0; i < batch->feature_count; i++)
        into->features[row * batch->feature_count + i] = take_cell(reader);
}

static void take_batch(struct reader *reader, struct event_batch *batch)
{
    batch->model_name = take_text(reader, false);
    batch->model_version = take_text(reader, false);
    size_t rows = take_u32(reader);
    batch->feature_names = take_names(reader, &batch->feature_count);
    batch->class_names = take_names(reader, &batch->class_count);
    batch->tag_names = take_names(reader, &batch->tag_count);
    uint8_t has_targets = 0;
    (void)take(reader, &has_targets, 1);
    reader->has_failed |= has_targets > 1;
    /* Counts stay below the record's bytes, so none of these sums and products overflows. */
    size_t least = 13 + 8 * batch->class_count + has_targets + 4 * batch->tag_count + batch->feature_count;
    struct batch_rows into = {
        .ids = take_array(reader, rows, least, sizeof *into.ids),
        .timestamps_us = take_array(reader, rows, least, 8),
        .predictions = take_array(reader, rows, least, sizeof *into.predictions),
        .targets = has_targets == 1 ? take_array(reader, rows, least, sizeof *into.targets) : NULL,
        .probabilities = take_array(reader, rows * batch->class_count, 8, 8),
        .tags = take_array(reader, rows * batch->tag_count, 4, sizeof *into.tags),
        .features = take_array(reader, rows * batch->feature_count, 1, sizeof *into.features),
    };
    for (size_t row = 0; row < rows && !reader->has_failed; row++)
        take_row(reader, batch, &into, row);
    batch->rows = rows;
    batch->prediction_ids = into.ids;
    batch->timestamps_us = into.timestamps_us;
    batch->predictions = into.predictions;
    batch->targets = into.targets;
    batch->probabilities = into.probabilities;
    batch->tags = into.tags;
    batch->features = into.features;
}

static void take_labels(struct reader *reader, struct event_record *record)
{
    record->batch.model_name = take_text(reader, false);
    size_t count = take_u32(reader);
    struct event_label *labels = take_array(reader, count, 13, sizeof *labels);
    for (size_t i = 0; i < count && !reader->has_failed; i++) {
        labels[i].prediction_id = take_text(reader, false);
        (void)take(reader, &labels[i].timestamp_us, 8);
        labels[i].target = take_cell(reader);
    }
    record->labels = labels;
    record->label_count = count;
}

enum status event_record_decode(str bytes, struct arena *arena, struct event_record *ret_record, struct error *err)
{
    struct reader reader = { .at = bytes.data, .end = bytes.data + bytes.size, .start = bytes.data, .arena = arena };
    struct event_record record = { 0 };
    uint8_t kind = 0;
    (void)take(&reader, &kind, 1);
    (void)take(&reader, &record.arrival_us, 8);
    record.kind = (enum event_record_kind)kind;
    if (kind == EVENT_RECORD_BATCH)
        take_batch(&reader, &record.batch);
    else if (kind == EVENT_RECORD_LABELS)
        take_labels(&reader, &record);
    else
        reader.has_failed = true;
    if (reader.has_failed || reader.at != reader.end)
        return error_set(err, ERR_CORRUPT, "an event record of %zu bytes does not read back at byte %zu", bytes.size,
                         (size_t)(reader.at - reader.start));
    *ret_record = record;
    return OK;
}
