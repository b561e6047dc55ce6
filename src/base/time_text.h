/* base/time_text.h - points in time as text: ISO 8601 in the profile of RFC 3339, in microseconds UTC.
 *
 * civil.h has the calendar, duration.h the spans; both come with this header. */
#ifndef BASE_TIME_TEXT_H
#define BASE_TIME_TEXT_H

#include <stdint.h>

#include "base/civil.h"
#include "base/duration.h"
#include "base/status.h"
#include "base/str.h"

/* "2026-11-21T10:46:28.123456Z" and a terminator. */
#define TIME_TEXT_MAX 32

/* Reads "2026-11-21", "2026-11-21T10:46", "2026-11-21 10:46:28.5", and with "Z", "+01:00", "+0100" or
 * "+01" behind the time. Without an offset it is UTC. Digits beyond microseconds are cut off; second
 * 60 is refused. ERR_INVALID says which part is wrong. Years 1 to 9999. */
must_use enum status time_text_parse(str text, int64_t *ret_time_us, struct error *err);

/* Writes "2026-11-21T10:46:28Z", with ".123" or ".123456" where there is a fraction; terminated;
 * returns the bytes before the terminator. Clamped to years 1 to 9999. */
size_t time_text_print(int64_t time_us, char text[TIME_TEXT_MAX]);

/* Writes "2026-11-21". */
size_t time_text_print_date(int64_t time_us, char text[TIME_TEXT_MAX]);

#endif
