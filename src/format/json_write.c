/* The JSON writer: text goes straight to the buf, commas and indentation follow from the open levels. */
#include "format/json.h"

#include <assert.h>
#include <math.h>

void json_writer_init(struct json_writer *writer, struct buf *out, enum json_style style)
{
    *writer = (struct json_writer){ .out = out, .style = style };
}

bool json_writer_end(struct json_writer *writer)
{
    assert(writer->depth == 0 && writer->is_done); /* one whole value */
    return !buf_is_overfull(writer->out);
}

static void put_line_break(struct json_writer *writer)
{
    if (writer->style != JSON_PRETTY)
        return;
    (void)buf_append_byte(writer->out, '\n'); /* appends mark an overfull buf; json_writer_end reports */
    for (unsigned i = 0; i < writer->depth; i++)
        (void)buf_append(writer->out, STR("  "));
}

/* The comma and line break in front of an element or a member's name. */
static void put_separator(struct json_writer *writer)
{
    if (writer->has_items[writer->depth])
        (void)buf_append_byte(writer->out, ',');
    writer->has_items[writer->depth] = true;
    put_line_break(writer);
}

/* Every value passes here: the one place that knows where a value may stand. */
static void begin_value(struct json_writer *writer)
{
    assert(!writer->is_done); /* the document is one value */
    assert(writer->is_object[writer->depth] == writer->has_name); /* members have names, elements have none */
    if (writer->depth > 0 && !writer->has_name)
        put_separator(writer);
    writer->has_name = false;
    writer->is_done = writer->depth == 0;
}

static void put_value(struct json_writer *writer, str text)
{
    begin_value(writer);
    (void)buf_append(writer->out, text);
}

/* A level is a flag for its kind and one for its comma; flags of closed levels are set anew. */
static void begin(struct json_writer *writer, bool is_object)
{
    begin_value(writer);
    writer->is_done = false;
    assert(writer->depth < JSON_WRITE_DEPTH_MAX);
    writer->depth++;
    writer->is_object[writer->depth] = is_object;
    writer->has_items[writer->depth] = false;
    (void)buf_append_byte(writer->out, is_object ? '{' : '[');
}

static void end(struct json_writer *writer, bool is_object)
{
    assert(writer->depth > 0 && writer->is_object[writer->depth] == is_object && !writer->has_name);
    bool has_items = writer->has_items[writer->depth--];
    if (has_items)
        put_line_break(writer);
    (void)buf_append_byte(writer->out, is_object ? '}' : ']');
    writer->is_done = writer->depth == 0;
}

void json_begin_object(struct json_writer *writer)
{
    begin(writer, true);
}

void json_end_object(struct json_writer *writer)
{
    end(writer, true);
}

void json_begin_array(struct json_writer *writer)
{
    begin(writer, false);
}

void json_end_array(struct json_writer *writer)
{
    end(writer, false);
}

/* Two bytes where JSON has a letter for it, \u00XX otherwise. */
static void put_escape(struct buf *out, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[] = "btn\0fr"; /* of the bytes from 0x08; 0x0B has none */
    char letter = byte >= 0x08 && byte <= 0x0D ? letters[byte - 0x08] : '\0';
    if (byte == '"' || byte == '\\')
        letter = (char)byte;
    if (letter != '\0')
        (void)buf_append(out, (str){ (char[]){ '\\', letter }, 2 });
    else
        (void)buf_append(out, (str){ (char[]){ '\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15] }, 6 });
}

/* Text that is UTF-8, with escapes where RFC 8259 section 7 wants them; U+007F too, terminals eat it. */
static void put_escaped(struct buf *out, str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7F)
            continue;
        (void)buf_append(out, str_slice(text, from, i));
        put_escape(out, byte);
        from = i + 1;
    }
    (void)buf_append(out, str_slice(text, from, text.size));
}

/* str_is_utf8 says where the first bad byte is: what is good before it goes out in one piece. */
static void put_string(struct buf *out, str text)
{
    (void)buf_append_byte(out, '"');
    size_t bad;
    while (!str_is_utf8(text, &bad)) {
        put_escaped(out, str_slice(text, 0, bad));
        (void)buf_append(out, STR("\xEF\xBF\xBD"));
        text = str_slice(text, bad + 1, text.size);
    }
    put_escaped(out, text);
    (void)buf_append_byte(out, '"');
}

void json_write_name(struct json_writer *writer, str name)
{
    assert(writer->is_object[writer->depth] && !writer->has_name);
    put_separator(writer);
    put_string(writer->out, name);
    (void)buf_append(writer->out, writer->style == JSON_PRETTY ? STR(": ") : STR(":"));
    writer->has_name = true;
}

void json_write_str(struct json_writer *writer, str value)
{
    begin_value(writer);
    put_string(writer->out, value);
}

void json_write_f64(struct json_writer *writer, double value)
{
    char text[NUMBER_TEXT_MAX];
    put_value(writer, isfinite(value) ? (str){ text, number_print_f64(value, text) } : STR("null"));
}

void json_write_i64(struct json_writer *writer, int64_t value)
{
    char text[NUMBER_TEXT_MAX];
    put_value(writer, (str){ text, number_print_i64(value, text) });
}

void json_write_u64(struct json_writer *writer, uint64_t value)
{
    char text[NUMBER_TEXT_MAX];
    put_value(writer, (str){ text, number_print_u64(value, text) });
}

void json_write_bool(struct json_writer *writer, bool value)
{
    put_value(writer, value ? STR("true") : STR("false"));
}

void json_write_null(struct json_writer *writer)
{
    put_value(writer, STR("null"));
}

void json_write_raw(struct json_writer *writer, str json)
{
    put_value(writer, json);
}

void json_object(struct json_writer *writer, const char *name)
{
    json_write_name(writer, str_of(name));
    json_begin_object(writer);
}

void json_array(struct json_writer *writer, const char *name)
{
    json_write_name(writer, str_of(name));
    json_begin_array(writer);
}

void json_str(struct json_writer *writer, const char *name, str value)
{
    json_write_name(writer, str_of(name));
    json_write_str(writer, value);
}

void json_text(struct json_writer *writer, const char *name, const char *value)
{
    json_write_name(writer, str_of(name));
    if (value == NULL)
        json_write_null(writer);
    else
        json_write_str(writer, str_of(value));
}

void json_f64(struct json_writer *writer, const char *name, double value)
{
    json_write_name(writer, str_of(name));
    json_write_f64(writer, value);
}

void json_i64(struct json_writer *writer, const char *name, int64_t value)
{
    json_write_name(writer, str_of(name));
    json_write_i64(writer, value);
}

void json_u64(struct json_writer *writer, const char *name, uint64_t value)
{
    json_write_name(writer, str_of(name));
    json_write_u64(writer, value);
}

void json_bool(struct json_writer *writer, const char *name, bool value)
{
    json_write_name(writer, str_of(name));
    json_write_bool(writer, value);
}

void json_null(struct json_writer *writer, const char *name)
{
    json_write_name(writer, str_of(name));
    json_write_null(writer);
}

void json_raw(struct json_writer *writer, const char *name, str json)
{
    json_write_name(writer, str_of(name));
    json_write_raw(writer, json);
}
