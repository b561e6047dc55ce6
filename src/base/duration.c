#include "base/duration.h"

#include "base/number.h"

/* From large to small, the order in which they must come. */
static const struct unit {
    str name;
    int64_t ms;
    bool is_exact_only; /* printed only where it divides evenly: "30d" and not "4w2d" */
} units[] = {
    { { "y", 1 }, INT64_C(365) * 86400000, true }, { { "w", 1 }, INT64_C(7) * 86400000, true },
    { { "d", 1 }, 86400000, false },               { { "h", 1 }, 3600000, false },
    { { "m", 1 }, 60000, false },                  { { "s", 1 }, 1000, false },
    { { "ms", 2 }, 1, false },
};

static enum status fail(str text, struct error *err, const char *what)
{
    return error_set(err, ERR_INVALID, "\"%.*s\" is not a duration like 30s, 5m or 1h30m: %s", (int)MIN_OF(text.size, 64),
                     text.data, what);
}

static size_t span(str text, bool is_of_digits)
{
    size_t size = 0;
    while (size < text.size && (text.data[size] >= '0' && text.data[size] <= '9') == is_of_digits)
        size++;
    return size;
}

enum status duration_parse(str text, int64_t *ret_ms, struct error *err)
{
    if (str_equal(text, STR("0"))) {
        *ret_ms = 0;
        return OK;
    }
    if (str_is_empty(text))
        return fail(text, err, "it is empty");
    int64_t total_ms = 0;
    size_t next_unit = 0;
    for (str rest = text; !str_is_empty(rest);) {
        size_t digits = span(rest, true);
        int64_t count, part_ms;
        if (digits == 0)
            return fail(text, err, "a whole number must come before each unit");
        if (!number_parse_i64(str_slice(rest, 0, digits), &count))
            return fail(text, err, "it is too long");
        rest = str_slice(rest, digits, rest.size);
        str name = str_slice(rest, 0, span(rest, false));
        rest = str_slice(rest, name.size, rest.size);
        if (str_is_empty(name))
            return fail(text, err, "a unit is missing");
        while (next_unit < COUNT(units) && !str_equal(units[next_unit].name, name))
            next_unit++;
        if (next_unit == COUNT(units))
            return fail(text, err, "units are y, w, d, h, m, s and ms, each once and in this order");
        if (__builtin_mul_overflow(count, units[next_unit].ms, &part_ms) ||
            __builtin_add_overflow(total_ms, part_ms, &total_ms))
            return fail(text, err, "it is too long");
        next_unit++;
    }
    *ret_ms = total_ms;
    return OK;
}

size_t duration_print(int64_t duration_ms, char text[DURATION_TEXT_MAX])
{
    size_t size = 0;
    uint64_t left = duration_ms < 0 ? 0 - (uint64_t)duration_ms : (uint64_t)duration_ms;
    if (duration_ms < 0)
        text[size++] = '-';
    if (left == 0) {
        memcpy(text, "0s", 3);
        return 2;
    }
    for (size_t i = 0; i < COUNT(units); i++) {
        uint64_t unit_ms = (uint64_t)units[i].ms;
        if (left < unit_ms || (units[i].is_exact_only && left % unit_ms != 0))
            continue;
        char number[NUMBER_TEXT_MAX];
        size_t digits = number_print_u64(left / unit_ms, number);
        memcpy(text + size, number, digits);
        memcpy(text + size + digits, units[i].name.data, units[i].name.size);
        size += digits + units[i].name.size;
        left %= unit_ms;
    }
    text[size] = '\0';
    return size;
}
