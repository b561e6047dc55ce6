#include "base/civil.h"

#include "base/attributes.h"

/* 400 years repeat exactly; counted from 0000-03-01, the leap day ends a year. */
#define DAYS_PER_ERA 146097
#define DAYS_TO_EPOCH 719468 /* 0000-03-01 to 1970-01-01 */

bool civil_is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int civil_days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[month - 1] + (month == 2 && civil_is_leap_year(year));
}

int64_t civil_to_days(int year, int month, int day)
{
    if (month <= 2)
        year--;
    int era = year / 400; /* years are positive, so is this */
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1; /* months from March: 153 days each 5 */
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return (int64_t)era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH;
}

struct civil civil_from_days(int64_t days)
{
    int64_t min = CIVIL_MIN_US / CIVIL_US_PER_DAY, max = CIVIL_MAX_US / CIVIL_US_PER_DAY;
    days = MIN_OF(MAX_OF(days, min), max);
    int64_t from_march_0 = days + DAYS_TO_EPOCH;
    int era = (int)(from_march_0 / DAYS_PER_ERA);
    int day_of_era = (int)(from_march_0 % DAYS_PER_ERA);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int march_month = (5 * day_of_year + 2) / 153;
    int month = march_month < 10 ? march_month + 3 : march_month - 9;
    return (struct civil){
        .year = year_of_era + era * 400 + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * march_month + 2) / 5 + 1,
        .weekday = (int)(((days + 4) % 7 + 7) % 7), /* 1970-01-01 was a Thursday */
    };
}

int64_t civil_to_us(const struct civil *civil)
{
    int64_t seconds = civil->hour * INT64_C(3600) + civil->minute * INT64_C(60) + civil->second;
    return civil_to_days(civil->year, civil->month, civil->day) * CIVIL_US_PER_DAY + seconds * CIVIL_US_PER_SECOND +
           civil->microsecond;
}

struct civil civil_from_us(int64_t time_us)
{
    time_us = MIN_OF(MAX_OF(time_us, CIVIL_MIN_US), CIVIL_MAX_US);
    int64_t days = time_us / CIVIL_US_PER_DAY - (time_us % CIVIL_US_PER_DAY < 0);
    int64_t of_day_us = time_us - days * CIVIL_US_PER_DAY;
    int seconds = (int)(of_day_us / CIVIL_US_PER_SECOND);
    struct civil civil = civil_from_days(days);
    civil.hour = seconds / 3600;
    civil.minute = seconds / 60 % 60;
    civil.second = seconds % 60;
    civil.microsecond = (int)(of_day_us % CIVIL_US_PER_SECOND);
    return civil;
}

static bool is_within(int value, int low, int high)
{
    return value >= low && value <= high;
}

bool civil_is_valid(const struct civil *civil)
{
    return is_within(civil->year, 1, 9999) && is_within(civil->month, 1, 12) &&
           is_within(civil->day, 1, civil_days_in_month(civil->year, civil->month)) && is_within(civil->hour, 0, 23) &&
           is_within(civil->minute, 0, 59) && is_within(civil->second, 0, 59) &&
           is_within(civil->microsecond, 0, 999999);
}
