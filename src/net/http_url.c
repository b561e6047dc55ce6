#include "net/http_url.h"

#include <stdint.h>
#include <string.h>

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool has_escapes(str text, bool is_query)
{
    return str_find(text, '%') < text.size || (is_query && str_find(text, '+') < text.size);
}

/* Writes the decoded bytes, never more than there were; SIZE_MAX for an escape that is none. */
static size_t decode_into(char *out, str text, bool is_query)
{
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (is_query && c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = i + 1 < text.size ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return SIZE_MAX;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[size++] = c;
    }
    return size;
}

bool http_url_decode(str text, bool is_query, struct arena *arena, str *ret_text)
{
    str decoded = text;
    if (has_escapes(text, is_query)) {
        char *out = arena_array(arena, char, text.size);
        if (out == NULL)
            return false;
        decoded = (str){ out, decode_into(out, text, is_query) };
        if (decoded.size == SIZE_MAX)
            return false;
    }
    if (str_find(decoded, '\0') < decoded.size || !str_is_utf8(decoded, NULL))
        return false;
    *ret_text = decoded;
    return true;
}

bool http_query_next(str *rest, struct arena *arena, str *ret_name, str *ret_value)
{
    str pair;
    while (str_split(rest, '&', &pair)) {
        size_t equals = str_find(pair, '=');
        str name = str_slice(pair, 0, equals), value = str_slice(pair, equals + 1, pair.size);
        if (!str_is_empty(name) && http_url_decode(name, true, arena, ret_name) &&
            http_url_decode(value, true, arena, ret_value))
            return true;
    }
    return false;
}

/* ---- climbing ---- */

#define DECODE_ROUNDS 4

/* Decodes in place what is an escape, leaves what is none; returns the new size. */
static size_t decode_once(char *text, size_t size)
{
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        int high = text[i] == '%' && i + 2 < size ? hex_digit(text[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low >= 0)
            i += 2;
        text[out++] = low >= 0 ? (char)(high * 16 + low) : text[i];
    }
    return out;
}

static bool has_dots(str text)
{
    size_t from = 0;
    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && text.data[i] != '/' && text.data[i] != '\\')
            continue;
        if (str_equal(str_slice(text, from, i), STR("..")))
            return true;
        from = i + 1;
    }
    return false;
}

bool http_path_climbs(str path)
{
    char text[HTTP_PATH_CLIMBS_BYTES_MAX];
    size_t size = path.size;
    if (size > sizeof text)
        return true;
    if (size > 0)
        memcpy(text, path.data, size);
    for (int round = 0; round < DECODE_ROUNDS; round++) {
        if (has_dots((str){ text, size }))
            return true;
        size = decode_once(text, size);
    }
    return has_dots((str){ text, size });
}
