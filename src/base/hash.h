/* base/hash.h - a 64-bit hash of bytes, for tables and sketches; not for secrets.
 *
 * Folds 16 bytes at a time through 64x64->128-bit products, in the family of wyhash. The value
 * of (bytes, seed) is part of our stored sketches: it is the same on every machine and release. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#include "base/str.h"

/* Well-mixed in all 64 bits. Where outside data picks the keys, `seed` must be random_seed(). */
uint64_t hash_bytes(str bytes, uint64_t seed);

/* A bijection of u64 whose every output bit depends on every input bit (finalizer of [Stafford2011]). */
static inline uint64_t hash_mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

#endif
