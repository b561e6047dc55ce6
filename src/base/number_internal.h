/* base/number_internal.h - what number_parse.c and number_print.c share. */
#ifndef BASE_NUMBER_INTERNAL_H
#define BASE_NUMBER_INTERNAL_H

#include <stdint.h>

#define NUMBER_POWER_MIN (-342)
#define NUMBER_POWER_MAX 324

/* The 128 leading bits of a power of ten; number_powers.py says how each is rounded. */
struct number_power {
    uint64_t high, low;
};

extern const struct number_power number_powers[NUMBER_POWER_MAX - NUMBER_POWER_MIN + 1];

static inline struct number_power number_power(int exponent)
{
    return number_powers[exponent - NUMBER_POWER_MIN];
}

struct number_product {
    uint64_t high, low;
};

static inline struct number_product number_multiply(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (struct number_product){ (uint64_t)(product >> 64), (uint64_t)product };
}

#endif
