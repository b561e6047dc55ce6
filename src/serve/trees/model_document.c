#include "serve/trees/model_document.h"

#include <stdarg.h>

bool model_document_is_ubjson(str bytes)
{
    if (bytes.size < 2 || bytes.data[0] != '{' || bytes.data[1] == '\0')
        return false;
    return strchr("LlIiU#$N", bytes.data[1]) != NULL;
}

void document_init(struct model_document *document, str bytes, struct arena *arena, struct error *err)
{
    document->is_ubjson = model_document_is_ubjson(bytes);
    document->arena = arena;
    document->err = err;
    if (document->is_ubjson)
        ubjson_reader_init(&document->ubjson, bytes, err);
    else
        json_reader_init(&document->json, bytes, arena, err);
}

enum status document_finish(struct model_document *document)
{
    return document->is_ubjson ? ubjson_finish(&document->ubjson) : json_finish(&document->json);
}

enum status document_status(const struct model_document *document)
{
    return document->is_ubjson ? document->ubjson.status : json_status(&document->json);
}

enum status document_enter_object(struct model_document *document)
{
    return document->is_ubjson ? ubjson_enter_object(&document->ubjson) : json_enter_object(&document->json);
}

enum status document_enter_array(struct model_document *document)
{
    return document->is_ubjson ? ubjson_enter_array(&document->ubjson) : json_enter_array(&document->json);
}

bool document_next_member(struct model_document *document, str *ret_key)
{
    return document->is_ubjson ? ubjson_next_member(&document->ubjson, ret_key)
                               : json_next_member(&document->json, ret_key);
}

bool document_next_element(struct model_document *document)
{
    return document->is_ubjson ? ubjson_next_element(&document->ubjson) : json_next_element(&document->json);
}

enum status document_take_str(struct model_document *document, str *ret_value)
{
    return document->is_ubjson ? ubjson_take_str(&document->ubjson, ret_value)
                               : json_take_str(&document->json, ret_value);
}

static enum json_kind kind_of_marker(char marker)
{
    switch (marker) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case 'S':
    case 'H':
    case 'C':
        return JSON_STRING;
    case 'T':
    case 'F':
        return JSON_BOOL;
    case 'Z':
        return JSON_NULL;
    case '\0':
        return JSON_NONE;
    default:
        return JSON_NUMBER;
    }
}

enum json_kind document_peek(struct model_document *document)
{
    return document->is_ubjson ? kind_of_marker(ubjson_peek(&document->ubjson)) : json_peek(&document->json);
}

enum status document_fail(struct model_document *document, const char *format, ...)
{
    char message[224];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof message, format, args); /* cut off is fine: it is for people */
    va_end(args);
    return document->is_ubjson ? ubjson_fail(&document->ubjson, "%s", message)
                               : json_fail(&document->json, "%s", message);
}

enum status document_take_number(struct model_document *document, double *ret_value)
{
    bool boolean;
    str text;
    switch (document_peek(document)) {
    case JSON_STRING:
        TRY(document_take_str(document, &text));
        if (!number_parse_f64_or_special(text, ret_value))
            return document_fail(document, "\"%.*s\" is not a number", (int)MIN_OF(text.size, 64), text.data);
        return OK;
    case JSON_BOOL:
        if (document->is_ubjson)
            return ubjson_take_number(&document->ubjson, ret_value);
        TRY(json_take_bool(&document->json, &boolean));
        *ret_value = boolean;
        return OK;
    case JSON_NUMBER:
    case JSON_NONE:
    case JSON_NULL:
    case JSON_ARRAY:
    case JSON_OBJECT:
    case JSON_KIND_COUNT:
        break;
    }
    return document->is_ubjson ? ubjson_take_number(&document->ubjson, ret_value)
                               : json_take_f64(&document->json, ret_value);
}

enum status document_take_count(struct model_document *document, size_t most, size_t *ret_value)
{
    double value;
    TRY(document_take_number(document, &value));
    if (!(value >= 0 && value <= (double)most) || value != (double)(size_t)value)
        return document_fail(document, "%g is not a whole number from 0 to %zu", value, most);
    *ret_value = (size_t)value;
    return OK;
}

/* Room for one more element; doubles, so that an array costs at most twice its size in the arena. */
static void *grow(struct model_document *document, void *old, size_t *capacity, size_t count, size_t size)
{
    if (count < *capacity)
        return old;
    size_t larger = *capacity == 0 ? 16 : 2 * *capacity;
    void *grown = count >= DOCUMENT_ARRAY_MAX ? NULL : arena_try_array(document->arena, larger, size);
    if (grown == NULL) {
        document_fail(document, "an array does not fit in memory");
        return NULL;
    }
    if (count > 0)
        memcpy(grown, old, count * size);
    *capacity = larger;
    return grown;
}

enum status document_take_numbers(struct model_document *document, struct number_array *ret_array)
{
    TRY(document_enter_array(document));
    size_t count = 0, capacity = document->is_ubjson ? ubjson_numbers_left(&document->ubjson) : 0;
    double *values = capacity == 0 ? NULL : arena_array(document->arena, double, capacity);
    if (values == NULL)
        capacity = 0;
    while (document_next_element(document)) {
        double *grown = grow(document, values, &capacity, count, sizeof *values);
        if (grown == NULL)
            break;
        values = grown;
        TRY(document_take_number(document, &values[count]));
        count++;
    }
    *ret_array = (struct number_array){ values, count };
    return document_status(document);
}

enum status document_take_strings(struct model_document *document, size_t most, const str **ret_texts,
                                  size_t *ret_count)
{
    TRY(document_enter_array(document));
    size_t count = 0, capacity = 0;
    str *texts = NULL;
    while (document_next_element(document)) {
        if (count == most)
            return document_fail(document, "more than %zu texts", most);
        str *grown = grow(document, texts, &capacity, count, sizeof *texts);
        if (grown == NULL)
            break;
        texts = grown;
        TRY(document_take_str(document, &texts[count]));
        count++;
    }
    *ret_texts = texts;
    *ret_count = count;
    return document_status(document);
}
