#include "base/clock.h"

int64_t clock_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); /* can't fail with this clock */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* can't fail with this clock */
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t read_system(void *self)
{
    (void)self;
    return clock_now_us();
}

const struct clock clock_system = { read_system, NULL };

static int64_t read_fake(void *self)
{
    return *(const int64_t *)self;
}

struct clock clock_fake(int64_t *now_us)
{
    return (struct clock){ read_fake, now_us };
}
