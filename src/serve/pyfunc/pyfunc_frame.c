#include "serve/pyfunc/pyfunc_frame.h"

#include <assert.h>

#include "format/json.h"
#include "serve/mlmodel.h"

#define TEXT_MISSING UINT32_MAX

/* ---- writing ---- */

static void put_u32(struct buf *frame, uint32_t value)
{
    (void)buf_append(frame, (str){ (const char *)&value, sizeof value }); /* an overfull frame is seen at its end */
}

static void put_text(struct buf *frame, str text)
{
    put_u32(frame, (uint32_t)text.size);
    (void)buf_append(frame, text); /* as above */
}

/* The frame starts with a size that is known at its end. */
static size_t begin_frame(struct buf *frame, char letter)
{
    size_t start = frame->size;
    put_u32(frame, 0);
    (void)buf_append_byte(frame, letter); /* as above */
    return start;
}

static enum status end_frame(struct buf *frame, size_t start, struct error *err)
{
    if (buf_is_overfull(frame))
        return error_set(err, ERR_LIMIT, "the rows take more than the %zu bytes of one request to Python",
                         frame->max_bytes);
    uint32_t size = (uint32_t)(frame->size - start - PYFUNC_HEADER_BYTES);
    memcpy(frame->data + start, &size, sizeof size);
    return OK;
}

static void put_texts(struct buf *frame, const struct runtime_rows *rows, size_t stride, size_t column)
{
    for (size_t row = 0; row < rows->rows; row++) {
        str text = rows->texts == NULL ? (str){ 0 } : rows->texts[row * stride + column];
        if (text.data == NULL)
            put_u32(frame, TEXT_MISSING);
        else
            put_text(frame, text);
    }
}

static void put_numbers(struct buf *frame, const struct runtime_rows *rows, size_t stride, size_t column)
{
    size_t bytes = rows->rows * sizeof(double);
    char *to = buf_reserve(frame, bytes);
    for (size_t row = 0; to != NULL && row < rows->rows; row++)
        memcpy(to + row * sizeof(double), &rows->numbers[row * stride + column], sizeof(double));
    if (to != NULL)
        buf_commit(frame, bytes);
}

enum status pyfunc_frame_rows(const struct runtime_rows *rows, const struct runtime_info *info, struct buf *frame,
                              struct error *err)
{
    size_t start = begin_frame(frame, 'P');
    put_u32(frame, (uint32_t)rows->rows);
    put_u32(frame, (uint32_t)info->input_count);
    for (size_t i = 0; i < info->input_count; i++) {
        bool is_text = info->inputs[i].type == FIELD_STRING;
        (void)buf_append_byte(frame, is_text); /* as above */
        if (is_text)
            put_texts(frame, rows, info->input_count, i);
        else
            put_numbers(frame, rows, info->input_count, i);
    }
    return end_frame(frame, start, err);
}

