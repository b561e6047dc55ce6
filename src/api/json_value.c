#include "api/json_value.h"

#include <math.h>

#include "base/time_text.h"

#define US_PER_S 1e6

static enum status take_number(struct json_reader *json, struct event_value *ret_value)
{
    struct number number = { 0 };
    TRY(json_take_number(json, &number, NULL));
    if (!number.is_finite)
        return json_fail(json, "the number is beyond the largest double");
    if (number.is_i64)
        *ret_value = (struct event_value){ EVENT_INTEGER, .integer = number.i64 };
    else
        *ret_value = (struct event_value){ EVENT_NUMBER, .number = number.f64 };
    return OK;
}

static enum status take_only_element(struct json_reader *json, struct event_value *ret_value)
{
    TRY(json_enter_array(json));
    if (!json_next_element(json))
        return json_status(json) != OK ? json_status(json) : json_fail(json, "expected one value, found an empty list");
    if (json_peek(json) == JSON_ARRAY)
        return json_fail(json, "expected one value, found lists in a list");
    TRY(json_value_cell(json, ret_value));
    if (json_next_element(json))
        return json_fail(json, "expected one value, found a list of several");
    return json_status(json);
}

enum status json_value_cell(struct json_reader *json, struct event_value *ret_value)
{
    switch (json_peek(json)) {
    case JSON_NUMBER:
        return take_number(json, ret_value);
    case JSON_STRING:
        ret_value->kind = EVENT_TEXT;
        return json_take_str(json, &ret_value->text);
    case JSON_BOOL:
        ret_value->kind = EVENT_BOOLEAN;
        return json_take_bool(json, &ret_value->boolean);
    case JSON_NULL:
        ret_value->kind = EVENT_MISSING;
        return json_take_null(json);
    case JSON_ARRAY:
        return take_only_element(json, ret_value);
    case JSON_OBJECT:
    case JSON_NONE:
    case JSON_KIND_COUNT:
        break;
    }
    TRY(json_skip_value(json));
    return json_fail(json, "expected a number, text, true, false or null, found an object");
}

enum status json_value_time(struct json_reader *json, int64_t *ret_time_us)
{
    if (json_peek(json) == JSON_NULL)
        return json_take_null(json);
    if (json_peek(json) == JSON_NUMBER) {
        double seconds = 0;
        TRY(json_take_f64(json, &seconds));
        if (!(fabs(seconds) < 1e11))
            return json_fail(json, "a time in numbers is in seconds since 1970; %g is too far away", seconds);
        *ret_time_us = (int64_t)llround(seconds * US_PER_S);
        return OK;
    }
    str text = { 0 };
    struct error mistake = { 0 };
    TRY(json_take_str(json, &text));
    if (time_text_parse(text, ret_time_us, &mistake) != OK)
        return json_fail(json, "%s", mistake.cause);
    return OK;
}

enum status json_value_name(struct json_reader *json, str *ret_name)
{
    if (json_peek(json) == JSON_NULL)
        return json_take_null(json);
    if (json_peek(json) != JSON_NUMBER)
        return json_take_str(json, ret_name);
    struct number number;
    TRY(json_take_number(json, &number, ret_name));
    return OK;
}

void *json_value_grow(struct arena *arena, void **list, size_t *capacity, size_t count, size_t size)
{
    if (count == *capacity) {
        size_t wanted = *capacity == 0 ? 16 : *capacity * 2;
        void *grown = arena_try_array(arena, wanted, size);
        if (grown == NULL)
            return NULL;
        if (count > 0)
            memcpy(grown, *list, count * size);
        *list = grown;
        *capacity = wanted;
    }
    return (char *)*list + count * size;
}
