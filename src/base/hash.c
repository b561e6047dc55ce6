#include "base/hash.h"

/* Odd constants with 32 bits set, from the fractional digits of pi. */
#define SALT_A 0x243f6a8885a308d3u
#define SALT_B 0x13198a2e03707345u
#define SALT_C 0xa4093822299f31d1u

/* Both halves of the product, folded: each bit of either factor reaches most of the result. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Little-endian on every machine, so that stored hashes move between them. */
static uint64_t read_u64(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

/* The last 0..16 bytes as two words; the size, mixed in at the end, tells paddings apart. */
static void read_tail(const char *at, size_t size, uint64_t *ret_low, uint64_t *ret_high)
{
    char padded[16] = { 0 };
    if (size > 0)
        memcpy(padded, at, size);
    *ret_low = read_u64(padded);
    *ret_high = read_u64(padded + 8);
}

uint64_t hash_bytes(str bytes, uint64_t seed)
{
    const char *at = bytes.data;
    size_t left = bytes.size;
    uint64_t state = hash_mix(seed ^ SALT_A); /* a zero factor would erase the rest: keep seeds far from it */
    for (; left > 16; left -= 16, at += 16)
        state = fold(read_u64(at) ^ SALT_B, read_u64(at + 8) ^ state);
    uint64_t low, high;
    read_tail(at, left, &low, &high);
    state = fold(low ^ SALT_C, high ^ state);
    return hash_mix(state ^ (bytes.size * SALT_B));
}
