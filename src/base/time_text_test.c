#include "base/time_text.h"

#include "base/test.h"

/* Seconds from GNU date: date -ud TEXT +%s. */
TEST(time_text_reads_rfc_3339)
{
    static const struct { const char *why, *text; int64_t seconds; int microsecond; } cases[] = {
        { "a day", "2026-11-21", 1795219200, 0 },
        { "minutes only", "2026-11-21T10:46", 1795257960, 0 },
        { "UTC", "2026-11-21T10:46:28Z", 1795257988, 0 },
        { "a space, small z, no offset", "2026-11-21 10:46:28", 1795257988, 0 },
        { "east is earlier in UTC", "2026-11-21T10:46:28+01:00", 1795254388, 0 },
        { "west, without a colon", "2026-11-21T10:46:28-0130", 1795263388, 0 },
        { "hours only", "2026-11-21T10:46:28+01", 1795254388, 0 },
        { "a fraction", "2026-11-21T10:46:28.5Z", 1795257988, 500000 },
        { "nanoseconds are cut off", "2026-11-21T10:46:28.123456789Z", 1795257988, 123456 },
        { "before the epoch", "1969-12-31T23:59:59.999999Z", -1, 999999 },
        { "leap day", "2024-02-29T00:00:00Z", 1709164800, 0 },
        { "the first moment", "0001-01-01T00:00:00Z", -62135596800, 0 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        int64_t time_us = 0;
        CHECK_OK(cases[i].why, time_text_parse(str_of(cases[i].text), &time_us, &err), &err);
        CHECK_INT(cases[i].why, time_us, cases[i].seconds * 1000000 + cases[i].microsecond);
    }
}

TEST(time_text_refuses_with_a_reason)
{
    static const struct { const char *text, *reason; } cases[] = {
        { "", "it does not start with year-month-day" },
        { "21.11.2026", "it does not start with year-month-day" },
        { "2026-1-2", "it does not start with year-month-day" },
        { "2026-02-29", "there is no such day" },
        { "2026-13-01", "there is no such day" },
        { "0000-01-01", "there is no such day" },
        { "2026-11-21X10:46", "a T or a space must separate date and time" },
        { "2026-11-21T", "hours:minutes are missing" },
        { "2026-11-21T24:00", "there is no such time of day" },
        { "2026-11-21T23:59:60Z", "there is no such time of day" },
        { "2026-11-21T10:46:", "two digits of seconds are missing" },
        { "2026-11-21T10:46:28.Z", "the fraction has no digits" },
        { "2026-11-21T10:46:28 UTC", "something other than an offset follows" },
        { "2026-11-21T10:46:28+", "the offset's hours are missing" },
        { "2026-11-21T10:46:28+01:", "the offset's minutes are missing" },
        { "2026-11-21T10:46:28+24:00", "the offset is too large" },
        { "2026-11-21T10:46:28ZZ", "something follows it" },
        { "0001-01-01T00:00:00+01:00", "in UTC it is outside the years 1 to 9999" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        int64_t time_us = 0;
        CHECK_FAILS(cases[i].text, time_text_parse(str_of(cases[i].text), &time_us, &err), ERR_INVALID, &err);
        CHECK_STR(cases[i].text, str_slice(str_of(err.cause), strlen(err.cause) - strlen(cases[i].reason), 512),
                  str_of(cases[i].reason));
    }
}

TEST(time_text_prints_the_fraction_it_needs)
{
    static const struct { int64_t time_us; const char *text; } cases[] = {
        { 0, "1970-01-01T00:00:00Z" },
        { 1795257988000000, "2026-11-21T10:46:28Z" },
        { 1795257988120000, "2026-11-21T10:46:28.120Z" },
        { 1795257988000001, "2026-11-21T10:46:28.000001Z" },
        { -1, "1969-12-31T23:59:59.999999Z" },
        { INT64_MAX, "9999-12-31T23:59:59.999999Z" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[TIME_TEXT_MAX];
        CHECK_STR(cases[i].text, ((str){ text, time_text_print(cases[i].time_us, text) }), str_of(cases[i].text));
    }
    char text[TIME_TEXT_MAX];
    CHECK_STR("date", ((str){ text, time_text_print_date(1795257988000000, text) }), STR("2026-11-21"));
}

/* The pairs of Prometheus' common/model: TestParseDuration and Duration.String. */
TEST(duration_reads_and_prints_as_prometheus)
{
    static const struct { const char *text; int64_t ms; const char *printed; } cases[] = {
        { "0", 0, "0s" }, { "0w", 0, "0s" }, { "0s", 0, "0s" }, { "324ms", 324, "324ms" }, { "3s", 3000, "3s" },
        { "90s", 90000, "1m30s" }, { "5m", 300000, "5m" }, { "1h", 3600000, "1h" }, { "1h30m", 5400000, "1h30m" },
        { "4d", 345600000, "4d" }, { "4d1h", 349200000, "4d1h" }, { "14d", 1209600000, "2w" },
        { "30d", 2592000000, "30d" }, { "3w", 1814400000, "3w" }, { "3w2d1h", 1990800000, "23d1h" },
        { "10y", 315360000000, "10y" }, { "2y1d500ms", 63158400500, "731d500ms" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct error err = { 0 };
        int64_t ms = -1;
        char text[DURATION_TEXT_MAX];
        CHECK_OK(cases[i].text, duration_parse(str_of(cases[i].text), &ms, &err), &err);
        CHECK_INT(cases[i].text, ms, cases[i].ms);
        CHECK_STR(cases[i].text, ((str){ text, duration_print(ms, text) }), str_of(cases[i].printed));
    }
    static const char *const bad[] = { "", "1", "1y1m1d", "-1w", "1.5d", "d", "294y1d1d", "s", "1s1s", "5 m", "5M",
                                       "9223372036854775807s", "99999999999999999999ms", "300000000y" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error err = { 0 };
        int64_t ms = -1;
        CHECK_FAILS(bad[i], duration_parse(str_of(bad[i]), &ms, &err), ERR_INVALID, &err);
    }
    char text[DURATION_TEXT_MAX];
    CHECK_STR("negative", ((str){ text, duration_print(-5000, text) }), STR("-5s"));
    CHECK("the longest fits", duration_print(INT64_MIN, text) < DURATION_TEXT_MAX);
}
