/* stats/random.h - seeded random numbers, the same on every machine: xoshiro256++ started by splitmix64.
 *
 * For permutation tests and simulations; not for secrets. Source: [BlackmanVigna2021]. */
#ifndef STATS_RANDOM_H
#define STATS_RANDOM_H

#include <stdint.h>

struct stats_random {
    uint64_t state[4];
};

struct stats_random stats_random_init(uint64_t seed);

/* 64 bits; here in the header, since simulations draw millions. */
static inline uint64_t stats_random_u64(struct stats_random *random)
{
    uint64_t *s = random->state;
    uint64_t sum = s[0] + s[3], result = ((sum << 23) | (sum >> 41)) + s[0];
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = (s[3] << 45) | (s[3] >> 19);
    return result;
}

/* Uniform in [0, 1) on a grid of 2^-53. */
static inline double stats_random_uniform(struct stats_random *random)
{
    return (double)(int64_t)(stats_random_u64(random) >> 11) * 0x1p-53;
}

/* Uniform whole number below `bound` (> 0), without bias [Lemire2019]. */
uint64_t stats_random_below(struct stats_random *random, uint64_t bound);

/* Standard normal, by the ratio of uniforms [Leva1992]. */
double stats_random_normal(struct stats_random *random);

#endif
