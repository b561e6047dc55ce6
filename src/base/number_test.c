#include "base/number.h"

#include "base/random.h"
#include "base/test.h"

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static str printed(double value, char text[NUMBER_TEXT_MAX])
{
    return (str){ text, number_print_f64(value, text) };
}

/* Bits from Python 3.11's float(), which is David Gay's correctly rounded strtod; the hard cases are
 * those of [Paxson1991], of the PHP and Java endless loops, and exact midpoints. */
TEST(number_reads_hard_cases_to_the_last_bit)
{
    static const struct { const char *why, *text; uint64_t bits; } cases[] = {
        { "exact", "1.5", 0x3ff8000000000000 },
        { "tenth", "0.1", 0x3fb999999999999a },
        { "minus zero", "-0", 0x8000000000000000 },
        { "leading plus and bare point", "+.5", 0x3fe0000000000000 },
        { "trailing point", "5.", 0x4014000000000000 },
        { "largest", "1.7976931348623157e308", 0x7fefffffffffffff },
        { "just below where infinity starts", "1.7976931348623158e308", 0x7fefffffffffffff },
        { "smallest normal", "2.2250738585072014e-308", 0x0010000000000000 },
        { "Java's endless loop", "2.2250738585072012e-308", 0x0010000000000000 },
        { "PHP's endless loop", "2.2250738585072011e-308", 0x000fffffffffffff },
        { "smallest", "5e-324", 0x0000000000000001 },
        { "just above half the smallest", "2.4703282292062328e-324", 0x0000000000000001 },
        { "just below half the smallest", "2.4703282292062327e-324", 0x0000000000000000 },
        { "far below", "1e-400", 0x0000000000000000 },
        { "exponent beyond int64", "0e99999999999999999999", 0x0000000000000000 },
        { "underflow beyond int64", "1e-99999999999999999999", 0x0000000000000000 },
        { "2^53 + 1 is a tie: to even", "9007199254740993", 0x4340000000000000 },
        { "and a bit more is not", "9007199254740993.00000000000000000000000000001", 0x4340000000000001 },
        { "2^53 + 3: to even, upwards", "9007199254740995", 0x4340000000000002 },
        { "nineteen digits", "1234567890123456789", 0x43b12210f47de981 },
        { "twenty digits", "12345678901234567890", 0x43e56a95319d63e1 },
        { "Paxson: 5e125", "5e125", 0x5a07a2ecc414a03f },
        { "Paxson: 69e267", "69e267", 0x77c0b7cb60c994da },
        { "Paxson: 6.9e-295", "6.9e-295", 0x02dc342058eef6f3 },
        { "Paxson: 9.5e-26", "9.5e-26", 0x3abd66ace98f9127 },
        { "round up through the exponent", "0.99999999999999999999", 0x3ff0000000000000 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        double value = NAN;
        CHECK(cases[i].why, number_parse_f64(str_of(cases[i].text), &value));
        CHECK(cases[i].why, bits_of(value) == cases[i].bits);
    }
}

TEST(number_refuses_what_is_not_decimal)
{
    static const char *const bad[] = { "", " 1", "1 ", "0x10", "inf", "nan", "1e", "1e+", ".", "-", "+", "--1", "1.2.3",
                                       "1,5", "e5", "1e5.5", "1_000", "1e309", "-1.8e308", "\xd9\xa1" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        double value = 42;
        CHECK(bad[i], !number_parse_f64(str_of(bad[i]), &value));
        CHECK(bad[i], value == 42);
    }
    double value = 0;
    CHECK("inf by request", number_parse_f64_or_special(STR("-Inf"), &value) && isinf(value) && value < 0);
    CHECK("nan by request", number_parse_f64_or_special(STR("NaN"), &value) && isnan(value));
    CHECK("not any word", !number_parse_f64_or_special(STR("-infinite"), &value));
}

TEST(number_reads_random_doubles_as_strtod_does)
{
    struct random random;
    random_init(&random, 20261121);
    size_t different = 0;
    for (size_t i = 0; i < 1000000; i++) {
        char text[64];
        double value = double_of(random_u64(&random)), got = 0;
        if (!isfinite(value))
            continue;
        int size = snprintf(text, sizeof text, "%.*e", (int)(10 + i % 12), value);
        double want = strtod(text, NULL);
        different += isfinite(want) && (!number_parse_f64((str){ text, (size_t)size }, &got) || bits_of(got) != bits_of(want));
    }
    CHECK_INT("bit by bit", different, 0);
}

TEST(number_rounds_midpoints_of_hundreds_of_digits)
{
    struct random random;
    random_init(&random, 7);
    static char text[1400];
    for (size_t i = 0; i < 2000; i++) {
        double low = double_of(random_u64(&random) & 0x7fffffffffffffff);
        if (!(low < 1e300) || low < 1e-290)
            continue;
        double high = nextafter(low, INFINITY), got = 0;
        long double middle = ((long double)low + (long double)high) / 2; /* exact in 64 bits */
        size_t size = (size_t)snprintf(text, sizeof text - 2, "%.1050Lf", middle);
        double even = (bits_of(low) & 1) == 0 ? low : high;
        CHECK("a tie goes to even", number_parse_f64((str){ text, size }, &got) && got == even);
        text[size] = '1';
        CHECK("more than a tie goes up", number_parse_f64((str){ text, size + 1 }, &got) && got == high);
    }
}

/* Texts of ECMAScript's String(x), from Node 20; -0 and what is not finite are ours. */
TEST(number_prints_as_ecmascript)
{
    static const struct { double value; const char *text; } cases[] = {
        { 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -1.5, "-1.5" }, { 0.1, "0.1" }, { 1.0 / 3, "0.3333333333333333" },
        { 100, "100" }, { 123456789012345680000.0, "123456789012345680000" }, { 1e21, "1e+21" }, { 1.5e300, "1.5e+300" },
        { 1e-6, "0.000001" }, { 1e-7, "1e-7" }, { 1.25e-9, "1.25e-9" }, { 5e-324, "5e-324" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" }, { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 9007199254740993.0, "9007199254740992" }, { 4.35, "4.35" }, { 9.5e-26, "9.5e-26" },
        { 2e-44, "2e-44" }, { 1e23, "1e+23" }, { INFINITY, "+Inf" }, { -INFINITY, "-Inf" }, { NAN, "NaN" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char text[NUMBER_TEXT_MAX];
        CHECK_STR(cases[i].text, printed(cases[i].value, text), str_of(cases[i].text));
        CHECK("terminated", strlen(text) == strlen(cases[i].text));
    }
}

/* The fewest digits that printf needs for strtod to give the double back. */
static int fewest_digits(double value)
{
    for (int digits = 1; digits < 17; digits++) {
        char text[64];
        (void)snprintf(text, sizeof text, "%.*e", digits - 1, value);
        if (strtod(text, NULL) == value)
            return digits;
    }
    return 17;
}

static int count_significant(str text)
{
    int digits = 0, zeros = 0;
    for (size_t i = 0; i < text.size && text.data[i] != 'e'; i++) {
        if (text.data[i] == '.' || (text.data[i] == '0' && digits == 0))
            continue;
        zeros = text.data[i] == '0' ? zeros + 1 : 0;
        digits++;
    }
    return digits - zeros;
}

TEST(number_prints_the_shortest_that_reads_back)
{
    struct random random;
    random_init(&random, 11);
    size_t wrong = 0, long_ones = 0;
    for (size_t i = 0; i < 300000; i++) {
        double value = fabs(double_of(random_u64(&random)));
        if (i % 4 == 1)
            value = (double)(random_u64(&random) >> 40) / 1000;
        else if (i % 4 == 2)
            value = double_of((random_u64(&random) % 2046 + 1) << 52); /* powers of two: uneven neighbours */
        if (!isfinite(value) || value == 0)
            continue;
        char text[NUMBER_TEXT_MAX];
        str got = printed(value, text);
        wrong += strtod(text, NULL) != value;
        long_ones += i % 10 == 0 && count_significant(got) > fewest_digits(value);
    }
    CHECK_INT("reads back", wrong, 0);
    CHECK_INT("shortest", long_ones, 0);
}

TEST(number_scans_a_json_number_from_the_front)
{
    static const struct { const char *why, *text; size_t size; bool is_i64; } cases[] = {
        { "integer", "42,", 2, true },
        { "a zero ends before the next digit", "012", 1, true },
        { "fraction", "-1.5e3]", 6, false },
        { "smallest int64", "-9223372036854775808", 20, true },
        { "one below is no int64", "-9223372036854775809", 20, false },
        { "no plus", "+1", 0, false },
        { "no bare point", ".5", 0, false },
        { "digits behind the point", "1.", 0, false },
        { "digits behind the e", "1e", 0, false },
        { "only a sign", "-", 0, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct number number = { 0 };
        bool is_number = number_scan(str_of(cases[i].text), &number);
        CHECK_INT(cases[i].why, is_number ? number.size : 0, cases[i].size);
        CHECK(cases[i].why, number.is_i64 == cases[i].is_i64);
    }
    struct number number;
    CHECK("too large", number_scan(STR("1e400"), &number) && !number.is_finite);
    CHECK("int64 exact", number_scan(STR("9007199254740993"), &number) && number.i64 == 9007199254740993);
}

TEST(number_reads_integers_with_bounds)
{
    int64_t i;
    uint64_t u;
    CHECK("largest i64", number_parse_i64(STR("9223372036854775807"), &i) && i == INT64_MAX);
    CHECK("smallest i64", number_parse_i64(STR("-9223372036854775808"), &i) && i == INT64_MIN);
    CHECK("beyond i64", !number_parse_i64(STR("9223372036854775808"), &i));
    CHECK("largest u64", number_parse_u64(STR("18446744073709551615"), &u) && u == UINT64_MAX);
    CHECK("beyond u64", !number_parse_u64(STR("18446744073709551616"), &u));
    CHECK("no sign in u64", !number_parse_u64(STR("-1"), &u) && !number_parse_u64(STR("+1"), &u));
    CHECK("nothing", !number_parse_u64(STR(""), &u) && !number_parse_i64(STR("-"), &i));
    char text[NUMBER_TEXT_MAX];
    CHECK_STR("print i64", ((str){ text, number_print_i64(INT64_MIN, text) }), STR("-9223372036854775808"));
    CHECK_STR("print u64", ((str){ text, number_print_u64(UINT64_MAX, text) }), STR("18446744073709551615"));
}
