#include "flow/schedule.h"

#include "base/civil.h"
#include "base/duration.h"
#include "base/number.h"

#define US_PER_MINUTE (60 * CIVIL_US_PER_SECOND)
/* The rarest date is 29 February: eight years apart around a century that is no leap year. */
#define DAYS_SEARCHED_MAX (9 * 366)

struct cron_field {
    const char *name;
    unsigned low, high;
    const char *const *words; /* NULL, or names for low, low + 1, ... */
};

static const char *const month_words[] = { "jan", "feb", "mar", "apr", "may", "jun",
                                           "jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const weekday_words[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

enum { MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELD_COUNT };

static const struct cron_field fields[FIELD_COUNT] = {
    [MINUTE] = { "minute", 0, 59, NULL },     [HOUR] = { "hour", 0, 23, NULL },
    [DAY] = { "day of month", 1, 31, NULL },  [MONTH] = { "month", 1, 12, month_words },
    [WEEKDAY] = { "weekday", 0, 7, weekday_words }, /* 7 is Sunday too */
};

static const struct {
    const char *word, *expression;
} nicknames[] = {
    { "@hourly", "0 * * * *" }, { "@daily", "0 0 * * *" },   { "@midnight", "0 0 * * *" },
    { "@weekly", "0 0 * * 0" }, { "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" },
    { "@annually", "0 0 1 1 *" },
};

static bool parse_word(const struct cron_field *field, str text, unsigned *ret_value)
{
    if (field->words == NULL)
        return false;
    unsigned words = field->words == month_words ? COUNT(month_words) : COUNT(weekday_words);
    for (unsigned i = 0; i < words; i++) {
        if (str_equal_ignoring_case(text, str_of(field->words[i]))) {
            *ret_value = field->low + i;
            return true;
        }
    }
    return false;
}

static enum status parse_value(const struct cron_field *field, str text, unsigned *ret_value, struct error *err)
{
    if (parse_word(field, text, ret_value))
        return OK;
    uint64_t value;
    if (!number_parse_u64(text, &value) || value < field->low || value > field->high)
        return error_set(err, ERR_INVALID, "cron %s: \"%.*s\" is not between %u and %u", field->name, STR_ARG(text),
                         field->low, field->high);
    *ret_value = (unsigned)value;
    return OK;
}

/* One element of a list: "*", "5", "1-5", each with an optional "/step". */
static enum status parse_element(const struct cron_field *field, str text, uint64_t *bits, struct error *err)
{
    size_t slash = str_find(text, '/');
    str range = str_slice(text, 0, slash);
    uint64_t step = 1;
    if (slash < text.size) {
        str step_text = str_slice(text, slash + 1, text.size);
        if (!number_parse_u64(step_text, &step) || step == 0 || step > field->high)
            return error_set(err, ERR_INVALID, "cron %s: \"%.*s\" is no step", field->name, STR_ARG(step_text));
    }

    unsigned from = field->low, to = field->high;
    if (!str_equal(range, STR("*"))) {
        size_t dash = str_find(range, '-');
        TRY(parse_value(field, str_slice(range, 0, dash), &from, err));
        to = slash < text.size ? field->high : from; /* "5/15" runs to the end, as in Vixie cron */
        if (dash < range.size)
            TRY(parse_value(field, str_slice(range, dash + 1, range.size), &to, err));
    }
    if (from > to)
        return error_set(err, ERR_INVALID, "cron %s: the range \"%.*s\" runs backwards", field->name, STR_ARG(range));
    for (unsigned value = from; value <= to; value += (unsigned)step)
        *bits |= UINT64_C(1) << value;
    return OK;
}

static enum status parse_field(const struct cron_field *field, str text, uint64_t *ret_bits, struct error *err)
{
    uint64_t bits = 0;
    str element;
    while (str_split(&text, ',', &element))
        TRY(parse_element(field, element, &bits, err));
    *ret_bits = bits;
    return OK;
}

static size_t split_words(str text, str words[], size_t words_max)
{
    size_t count = 0;
    text = str_trim(text);
    while (!str_is_empty(text)) {
        size_t end = 0;
        while (end < text.size && text.data[end] != ' ' && text.data[end] != '\t')
            end++;
        if (count < words_max)
            words[count] = str_slice(text, 0, end);
        count++;
        text = str_trim(str_slice(text, end, text.size));
    }
    return count;
}

enum status cron_parse(str text, struct cron *ret_cron, struct error *err)
{
    text = str_trim(text);
    for (size_t i = 0; i < COUNT(nicknames); i++)
        if (str_equal_ignoring_case(text, str_of(nicknames[i].word)))
            text = str_of(nicknames[i].expression);

    str words[FIELD_COUNT];
    size_t count = split_words(text, words, FIELD_COUNT);
    if (count != FIELD_COUNT)
        return error_set(err, ERR_INVALID, "a cron expression has 5 fields (minute hour day month weekday), \"%.*s\" has %zu",
                         STR_ARG(text), count);
    uint64_t bits[FIELD_COUNT];
    for (int i = 0; i < FIELD_COUNT; i++)
        TRY(parse_field(&fields[i], words[i], &bits[i], err));

    if (bits[WEEKDAY] & (UINT64_C(1) << 7))
        bits[WEEKDAY] |= 1;
    *ret_cron = (struct cron){ .minutes = bits[MINUTE],
                               .hours = bits[HOUR],
                               .days = bits[DAY],
                               .months = bits[MONTH],
                               .weekdays = bits[WEEKDAY],
                               .is_any_day = words[DAY].data[0] == '*',
                               .is_any_weekday = words[WEEKDAY].data[0] == '*' };
    return OK;
}

static bool has_bit(uint64_t bits, int index)
{
    return (bits >> index) & 1;
}

static bool is_matching_day(const struct cron *cron, const struct civil *day)
{
    if (!has_bit(cron->months, day->month))
        return false;
    bool is_day = has_bit(cron->days, day->day);
    bool is_weekday = has_bit(cron->weekdays, day->weekday);
    return cron->is_any_day || cron->is_any_weekday ? is_day && is_weekday : is_day || is_weekday;
}

/* First matching minute of the day from `from_minute` on, or -1. */
static int next_minute_of_day(const struct cron *cron, int from_minute)
{
    for (int minute = from_minute; minute < 24 * 60; minute++)
        if (has_bit(cron->hours, minute / 60) && has_bit(cron->minutes, minute % 60))
            return minute;
    return -1;
}

int64_t cron_next_us(const struct cron *cron, int64_t after_us)
{
    struct civil at = civil_from_us(after_us);
    int64_t day = civil_to_days(at.year, at.month, at.day);
    int from_minute = at.hour * 60 + at.minute + 1;
    for (int searched = 0; searched < DAYS_SEARCHED_MAX; searched++, day++, from_minute = 0) {
        struct civil date = civil_from_days(day);
        if (!is_matching_day(cron, &date))
            continue;
        int minute = next_minute_of_day(cron, from_minute);
        if (minute >= 0)
            return day * CIVIL_US_PER_DAY + minute * US_PER_MINUTE;
    }
    return INT64_MAX;
}

/* "every 500 rows" and "every 15m", after the word "every". */
static enum status parse_every(str text, struct schedule *ret_schedule, struct error *err)
{
    str words[2];
    size_t count = split_words(text, words, COUNT(words));
    uint64_t rows;
    if (count == 2 && (str_equal(words[1], STR("rows")) || str_equal(words[1], STR("row")))) {
        if (!number_parse_u64(words[0], &rows) || rows == 0)
            return error_set(err, ERR_INVALID, "\"%.*s\" is no number of rows", STR_ARG(words[0]));
        *ret_schedule = (struct schedule){ .kind = SCHEDULE_ROWS, .rows = rows };
        return OK;
    }
    int64_t every_ms;
    TRY(duration_parse(str_trim(text), &every_ms, err));
    if (every_ms < 1000)
        return error_set(err, ERR_INVALID, "every \"%.*s\" is less than a second", STR_ARG(text));
    *ret_schedule = (struct schedule){ .kind = SCHEDULE_EVERY, .every_us = every_ms * 1000 };
    return OK;
}

enum status schedule_parse(str text, struct schedule *ret_schedule, struct error *err)
{
    text = str_trim(text);
    if (str_is_empty(text) || str_equal(text, STR("off"))) {
        *ret_schedule = (struct schedule){ .kind = SCHEDULE_NONE };
        return OK;
    }
    str every = STR("every ");
    if (str_has_prefix(text, every))
        return parse_every(str_slice(text, every.size, text.size), ret_schedule, err);
    struct schedule schedule = { .kind = SCHEDULE_CRON };
    TRY(cron_parse(text, &schedule.cron, err));
    *ret_schedule = schedule;
    return OK;
}

int64_t schedule_next_us(const struct schedule *schedule, const struct schedule_state *state)
{
    int64_t since_us = MAX_OF(state->started_us, state->last_run_us);
    switch (schedule->kind) {
    case SCHEDULE_CRON:
        return cron_next_us(&schedule->cron, since_us);
    case SCHEDULE_EVERY: {
        int64_t next_us;
        return __builtin_add_overflow(since_us, schedule->every_us, &next_us) ? INT64_MAX : next_us;
    }
    case SCHEDULE_NONE:
    case SCHEDULE_ROWS:
    case SCHEDULE_KIND_COUNT:
        break;
    }
    return INT64_MAX;
}

bool schedule_is_due(const struct schedule *schedule, const struct schedule_state *state, int64_t now_us)
{
    if (schedule->kind == SCHEDULE_ROWS)
        return state->rows_since >= schedule->rows;
    int64_t next_us = schedule_next_us(schedule, state);
    return next_us != INT64_MAX && now_us >= next_us;
}
