#include "base/random.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <sys/random.h>

#include "base/hash.h"

static uint64_t rotate_left(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

void random_init(struct random *random, uint64_t seed)
{
    /* SplitMix64 fills the state, so that near seeds start far apart and no state is all zero. */
    for (size_t i = 0; i < 4; i++)
        random->state[i] = hash_mix(seed += 0x9e3779b97f4a7c15u);
}

uint64_t random_u64(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double random_f64(struct random *random)
{
    return (double)(random_u64(random) >> 11) * 0x1p-53;
}

uint64_t random_below(struct random *random, uint64_t bound)
{
    /* The high half of u64 * bound is uniform once products whose low half falls short of 2^64 mod
     * bound are drawn again [Lemire2019]. */
    unsigned __int128 product = (unsigned __int128)random_u64(random) * bound;
    if ((uint64_t)product < bound) {
        uint64_t unfair = (0 - bound) % bound;
        while ((uint64_t)product < unfair)
            product = (unsigned __int128)random_u64(random) * bound;
    }
    return (uint64_t)(product >> 64);
}

double random_normal(struct random *random)
{
    double x, y, square;
    do {
        x = 2 * random_f64(random) - 1;
        y = 2 * random_f64(random) - 1;
        square = x * x + y * y;
    } while (square >= 1 || square == 0);
    return x * sqrt(-2 * log(square) / square); /* y's twin is thrown away: no state to keep */
}

void random_bytes(void *bytes, size_t size)
{
    unsigned char *at = bytes;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            perror("kedge: getrandom");
            abort();
        }
        at += got;
        size -= (size_t)got;
    }
}

static uint64_t process_seed;
static pthread_once_t process_seed_once = PTHREAD_ONCE_INIT;

static void draw_process_seed(void)
{
    random_bytes(&process_seed, sizeof process_seed);
}

uint64_t random_seed(void)
{
    (void)pthread_once(&process_seed_once, draw_process_seed);
    return process_seed;
}

/* Sets version and variant, and spells the 16 bytes. */
static void print_uuid(unsigned char bytes[16], unsigned version, char text[RANDOM_UUID_MAX])
{
    static const char hex[] = "0123456789abcdef";
    bytes[6] = (unsigned char)((bytes[6] & 0x0F) | version << 4);
    bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80);
    char *at = text;
    for (size_t i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[bytes[i] >> 4];
        *at++ = hex[bytes[i] & 15];
    }
    *at = '\0';
}

void random_uuid_v4(char text[RANDOM_UUID_MAX])
{
    unsigned char bytes[16];
    random_bytes(bytes, sizeof bytes);
    print_uuid(bytes, 4, text);
}

void random_uuid_v7(int64_t time_us, char text[RANDOM_UUID_MAX])
{
    unsigned char bytes[16];
    random_bytes(bytes + 6, 10);
    uint64_t time_ms = time_us < 0 ? 0 : (uint64_t)time_us / 1000;
    for (size_t i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(time_ms >> (40 - 8 * i));
    print_uuid(bytes, 7, text);
}
