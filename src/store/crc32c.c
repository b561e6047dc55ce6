#include "store/crc32c.h"

#include <pthread.h>
#include <string.h>

/* The polynomial 0x1EDC6F41 with its bits reversed, as the least significant bit goes first. */
#define POLYNOMIAL_REVERSED 0x82f63b78u

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; bit++)
            rest = (rest >> 1) ^ ((rest & 1) != 0 ? POLYNOMIAL_REVERSED : 0);
        table[byte] = rest;
    }
}

uint32_t crc32c_portable(uint32_t before, str bytes)
{
    (void)pthread_once(&table_once, make_table); /* fails only for a bad argument */
    uint32_t rest = ~before;
    for (size_t i = 0; i < bytes.size; i++)
        rest = table[(rest ^ (unsigned char)bytes.data[i]) & 0xff] ^ (rest >> 8);
    return ~rest;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static uint32_t crc32c_sse42(uint32_t before, str bytes)
{
    uint64_t rest = ~before;
    size_t i = 0;
    for (; i + 8 <= bytes.size; i += 8) {
        uint64_t word;
        memcpy(&word, bytes.data + i, sizeof word);
        rest = __builtin_ia32_crc32di(rest, word);
    }
    uint32_t tail = (uint32_t)rest;
    for (; i < bytes.size; i++)
        tail = __builtin_ia32_crc32qi(tail, (unsigned char)bytes.data[i]);
    return ~tail;
}

uint32_t crc32c(uint32_t before, str bytes)
{
    return __builtin_cpu_supports("sse4.2") ? crc32c_sse42(before, bytes) : crc32c_portable(before, bytes);
}
#else
uint32_t crc32c(uint32_t before, str bytes)
{
    return crc32c_portable(before, bytes);
}
#endif
