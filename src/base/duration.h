/* base/duration.h - spans of time as people write them: "90s", "5m", "1h30m", "30d".
 *
 * Prometheus' syntax: y w d h m s ms, each at most once and from large to small; whole numbers;
 * a year has 365 days. "0" needs no unit. */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

#define DURATION_TEXT_MAX 48

/* ERR_INVALID with the text and what is wrong with it; never negative. */
must_use enum status duration_parse(str text, int64_t *ret_ms, struct error *err);

/* Writes what duration_parse reads back, terminated, with y and w only where they divide evenly
 * ("30d", not "4w2d"); a negative span gets a '-'. Returns the bytes before the terminator. */
size_t duration_print(int64_t duration_ms, char text[DURATION_TEXT_MAX]);

#endif
