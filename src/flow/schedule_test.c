#include "flow/schedule.h"

#include "base/test.h"
#include "base/time_text.h"

static int64_t at(const char *text)
{
    struct error err = { 0 };
    int64_t time_us = 0;
    CHECK_OK(text, time_text_parse(str_of(text), &time_us, &err), &err);
    return time_us;
}

TEST(cron_finds_the_next_minute)
{
    static const struct { const char *why, *cron, *after, *next; } cases[] = {
        { "every minute, strictly after", "* * * * *", "2026-11-21T10:31:00", "2026-11-21T10:32:00" },
        { "seconds do not count", "* * * * *", "2026-11-21T10:31:59.999", "2026-11-21T10:32:00" },
        { "daily at two", "0 2 * * *", "2026-11-21T10:31:00", "2026-11-22T02:00:00" },
        { "every quarter of an hour", "*/15 * * * *", "2026-11-21T10:45:00", "2026-11-21T11:00:00" },
        { "from a start with a step", "5/20 * * * *", "2026-11-21T10:26:00", "2026-11-21T10:45:00" },
        { "names and ranges: Saturday to Monday", "30 9 * * mon-fri", "2026-11-21T10:31:00", "2026-11-23T09:30:00" },
        { "seven is Sunday", "0 0 * * 7", "2026-11-21T10:31:00", "2026-11-22T00:00:00" },
        { "day or weekday, whichever comes first", "0 0 1 * fri", "2026-11-21T10:31:00", "2026-11-27T00:00:00" },
        { "a starred step still restricts", "0 0 */10 * *", "2026-11-21T10:31:00", "2026-12-01T00:00:00" },
        { "over the end of the year", "0 0 1 1 *", "2026-11-21T10:31:00", "2027-01-01T00:00:00" },
        { "leap day over the century", "0 0 29 2 *", "2096-03-01T00:00:00", "2104-02-29T00:00:00" },
        { "nickname", "@weekly", "2026-11-21T10:31:00", "2026-11-22T00:00:00" },
        { "list", "0 6,18 * * *", "2026-11-21T10:31:00", "2026-11-21T18:00:00" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cron cron;
        struct error err = { 0 };
        CHECK_OK(cases[i].why, cron_parse(str_of(cases[i].cron), &cron, &err), &err);
        CHECK_INT(cases[i].why, cron_next_us(&cron, at(cases[i].after)), at(cases[i].next));
    }
}

TEST(cron_that_never_comes)
{
    struct cron cron;
    struct error err = { 0 };
    CHECK_OK("30 February parses", cron_parse(STR("0 0 30 2 *"), &cron, &err), &err);
    CHECK("and never comes", cron_next_us(&cron, at("2026-11-21")) == INT64_MAX);
}

TEST(cron_refuses_and_names_the_field)
{
    static const struct { const char *text, *in_message; } cases[] = {
        { "* * * *", "has 4" },           { "60 * * * *", "minute" },      { "* 24 * * *", "hour" },
        { "* * 0 * *", "day of month" },  { "* * * 13 *", "month" },       { "* * * * 8", "weekday" },
        { "*/0 * * * *", "step" },        { "5-1 * * * *", "backwards" },  { ", * * * *", "minute" },
        { "1- * * * *", "minute" },       { "* * * * funday", "funday" },  { "", "has 0" },
        { "@sometimes", "has 1" },        { "* * * * * *", "has 6" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct cron cron;
        struct error err = { 0 };
        CHECK_FAILS(cases[i].text, cron_parse(str_of(cases[i].text), &cron, &err), ERR_INVALID, &err);
        CHECK(cases[i].in_message, strstr(err.cause, cases[i].in_message) != NULL);
    }
}

TEST(schedule_reads_its_three_forms)
{
    struct schedule schedule;
    struct error err = { 0 };
    CHECK_OK("rows", schedule_parse(STR("every 500 rows"), &schedule, &err), &err);
    CHECK("500 rows", schedule.kind == SCHEDULE_ROWS && schedule.rows == 500);
    CHECK_OK("span", schedule_parse(STR("every 15m"), &schedule, &err), &err);
    CHECK("15 minutes", schedule.kind == SCHEDULE_EVERY && schedule.every_us == INT64_C(900000000));
    CHECK_OK("cron", schedule_parse(STR("0 2 * * *"), &schedule, &err), &err);
    CHECK_INT("cron", schedule.kind, SCHEDULE_CRON);
    CHECK_OK("off", schedule_parse(STR("off"), &schedule, &err), &err);
    CHECK_INT("off", schedule.kind, SCHEDULE_NONE);
    CHECK_FAILS("no rows", schedule_parse(STR("every 0 rows"), &schedule, &err), ERR_INVALID, &err);
    error_clear(&err);
    CHECK_FAILS("too often", schedule_parse(STR("every 5ms"), &schedule, &err), ERR_INVALID, &err);
}

TEST(schedule_catches_up_once)
{
    struct schedule hourly = { .kind = SCHEDULE_EVERY, .every_us = INT64_C(3600000000) };
    struct schedule_state state = { .started_us = at("2026-11-21T10:00:00"), .last_run_us = INT64_MIN };
    CHECK("not before the hour", !schedule_is_due(&hourly, &state, at("2026-11-21T10:59:59")));
    CHECK("at the hour", schedule_is_due(&hourly, &state, at("2026-11-21T11:00:00")));
    state.last_run_us = at("2026-11-21T15:30:00"); /* four runs were missed, one was made */
    CHECK("not again", !schedule_is_due(&hourly, &state, at("2026-11-21T15:31:00")));

    struct schedule rows = { .kind = SCHEDULE_ROWS, .rows = 100 };
    state.rows_since = 99;
    CHECK("99 rows are too few", !schedule_is_due(&rows, &state, INT64_MAX));
    state.rows_since = 100;
    CHECK("100 are enough", schedule_is_due(&rows, &state, 0));
}
