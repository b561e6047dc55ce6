/* Skipping a document accepts exactly what walking it accepts, and what is refused names a byte. */
#include "serve/trees/ubjson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(struct ubjson_reader *reader)
{
    str text;
    double number;
    switch (ubjson_peek(reader)) {
    case '{':
        for (ubjson_enter_object(reader); ubjson_next_member(reader, &text);)
            walk(reader);
        return;
    case '[':
        for (ubjson_enter_array(reader); ubjson_next_element(reader);)
            walk(reader);
        return;
    case 'S':
    case 'H':
        ubjson_take_str(reader, &text);
        return;
    case 'Z':
    case 'C':
        ubjson_skip_value(reader);
        return;
    default:
        ubjson_take_number(reader, &number);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str bytes = { (const char *)data, size };
    struct ubjson_reader walker, skipper;
    struct error err = { 0 };
    ubjson_reader_init(&walker, bytes, &err);
    walk(&walker);
    bool is_accepted = ubjson_finish(&walker) == OK;
    ubjson_reader_init(&skipper, bytes, NULL);
    if (is_accepted != (ubjson_finish(&skipper) == OK) || (!is_accepted && strstr(err.cause, " at byte ") == NULL))
        abort();
    return 0;
}
