#include "net/http_auth.h"

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool http_base64_decode(str text, struct arena *arena, str *ret_bytes)
{
    while (str_has_suffix(text, STR("=")))
        text.size--;
    char *out = arena_array(arena, char, text.size);
    if (out == NULL || text.size % 4 == 1)
        return false;
    size_t size = 0;
    unsigned bits = 0, bit_count = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            out[size++] = (char)(bits >> bit_count);
        }
    }
    *ret_bytes = (str){ out, size };
    return true;
}

bool http_auth_is_granted(const struct http_request *request, const struct secret *token)
{
    if (token == NULL || secret_is_empty(token))
        return true;
    str rest = http_request_header(request, "Authorization"), scheme;
    if (!str_split(&rest, ' ', &scheme))
        return false;
    str credentials = str_trim(rest);
    if (str_equal_ignoring_case(scheme, STR("Bearer")))
        return secret_equals(token, credentials);
    str pair;
    if (!str_equal_ignoring_case(scheme, STR("Basic")) || !http_base64_decode(credentials, request->arena, &pair))
        return false;
    size_t colon = str_find(pair, ':');
    return secret_equals(token, str_slice(pair, colon + 1, pair.size));
}

bool http_auth_is_cross_site(const struct http_request *request)
{
    bool is_safe = str_equal(request->method, STR("GET")) || str_equal(request->method, STR("HEAD")) ||
                   str_equal(request->method, STR("OPTIONS"));
    str origin = http_request_header(request, "Origin");
    if (is_safe || origin.data == NULL)
        return false;
    static const char *const schemes[] = { "http://", "https://" };
    for (size_t i = 0; i < COUNT(schemes); i++) {
        str scheme = str_of(schemes[i]);
        if (str_has_prefix(origin, scheme))
            return !str_equal_ignoring_case(str_slice(origin, scheme.size, origin.size),
                                            http_request_header(request, "Host"));
    }
    return true; /* "null": a sandboxed page or a file */
}
