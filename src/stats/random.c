#include "stats/random.h"

#include <math.h>

struct stats_random stats_random_init(uint64_t seed)
{
    struct stats_random random;
    for (int i = 0; i < 4; i++) {
        seed += 0x9e3779b97f4a7c15u;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        random.state[i] = z ^ (z >> 31);
    }
    return random;
}

uint64_t stats_random_below(struct stats_random *random, uint64_t bound)
{
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)stats_random_u64(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t unfair = -bound % bound;
        while ((uint64_t)product < unfair)
            product = (u128)stats_random_u64(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

double stats_random_normal(struct stats_random *random)
{
    /* The quadratic form Q hugs the region of the ratio of uniforms: 99 % are decided without the logarithm. */
    for (;;) {
        double u = 1 - stats_random_uniform(random);
        double v = 1.7156 * (stats_random_uniform(random) - 0.5);
        double x = u - 0.449871;
        double y = fabs(v) + 0.386595;
        double q = x * x + y * (0.19600 * y - 0.25472 * x);
        if (q < 0.27597)
            return v / u;
        if (q <= 0.27846 && v * v <= -4 * u * u * log(u))
            return v / u;
    }
}
