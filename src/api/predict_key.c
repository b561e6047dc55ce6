#include "api/predict_key.h"

#include <string.h>

#include "api/json_value.h"
#include "format/json.h"

/* The member of that name of the map that is due, as text; empty where there is none or it is no scalar. */
static str value_in_map(struct json_reader *json, str wanted)
{
    str name, value = { 0 };
    if (json_enter_object(json) != OK)
        return value;
    while (json_next_member(json, &name)) {
        enum json_kind kind = json_peek(json);
        bool is_scalar = kind == JSON_STRING || kind == JSON_NUMBER;
        if (str_equal(name, wanted) && is_scalar)
            (void)json_value_name(json, &value); /* what is no name is no key */
        else if (json_skip_value(json) != OK)
            break;
    }
    return value;
}

static str key_in_body(struct http_request *request, str wanted)
{
    struct json_reader json;
    struct error unread = { 0 };
    str name, tag = { 0 }, feature = { 0 };
    json_reader_init(&json, request->body, request->arena, &unread);
    if (json_peek(&json) != JSON_OBJECT || json_enter_object(&json) != OK)
        return tag;
    while (json_next_member(&json, &name)) {
        bool is_map = json_peek(&json) == JSON_OBJECT;
        if (is_map && str_equal(name, STR("tags")))
            tag = value_in_map(&json, wanted);
        else if (is_map && str_equal(name, STR("features")))
            feature = value_in_map(&json, wanted);
        else if (json_skip_value(&json) != OK)
            break;
    }
    return !str_is_empty(tag) ? tag : feature;
}

str predict_key(struct http_request *request, str name)
{
    str key = http_request_header(request, "X-Kedge-Key");
    if (!str_is_empty(key) || str_is_empty(name) || memmem(request->body.data, request->body.size, name.data, name.size) == NULL)
        return key;
    return key_in_body(request, name);
}
