/* base/random.h - two kinds of chance: a seeded generator that repeats, and the kernel's, which can't be guessed. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* xoshiro256** [Blackman2018]: for samples, jitter and tests; period 2^256 - 1. One thread each. */
struct random {
    uint64_t state[4];
};

/* The same seed gives the same numbers on every machine and release. */
void random_init(struct random *random, uint64_t seed);

uint64_t random_u64(struct random *random);

/* Uniform in [0, 1), a multiple of 2^-53. */
double random_f64(struct random *random);

/* Uniform in [0, bound), without bias; bound > 0. */
uint64_t random_below(struct random *random, uint64_t bound);

/* Standard normal, by the polar method of Marsaglia. */
double random_normal(struct random *random);

/* Unguessable bytes from the kernel; ends the process where it has none. */
void random_bytes(void *bytes, size_t size);

/* An unguessable number, drawn once a process: the seed of tables whose keys come from outside. */
uint64_t random_seed(void);

/* "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx" and a terminator: 122 unguessable bits (RFC 9562). */
#define RANDOM_UUID_MAX 37
void random_uuid_v4(char text[RANDOM_UUID_MAX]);

/* Ids that sort by time: 48 bits of milliseconds since the epoch, then 74 unguessable bits. */
void random_uuid_v7(int64_t time_us, char text[RANDOM_UUID_MAX]);

#endif
