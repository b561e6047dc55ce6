/* What is accepted is copied value by value, compact and pretty; both copies read back to the same compact text.
 * Skipping accepts exactly what taking accepts. What is refused names a place. */
#include "format/json.h"

#define COPY_BYTES_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void copy_number(struct json_reader *reader, struct json_writer *writer)
{
    struct number number;
    str text;
    if (json_take_number(reader, &number, &text) != OK)
        json_write_null(writer);
    else if (number.is_i64 && number.i64 != 0) /* as a double, 0 keeps its sign */
        json_write_i64(writer, number.i64);
    else if (number.is_finite)
        json_write_f64(writer, number.f64);
    else
        json_write_raw(writer, text);
}

static void copy_value(struct json_reader *reader, struct json_writer *writer)
{
    str text = { 0 };
    bool boolean = false;
    switch (json_peek(reader)) {
    case JSON_OBJECT:
        json_enter_object(reader);
        json_begin_object(writer);
        while (json_next_member(reader, &text)) {
            json_write_name(writer, text);
            copy_value(reader, writer);
        }
        json_end_object(writer);
        return;
    case JSON_ARRAY:
        json_enter_array(reader);
        json_begin_array(writer);
        while (json_next_element(reader))
            copy_value(reader, writer);
        json_end_array(writer);
        return;
    case JSON_STRING:
        json_take_str(reader, &text);
        json_write_str(writer, text);
        return;
    case JSON_NUMBER:
        copy_number(reader, writer);
        return;
    case JSON_BOOL:
        json_take_bool(reader, &boolean);
        json_write_bool(writer, boolean);
        return;
    case JSON_NULL:
        json_take_null(reader);
        json_write_null(writer);
        return;
    case JSON_NONE:
    case JSON_KIND_COUNT:
        json_skip_value(reader); /* says what is wrong */
        json_write_null(writer);
        return;
    }
}

static bool copy(str text, enum json_style style, struct buf *out, struct error *err)
{
    struct arena arena;
    arena_init(&arena, 0);
    struct json_reader reader;
    json_reader_init(&reader, text, &arena, err);
    struct json_writer writer;
    json_writer_init(&writer, out, style);
    copy_value(&reader, &writer);
    bool is_ok = json_finish(&reader) == OK;
    arena_done(&arena);
    return is_ok;
}

static bool is_accepted_by_skipping(str text)
{
    struct json_reader reader;
    json_reader_init(&reader, text, NULL, NULL);
    return json_finish(&reader) == OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    struct buf compact, pretty, again;
    buf_init(&compact, COPY_BYTES_MAX);
    buf_init(&pretty, COPY_BYTES_MAX);
    buf_init(&again, COPY_BYTES_MAX);
    struct error err = { 0 };
    bool is_accepted = copy(text, JSON_COMPACT, &compact, &err);
    if (is_accepted != is_accepted_by_skipping(text) || (!is_accepted && strstr(err.cause, " at line ") == NULL))
        abort();
    if (is_accepted && copy(text, JSON_PRETTY, &pretty, NULL) && !buf_is_overfull(&pretty)) {
        if (!copy(buf_str(&compact), JSON_COMPACT, &again, NULL) || !str_equal(buf_str(&compact), buf_str(&again)))
            abort();
        buf_clear(&again);
        if (!copy(buf_str(&pretty), JSON_COMPACT, &again, NULL) || !str_equal(buf_str(&compact), buf_str(&again)))
            abort();
    }
    buf_done(&compact);
    buf_done(&pretty);
    buf_done(&again);
    return 0;
}
