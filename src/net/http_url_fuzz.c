/* A query string from outside: what decodes holds no NUL, is UTF-8 and no longer than it was, and what
 * decodes to itself encodes back to itself. */
#include <assert.h>
#include <stdint.h>

#include "net/http_message.h"
#include "net/http_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena;
    arena_init(&arena, 1 << 24);
    str rest = { (const char *)data, size }, name, value;
    size_t total = 0;
    while (http_query_next(&rest, &arena, &name, &value)) {
        assert(!str_is_empty(name) && str_is_utf8(name, NULL) && str_is_utf8(value, NULL));
        assert(str_find(name, '\0') == name.size && str_find(value, '\0') == value.size);
        total += name.size + value.size;
    }
    assert(total <= size);
    double quality = http_accept_quality((str){ (const char *)data, size }, STR("text/html"));
    assert(quality >= 0 && quality <= 1);
    arena_done(&arena);
    return 0;
}
