#include "base/time_text.h"

/* What is left to read, and what it was part of. */
struct scan {
    str rest, text;
    struct error *err;
};

static enum status fail(const struct scan *scan, const char *what)
{
    return error_set(scan->err, ERR_INVALID, "\"%.*s\" is not a time like 2026-11-21T10:46:28Z: %s",
                     (int)MIN_OF(scan->text.size, 64), scan->text.data, what);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Exactly `digits` digits; the rest stays where they are not. */
static bool take_digits(struct scan *scan, size_t digits, int *ret_value)
{
    if (scan->rest.size < digits)
        return false;
    int value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (!is_digit(scan->rest.data[i]))
            return false;
        value = value * 10 + (scan->rest.data[i] - '0');
    }
    scan->rest = str_slice(scan->rest, digits, scan->rest.size);
    *ret_value = value;
    return true;
}

static bool take_byte(struct scan *scan, char byte)
{
    if (scan->rest.size == 0 || scan->rest.data[0] != byte)
        return false;
    scan->rest = str_slice(scan->rest, 1, scan->rest.size);
    return true;
}

/* Digits behind the point, as microseconds; further ones are cut off. */
static bool take_fraction(struct scan *scan, int *ret_microsecond)
{
    int value = 0, scale = 1000000;
    size_t digits = 0;
    for (; digits < scan->rest.size && is_digit(scan->rest.data[digits]); digits++) {
        scale /= 10;
        value += (scan->rest.data[digits] - '0') * scale;
    }
    scan->rest = str_slice(scan->rest, digits, scan->rest.size);
    *ret_microsecond = value;
    return digits > 0;
}

static enum status take_date(struct scan *scan, struct civil *civil)
{
    if (!take_digits(scan, 4, &civil->year) || !take_byte(scan, '-') || !take_digits(scan, 2, &civil->month) ||
        !take_byte(scan, '-') || !take_digits(scan, 2, &civil->day))
        return fail(scan, "it does not start with year-month-day");
    if (!civil_is_valid(civil))
        return fail(scan, "there is no such day");
    return OK;
}

static enum status take_time_of_day(struct scan *scan, struct civil *civil)
{
    if (!take_digits(scan, 2, &civil->hour) || !take_byte(scan, ':') || !take_digits(scan, 2, &civil->minute))
        return fail(scan, "hours:minutes are missing");
    if (take_byte(scan, ':')) {
        if (!take_digits(scan, 2, &civil->second))
            return fail(scan, "two digits of seconds are missing");
        if ((take_byte(scan, '.') || take_byte(scan, ',')) && !take_fraction(scan, &civil->microsecond))
            return fail(scan, "the fraction has no digits");
    }
    if (!civil_is_valid(civil))
        return fail(scan, "there is no such time of day");
    return OK;
}

/* "Z", "+01:00", "-0130", "+01" or nothing, as minutes east of Greenwich. */
static enum status take_offset(struct scan *scan, int *ret_minutes)
{
    *ret_minutes = 0;
    if (take_byte(scan, 'Z') || take_byte(scan, 'z') || str_is_empty(scan->rest))
        return OK;
    bool is_west = take_byte(scan, '-');
    int hours = 0, minutes = 0;
    if (!is_west && !take_byte(scan, '+'))
        return fail(scan, "something other than an offset follows");
    if (!take_digits(scan, 2, &hours))
        return fail(scan, "the offset's hours are missing");
    bool has_colon = take_byte(scan, ':');
    if ((has_colon || !str_is_empty(scan->rest)) && !take_digits(scan, 2, &minutes))
        return fail(scan, "the offset's minutes are missing");
    if (hours > 23 || minutes > 59)
        return fail(scan, "the offset is too large");
    *ret_minutes = (hours * 60 + minutes) * (is_west ? -1 : 1);
    return OK;
}

enum status time_text_parse(str text, int64_t *ret_time_us, struct error *err)
{
    struct scan scan = { .rest = text, .text = text, .err = err };
    struct civil civil = { 0 };
    int offset_minutes = 0;
    TRY(take_date(&scan, &civil));
    if (!str_is_empty(scan.rest)) {
        if (!take_byte(&scan, 'T') && !take_byte(&scan, 't') && !take_byte(&scan, ' '))
            return fail(&scan, "a T or a space must separate date and time");
        TRY(take_time_of_day(&scan, &civil));
        TRY(take_offset(&scan, &offset_minutes));
    }
    if (!str_is_empty(scan.rest))
        return fail(&scan, "something follows it");
    int64_t time_us = civil_to_us(&civil) - offset_minutes * 60 * CIVIL_US_PER_SECOND;
    if (time_us < CIVIL_MIN_US || time_us > CIVIL_MAX_US)
        return fail(&scan, "in UTC it is outside the years 1 to 9999");
    *ret_time_us = time_us;
    return OK;
}

/* The `digits` last digits of `value`, with leading zeros; returns where they end. */
static char *print_digits(char *at, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        at[i] = (char)('0' + value % 10);
    return at + digits;
}

static char *print_date(char *at, const struct civil *civil)
{
    at = print_digits(at, civil->year, 4);
    *at++ = '-';
    at = print_digits(at, civil->month, 2);
    *at++ = '-';
    return print_digits(at, civil->day, 2);
}

size_t time_text_print(int64_t time_us, char text[TIME_TEXT_MAX])
{
    struct civil civil = civil_from_us(time_us);
    char *at = print_date(text, &civil);
    *at++ = 'T';
    at = print_digits(at, civil.hour, 2);
    *at++ = ':';
    at = print_digits(at, civil.minute, 2);
    *at++ = ':';
    at = print_digits(at, civil.second, 2);
    if (civil.microsecond != 0) {
        bool is_whole_ms = civil.microsecond % 1000 == 0;
        *at++ = '.';
        at = print_digits(at, is_whole_ms ? civil.microsecond / 1000 : civil.microsecond, is_whole_ms ? 3 : 6);
    }
    *at++ = 'Z';
    *at = '\0';
    return (size_t)(at - text);
}

size_t time_text_print_date(int64_t time_us, char text[TIME_TEXT_MAX])
{
    struct civil civil = civil_from_us(time_us);
    char *at = print_date(text, &civil);
    *at = '\0';
    return (size_t)(at - text);
}
