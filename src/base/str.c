#include "base/str.h"

#include <stdint.h>

str str_of(const char *terminated)
{
    return (str){ terminated, terminated == NULL ? 0 : strlen(terminated) };
}

bool str_is_empty(str s)
{
    return s.size == 0;
}

bool str_equal(str a, str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equal_ignoring_case(str a, str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

int str_compare(str a, str b)
{
    size_t shared = a.size < b.size ? a.size : b.size;
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

bool str_has_prefix(str s, str prefix)
{
    return s.size >= prefix.size && str_equal(str_slice(s, 0, prefix.size), prefix);
}

bool str_has_suffix(str s, str suffix)
{
    return s.size >= suffix.size && str_equal(str_slice(s, s.size - suffix.size, s.size), suffix);
}

str str_slice(str s, size_t from, size_t to)
{
    if (to > s.size)
        to = s.size;
    if (from >= to)
        return (str){ s.data, 0 };
    return (str){ s.data + from, to - from };
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

str str_trim(str s)
{
    size_t from = 0, to = s.size;
    while (from < to && is_space(s.data[from]))
        from++;
    while (to > from && is_space(s.data[to - 1]))
        to--;
    return str_slice(s, from, to);
}

size_t str_find(str s, char byte)
{
    const char *at = s.size == 0 ? NULL : memchr(s.data, byte, s.size);
    return at == NULL ? s.size : (size_t)(at - s.data);
}

bool str_split(str *rest, char separator, str *ret_part)
{
    if (rest->data == NULL)
        return false;
    size_t at = str_find(*rest, separator);
    *ret_part = str_slice(*rest, 0, at);
    *rest = at == rest->size ? (str){ NULL, 0 } : str_slice(*rest, at + 1, rest->size);
    return true;
}

/* Bytes of the well-formed sequence at `at`, or 0. RFC 3629 section 4, table of ranges. */
static size_t utf8_sequence(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    if (first < 0x80)
        return 1;
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || left < size)
        return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (first == 0xE0)
        low = 0xA0;
    else if (first == 0xED)
        high = 0x9F;
    else if (first == 0xF0)
        low = 0x90;
    else if (first == 0xF4)
        high = 0x8F;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if (at[i] < 0x80 || at[i] > 0xBF)
            return 0;
    return size;
}

bool str_is_utf8(str s, size_t *ret_bad)
{
    const unsigned char *bytes = (const unsigned char *)s.data;
    size_t i = 0;
    while (i < s.size) {
        uint64_t eight;
        if (s.size - i >= sizeof eight) {
            memcpy(&eight, bytes + i, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t size = utf8_sequence(bytes + i, s.size - i);
        if (size == 0) {
            if (ret_bad != NULL)
                *ret_bad = i;
            return false;
        }
        i += size;
    }
    return true;
}
