#include "base/civil.h"

#include "base/test.h"

/* Day numbers from Python 3.11: (date(y, m, d) - date(1970, 1, 1)).days; weekday 0 is Sunday. */
TEST(civil_knows_dates_by_hand)
{
    static const struct { const char *why; int year, month, day, weekday; int64_t days; } cases[] = {
        { "the epoch, a Thursday", 1970, 1, 1, 4, 0 },
        { "the day before", 1969, 12, 31, 3, -1 },
        { "first day", 1, 1, 1, 1, -719162 },
        { "last day", 9999, 12, 31, 5, 2932896 },
        { "leap day of a 400-year", 2000, 2, 29, 2, 11016 },
        { "and the day after", 2000, 3, 1, 3, 11017 },
        { "no leap day in 1900", 1900, 3, 1, 4, -25508 },
        { "today", 2026, 11, 21, 6, 20778 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CHECK_INT(cases[i].why, civil_to_days(cases[i].year, cases[i].month, cases[i].day), cases[i].days);
        struct civil civil = civil_from_days(cases[i].days);
        CHECK(cases[i].why, civil.year == cases[i].year && civil.month == cases[i].month && civil.day == cases[i].day);
        CHECK_INT(cases[i].why, civil.weekday, cases[i].weekday);
    }
}

TEST(civil_goes_through_every_day)
{
    int64_t days = civil_to_days(1, 1, 1);
    size_t wrong = 0;
    for (int year = 1; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= civil_days_in_month(year, month); day++, days++) {
                struct civil civil = civil_from_days(days);
                wrong += civil_to_days(year, month, day) != days || civil.year != year || civil.month != month ||
                         civil.day != day;
            }
    CHECK_INT("both ways", wrong, 0);
    CHECK_INT("ends where it should", days - 1, civil_to_days(9999, 12, 31));
}

TEST(civil_splits_microseconds)
{
    struct civil before = civil_from_us(-1);
    CHECK("just before the epoch", before.year == 1969 && before.hour == 23 && before.second == 59 &&
                                       before.microsecond == 999999);
    CHECK_INT("and back", civil_to_us(&before), -1);
    struct civil last = civil_from_us(CIVIL_MAX_US);
    CHECK_INT("the last one", civil_to_us(&last), CIVIL_MAX_US);
    CHECK_INT("clamped below", civil_from_us(INT64_MIN).year, 1);
    CHECK_INT("clamped above", civil_from_us(INT64_MAX).year, 9999);
}
