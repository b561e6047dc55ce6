/* base/civil.h - the calendar: days and microseconds since 1970-01-01 to year, month, day and back.
 *
 * Proleptic Gregorian, UTC, no leap seconds, years 1 to 9999. The day arithmetic counts in
 * 400-year eras that begin in March [Hinnant2013]. */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

#define CIVIL_US_PER_SECOND INT64_C(1000000)
#define CIVIL_US_PER_DAY (INT64_C(86400) * CIVIL_US_PER_SECOND)

/* 0001-01-01T00:00:00 and 9999-12-31T23:59:59.999999. */
#define CIVIL_MIN_US INT64_C(-62135596800000000)
#define CIVIL_MAX_US INT64_C(253402300799999999)

struct civil {
    int year;               /* 1..9999 */
    int month, day;         /* from 1 */
    int hour, minute, second;
    int microsecond;
    int weekday;            /* 0 = Sunday, as cron counts; ignored on the way back */
};

bool civil_is_leap_year(int year);
int civil_days_in_month(int year, int month);

/* Days since 1970-01-01 of a valid date. */
int64_t civil_to_days(int year, int month, int day);

/* Date and weekday of a day; the time of day is zero. */
struct civil civil_from_days(int64_t days);

/* Microseconds since the epoch. `civil` must be valid: see civil_is_valid. */
int64_t civil_to_us(const struct civil *civil);

/* `time_us` must be within CIVIL_MIN_US and CIVIL_MAX_US; what is outside is clamped. */
struct civil civil_from_us(int64_t time_us);

/* Whether each field is in its range, the day within its month. */
bool civil_is_valid(const struct civil *civil);

#endif
