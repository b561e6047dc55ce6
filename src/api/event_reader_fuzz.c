/* A capture or labels body from outside: what is accepted is rectangular, complete, and reads the same when its events
 * are written anew as columns; what is refused has a reason. */
#include <assert.h>
#include <stdint.h>

#include "api/event_reader.h"
#include "format/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_value(struct json_writer *json, const struct event_value *value)
{
    switch (value->kind) {
    case EVENT_NUMBER:
        json_write_f64(json, value->number);
        return;
    case EVENT_INTEGER:
        json_write_i64(json, value->integer);
        return;
    case EVENT_BOOLEAN:
        json_write_bool(json, value->boolean);
        return;
    case EVENT_TEXT:
        json_write_str(json, value->text);
        return;
    case EVENT_TIME:
    case EVENT_MISSING:
        break;
    }
    json_write_null(json);
}

static void write_columns(const struct event_batch *batch, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out, JSON_COMPACT);
    json_begin_object(&json);
    json_array(&json, "rows");
    for (size_t row = 0; row < batch->rows; row++) {
        json_begin_array(&json);
        for (size_t i = 0; i < batch->feature_count; i++)
            write_value(&json, &batch->features[row * batch->feature_count + i]);
        json_end_array(&json);
    }
    json_end_array(&json);
    json_array(&json, "predictions");
    for (size_t row = 0; row < batch->rows; row++)
        write_value(&json, &batch->predictions[row]);
    json_end_array(&json);
    json_end_object(&json);
    assert(json_writer_end(&json));
}

static void check_equal(const struct event_value *a, const struct event_value *b)
{
    bool are_numbers = (a->kind == EVENT_NUMBER || a->kind == EVENT_INTEGER) && (b->kind == EVENT_NUMBER || b->kind == EVENT_INTEGER);
    if (are_numbers) { /* 1e3 comes back as 1000 */
        double x = a->kind == EVENT_NUMBER ? a->number : (double)a->integer;
        double y = b->kind == EVENT_NUMBER ? b->number : (double)b->integer;
        assert(x == y);
        return;
    }
    assert(a->kind == b->kind);
    if (a->kind == EVENT_TEXT)
        assert(str_equal(a->text, b->text));
    if (a->kind == EVENT_BOOLEAN)
        assert(a->boolean == b->boolean);
}

static void check_round_trip(const struct event_batch *batch, struct arena *arena)
{
    struct buf body;
    buf_init(&body, 1 << 26);
    write_columns(batch, &body);
    struct event_reading again;
    struct event_defaults defaults = { .fallback_name = STR("m") };
    struct error err = { 0 };
    enum status status = event_reading_parse(buf_str(&body), &defaults, arena, &again, &err);
    assert(status == OK && again.group_count == 1 && again.groups[0].batch.rows == batch->rows);
    const struct event_batch *second = &again.groups[0].batch;
    assert(second->feature_count == batch->feature_count);
    for (size_t i = 0; i < batch->rows * batch->feature_count; i++)
        check_equal(&batch->features[i], &second->features[i]);
    for (size_t row = 0; row < batch->rows; row++)
        check_equal(&batch->predictions[row], &second->predictions[row]);
    buf_done(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str body = { (const char *)data, size };
    struct event_defaults defaults = { .fallback_name = STR("m") };
    struct arena arena;
    arena_init(&arena, (size_t)1 << 28);
    struct event_reading reading;
    struct error err = { 0 };
    if (event_reading_parse(body, &defaults, &arena, &reading, &err) == OK) {
        size_t events = 0;
        for (size_t i = 0; i < reading.group_count; i++) {
            events += reading.groups[i].batch.rows;
            assert(reading.groups[i].batch.rows > 0 && !str_is_empty(reading.groups[i].batch.model_name));
            check_round_trip(&reading.groups[i].batch, &arena);
        }
        assert(events == reading.events);
    } else {
        assert(err.cause[0] != '\0');
    }
    struct label_group *groups;
    size_t count;
    error_clear(&err);
    if (label_reading_parse(body, &defaults, &arena, &groups, &count, &err) == OK)
        for (size_t i = 0; i < count; i++)
            assert(groups[i].count > 0 && !str_is_empty(groups[i].labels[0].prediction_id));
    else
        assert(err.cause[0] != '\0');
    arena_done(&arena);
    return 0;
}
