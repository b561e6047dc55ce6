/* A form from outside: its first line is the boundary, the rest the body. Every part lies inside the body, holds no
 * delimiter, and comes back when the form is written anew from its parts. */
#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/http_multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct http_part *parts, size_t count, str boundary)
{
    struct buf form;
    buf_init(&form, 1 << 24);
    for (size_t i = 0; i < count; i++)
        buf_printf(&form, "--%.*s\r\nContent-Type: x/y\r\n\r\n", STR_ARG(boundary)), buf_append(&form, parts[i].content),
            buf_append(&form, STR("\r\n"));
    buf_printf(&form, "--%.*s--", STR_ARG(boundary));
    struct http_part again[HTTP_PARTS_MAX];
    size_t again_count = 0;
    assert(http_multipart_parse(buf_str(&form), boundary, again, &again_count, NULL) == OK && again_count == count);
    for (size_t i = 0; i < count; i++)
        assert(str_equal(again[i].content, parts[i].content));
    buf_done(&form);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str rest = { (const char *)data, size }, line, boundary;
    if (!str_split(&rest, '\n', &line) || !http_multipart_boundary(line, &boundary))
        return 0;
    struct http_part parts[HTTP_PARTS_MAX];
    size_t count = 0;
    struct error err = { 0 };
    if (http_multipart_parse(rest, boundary, parts, &count, &err) != OK) {
        assert(err.cause[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        assert(parts[i].content.data >= rest.data && parts[i].content.data + parts[i].content.size <= rest.data + rest.size);
    bool is_plain = str_find(boundary, '\r') == boundary.size && str_find(boundary, '\0') == boundary.size;
    if (is_plain)
        check_round_trip(parts, count, boundary);
    return 0;
}
