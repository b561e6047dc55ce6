/* base/clock.h - what time it is, and a clock that tests turn by hand. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Wall clock: microseconds since the Unix epoch, UTC. May jump. */
int64_t clock_now_us(void);

/* Only for differences: nanoseconds since some fixed moment, never goes back. */
int64_t clock_monotonic_ns(void);

/* Where a schedule gets its time from: the system's clock, or a test's. */
struct clock {
    int64_t (*now_us)(void *self);
    void *self;
};

/* Reads clock_now_us(). */
extern const struct clock clock_system;

static inline int64_t clock_read_us(const struct clock *clock)
{
    return clock->now_us(clock->self);
}

/* A clock that stands still until it is set; `now_us` must outlive it. Set it from one thread. */
struct clock clock_fake(int64_t *now_us);

#endif