enum status pyfunc_frame_columns(const struct runtime_info *info, const struct tensor_spec *tensors,
                                 size_t tensor_count,
                                 struct buf *frame, struct error *err)
{
    size_t start = begin_frame(frame, 'C');
    struct json_writer json;
    json_writer_init(&json, frame, JSON_COMPACT);
    json_begin_object(&json);
    json_bool(&json, "has_names", info->has_names);
    json_array(&json, "columns");
    for (size_t i = 0; i < info->input_count; i++) {
        json_begin_object(&json);
        json_str(&json, "name", info->inputs[i].name);
        json_text(&json, "type", field_type_name(info->inputs[i].type));
        json_bool(&json, "required", info->inputs[i].is_required);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_array(&json, "tensors");
    for (size_t i = 0; i < tensor_count; i++) {
        json_begin_object(&json);
        json_str(&json, "name", tensors[i].name);
        json_str(&json, "dtype", tensors[i].dtype);
        json_array(&json, "shape");
        for (size_t d = 0; d < tensors[i].dimensions; d++)
            json_write_i64(&json, tensors[i].shape[d]);
        json_end_array(&json);
        json_end_object(&json);
    }
    json_end_array(&json);
    json_end_object(&json);
    bool fits = json_writer_end(&json);
    assert(fits != buf_is_overfull(frame));
    return end_frame(frame, start, err);
}

/* ---- reading ---- */

/* Goes on with nothing after the first bite that is too large; looked at in the end. */
struct frame_reader {
    str rest;
    bool is_bad;
};

static str take(struct frame_reader *reader, size_t bytes)
{
    if (bytes > reader->rest.size) {
        reader->is_bad = true;
        reader->rest.size = 0;
        return (str){ 0 };
    }
    str taken = str_slice(reader->rest, 0, bytes);
    reader->rest = str_slice(reader->rest, bytes, reader->rest.size);
    return taken;
}

static uint8_t take_u8(struct frame_reader *reader)
{
    str byte = take(reader, 1);
    return byte.data == NULL ? 0 : (uint8_t)byte.data[0];
}

static uint32_t take_u32(struct frame_reader *reader)
{
    uint32_t value = 0;
    str bytes = take(reader, sizeof value);
    if (bytes.data != NULL)
        memcpy(&value, bytes.data, sizeof value);
    return value;
}

/* A count of names; bounded, and each takes at least four bytes. */
static size_t take_count(struct frame_reader *reader)
{
    size_t count = take_u32(reader);
    if (count > PYFUNC_NAMES_MAX) {
        reader->is_bad = true;
        return 0;
    }
    return count;
}

/* Copied; bytes that are not UTF-8 are taken as bad, for they would end up in answers. */
static str take_text(struct frame_reader *reader, struct arena *arena)
{
    str text = take(reader, take_u32(reader));
    if (text.data == NULL || !str_is_utf8(text, NULL)) {
        reader->is_bad = true;
        return STR("");
    }
    return arena_copy(arena, text);
}

static const str *take_texts(struct frame_reader *reader, size_t count, struct arena *arena)
{
    if (count > reader->rest.size / sizeof(uint32_t)) {
        reader->is_bad = true;
        return NULL;
    }
    str *texts = arena_array(arena, str, count + 1);
    for (size_t i = 0; texts != NULL && i < count; i++)
        texts[i] = take_text(reader, arena);
    reader->is_bad |= texts == NULL;
    return texts;
}

static const double *take_numbers(struct frame_reader *reader, size_t count, struct arena *arena)
{
    if (count > reader->rest.size / sizeof(double)) {
        reader->is_bad = true;
        return NULL;
    }
    double *numbers = arena_array(arena, double, count + 1);
    str bytes = take(reader, count * sizeof(double));
    if (numbers != NULL && bytes.data != NULL)
        memcpy(numbers, bytes.data, bytes.size);
    reader->is_bad |= numbers == NULL;
    return numbers;
}

static enum status no_frame(struct error *err)
{
    return error_set(err, ERR_CORRUPT, "the Python worker sent bytes that are no answer");
}

/* Opens a frame of that letter; an E frame is its error. */
static enum status open_frame(str frame, char letter, struct arena *arena, struct frame_reader *reader,
                              struct error *err)
{
    *reader = (struct frame_reader){ .rest = frame };
    uint8_t found = take_u8(reader);
    if (found == 'E') {
        bool is_input = take_u8(reader) == 1;
        str text = take_text(reader, arena);
        if (reader->is_bad || reader->rest.size != 0)
            return no_frame(err);
        return error_set(err, is_input ? ERR_INVALID : ERR_UNAVAILABLE, "Python: %.*s", STR_ARG(text));
    }
    return found == (uint8_t)letter ? OK : no_frame(err);
}

enum status pyfunc_frame_ready(str frame, struct arena *arena, struct pyfunc_facts *ret_facts, struct error *err)
{
    struct frame_reader reader;
    TRY(open_frame(frame, 'R', arena, &reader, err));
    struct pyfunc_facts facts = { 0 };
    uint8_t flags = take_u8(&reader);
    facts.gives_shares = (flags & 1) != 0;
    facts.is_regressor = (flags & 2) != 0;
    facts.class_count = take_count(&reader);
    facts.classes = take_texts(&reader, facts.class_count, arena);
    facts.feature_count = take_count(&reader);
    facts.has_names = take_u8(&reader) == 1;
    if (facts.has_names)
        facts.features = take_texts(&reader, facts.feature_count, arena);
    facts.how = take_text(&reader, arena);
    if (reader.is_bad || reader.rest.size != 0)
        return no_frame(err);
    *ret_facts = facts;
    return OK;
}

static void take_output(struct frame_reader *reader, size_t rows, struct arena *arena, struct runtime_output *output)
{
    size_t cells;
    output->name = take_text(reader, arena);
    output->columns = take_count(reader);
    if (output->columns == 0 || __builtin_mul_overflow(rows, output->columns, &cells)) {
        reader->is_bad = true;
        return;
    }
    uint8_t kind = take_u8(reader);
    if (kind == 0)
        output->numbers = take_numbers(reader, cells, arena);
    else if (kind == 1)
        output->texts = take_texts(reader, cells, arena);
    else
        reader->is_bad = true;
}

enum status pyfunc_frame_answer(str frame, size_t rows, struct arena *arena, struct pyfunc_answer *ret_answer,
                                struct error *err)
{
    struct frame_reader reader;
    TRY(open_frame(frame, 'A', arena, &reader, err));
    bool is_asked = take_u32(&reader) == rows;
    struct pyfunc_answer answer = { .output_count = take_count(&reader) };
    if (!is_asked || answer.output_count == 0 || answer.output_count > reader.rest.size)
        return no_frame(err);
    struct runtime_output *outputs = arena_array(arena, struct runtime_output, answer.output_count);
    if (outputs == NULL)
        return error_set(err, ERR_LIMIT, "%zu outputs do not fit in memory", answer.output_count);
    for (size_t i = 0; i < answer.output_count && !reader.is_bad; i++)
        take_output(&reader, rows, arena, &outputs[i]);
    answer.outputs = outputs;
    answer.class_count = take_count(&reader);
    size_t cells;
    if (__builtin_mul_overflow(rows, answer.class_count, &cells))
        return no_frame(err);
    if (answer.class_count > 0)
        answer.shares = take_numbers(&reader, cells, arena);
    if (reader.is_bad || reader.rest.size != 0)
        return no_frame(err);
    *ret_answer = answer;
    return OK;
}
