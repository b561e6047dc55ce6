#include "base/random.h"

#include "base/secret.h"
#include "base/test.h"

/* The reference code of Blackman and Vigna (prng.di.unimi.it/xoshiro256starstar.c) with this state. */
TEST(random_is_xoshiro256)
{
    struct random random = { { 1, 2, 3, 4 } };
    static const uint64_t want[] = { 11520, 0, 1509978240, 1215971899390074240 };
    for (size_t i = 0; i < COUNT(want); i++)
        CHECK("same as the paper's code", random_u64(&random) == want[i]);
}

TEST(random_moments_fit)
{
    struct random random;
    random_init(&random, 5);
    enum { DRAWS = 200000 };
    double sum = 0, normal_sum = 0, normal_squares = 0;
    size_t below[7] = { 0 };
    for (size_t i = 0; i < DRAWS; i++) {
        double uniform = random_f64(&random), normal = random_normal(&random);
        CHECK("in [0, 1)", uniform >= 0 && uniform < 1);
        sum += uniform;
        normal_sum += normal;
        normal_squares += normal * normal;
        below[random_below(&random, 7)]++;
    }
    /* bounds are 5 standard errors of each mean */
    CHECK("uniform mean", fabs(sum / DRAWS - 0.5) < 5 * sqrt(1.0 / 12 / DRAWS));
    CHECK("normal mean", fabs(normal_sum / DRAWS) < 5 * sqrt(1.0 / DRAWS));
    CHECK("normal variance", fabs(normal_squares / DRAWS - 1) < 5 * sqrt(2.0 / DRAWS));
    for (size_t i = 0; i < 7; i++)
        CHECK("each of seven", fabs((double)below[i] - DRAWS / 7.0) < 5 * sqrt(DRAWS * 6.0 / 49));
}

static bool is_uuid(const char *text, char version)
{
    for (size_t i = 0; i < 36; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash ? text[i] != '-' : strchr("0123456789abcdef", text[i]) == NULL)
            return false;
    }
    return text[36] == '\0' && text[14] == version && strchr("89ab", text[19]) != NULL;
}

TEST(random_makes_uuids)
{
    char a[RANDOM_UUID_MAX], b[RANDOM_UUID_MAX], later[RANDOM_UUID_MAX];
    random_uuid_v4(a);
    random_uuid_v4(b);
    CHECK("version 4", is_uuid(a, '4') && is_uuid(b, '4') && strcmp(a, b) != 0);
    /* RFC 9562 appendix A.6: 2022-02-22T19:22:22Z */
    random_uuid_v7(1645557742000000, a);
    random_uuid_v7(1645557742001000, later);
    CHECK("version 7", is_uuid(a, '7') && strncmp(a, "017f22e2-79b0-7", 15) == 0);
    CHECK("sorts by time", strcmp(a, later) < 0);
    CHECK("one seed a process", random_seed() == random_seed());
}

TEST(secret_comes_out_only_when_asked)
{
    struct secret secret = { 0 };
    CHECK("zero is empty", secret_is_empty(&secret) && secret_reveal(&secret).size == 0);
    secret_init(&secret, STR("hunter2"));
    CHECK_STR("revealed", secret_reveal(&secret), STR("hunter2"));
    CHECK("compares", secret_equals(&secret, STR("hunter2")) && !secret_equals(&secret, STR("hunter3")) &&
                          !secret_equals(&secret, STR("hunter")));
    secret_done(&secret);
    CHECK("gone", secret_is_empty(&secret));
}
