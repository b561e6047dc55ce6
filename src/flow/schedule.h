/* flow/schedule.h - when a job is due: a cron expression, every so long, or every so many rows.
 *
 * Pure arithmetic over times that the caller gives; no clock inside. All times are UTC. */
#ifndef FLOW_SCHEDULE_H
#define FLOW_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/str.h"

/* Bit i set = value i matches. Built by cron_parse. */
struct cron {
    uint64_t minutes, hours, days, months, weekdays; /* weekdays: 0 = Sunday */
    bool is_any_day, is_any_weekday;                 /* the field began with '*' */
};

/* Five fields "minute hour day month weekday" with lists, ranges, steps and English names
 * ("0 9-17/2 * * mon-fri"), or @hourly @daily @midnight @weekly @monthly @yearly @annually.
 * Where day and weekday are both restricted, either may match, as in Vixie cron.
 * ERR_INVALID names the field and its text. */
must_use enum status cron_parse(str text, struct cron *ret_cron, struct error *err);

/* The first full minute after `after_us` that matches; INT64_MAX where none comes within nine
 * years ("0 0 30 2 *"). O(days searched). */
int64_t cron_next_us(const struct cron *cron, int64_t after_us);

enum schedule_kind { SCHEDULE_NONE, SCHEDULE_CRON, SCHEDULE_EVERY, SCHEDULE_ROWS, SCHEDULE_KIND_COUNT };

struct schedule {
    enum schedule_kind kind;
    struct cron cron;  /* CRON */
    int64_t every_us;  /* EVERY; positive */
    uint64_t rows;     /* ROWS; positive */
};

/* "every 15m", "every 500 rows", "off", or a cron expression. */
must_use enum status schedule_parse(str text, struct schedule *ret_schedule, struct error *err);

/* What happened so far; last_run_us is INT64_MIN before the first run. */
struct schedule_state {
    int64_t started_us;  /* when the schedule was set up */
    int64_t last_run_us;
    uint64_t rows_since; /* rows stored since the last run */
};

/* Whether a run is due at `now_us`. Runs that were missed while nobody looked count as one. */
bool schedule_is_due(const struct schedule *schedule, const struct schedule_state *state, int64_t now_us);

/* When to look again; INT64_MAX for NONE and ROWS, which no clock can tell. */
int64_t schedule_next_us(const struct schedule *schedule, const struct schedule_state *state);

#endif
