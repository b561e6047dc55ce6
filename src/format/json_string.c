/* What stands between the quotes: eight bytes at a time where nothing is special, and escapes. */
#include "format/json_internal.h"

#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Marks (in each byte's top bit) quotes, backslashes and control characters among eight bytes; the
 * lowest mark is exact, higher ones may be wrong. */
static uint64_t mark_special(uint64_t x)
{
    uint64_t quote = x ^ EACH_BYTE('"'), backslash = x ^ EACH_BYTE('\\');
    uint64_t marks = ((quote - EACH_BYTE(1)) & ~quote) | ((backslash - EACH_BYTE(1)) & ~backslash) |
                     ((x - EACH_BYTE(0x20)) & ~x);
    return marks & EACH_BYTE(0x80);
}

const char *json_find_special(const char *at, const char *end, unsigned char *seen)
{
    uint64_t eight, all = 0;
    for (; end - at >= 8; at += 8) {
        memcpy(&eight, at, 8);
        uint64_t marks = mark_special(eight);
        if (marks != 0) {
            unsigned passed = (unsigned)__builtin_ctzll(marks) / 8;
            if (passed > 0)
                all |= eight << (64 - 8 * passed);
            at += passed;
            break;
        }
        all |= eight;
    }
    *seen |= (all & EACH_BYTE(0x80)) != 0 ? 0x80 : 0;
    for (; at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\'; at++)
        *seen |= (unsigned char)*at;
    return at;
}
#else
const char *json_find_special(const char *at, const char *end, unsigned char *seen)
{
    for (; at < end && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\'; at++)
        *seen |= (unsigned char)*at;
    return at;
}
#endif

/* The four hex digits at `at`, or -1. */
static int hex4(const char *at, const char *end)
{
    if (end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static char *put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

const char *json_decode_escape(const char **at, const char *end, char **out)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *escape = *at + 1;
    const char *letter = escape < end && *escape != '\0' ? strchr(letters, *escape) : NULL;
    if (letter != NULL) {
        *(*out)++ = bytes[letter - letters];
        *at = escape + 1;
        return NULL;
    }
    if (escape >= end || *escape != 'u')
        return "no such escape";
    int code = hex4(escape + 1, end);
    if (code < 0)
        return "\\u needs four hex digits";
    escape += 5;
    if (code >= 0xD800 && code <= 0xDFFF) { /* RFC 8259 section 7: two surrogates are one character */
        int low = end - escape >= 2 && escape[0] == '\\' && escape[1] == 'u' ? hex4(escape + 2, end) : -1;
        if (code > 0xDBFF || low < 0xDC00 || low > 0xDFFF)
            return "half a surrogate pair is no character";
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        escape += 6;
    }
    *out = put_utf8(*out, (unsigned)code);
    *at = escape;
    return NULL;
}
