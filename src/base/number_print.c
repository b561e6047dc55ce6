/* Numbers to text. The shortest digits of a double come from Schubfach [Giulietti2020]: scale the
 * interval of all reals that round to the double by a power of ten, so that it holds one to three
 * integers; the shortest of them, or else the nearest, is the answer. */
#include "base/number.h"
#include "base/number_internal.h"

#include <math.h>

#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1075 /* value = c * 2^(e - 1075) */

/* digits * 10^exponent */
struct digits {
    uint64_t digits;
    int exponent;
};

/* floor(log10(2^e)), floor(log10(3/4 * 2^e)) and floor(log2(10^k)) by exact fixed-point products. */
static int floor_log10_of_power2(int e)
{
    return (e * 1262611) >> 22;
}

static int floor_log10_of_three_quarters_power2(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

static int floor_log2_of_power10(int k)
{
    return (k * 1741647) >> 19;
}

/* The leading 128 bits of 10^k, rounded up where they are not exact. */
static struct number_power power_rounded_up(int k)
{
    struct number_power power = number_power(k);
    if (k < -27 || k > 55) { /* -27..-1 are up already, 0..55 exact */
        power.low++;
        power.high += power.low == 0;
    }
    return power;
}

/* The top 64 bits of g * x, with a sticky lowest bit for all that is cut off. */
static uint64_t multiply_to_odd(struct number_power g, uint64_t x)
{
    struct number_product low = number_multiply(g.low, x);
    struct number_product high = number_multiply(g.high, x);
    uint64_t middle = high.low + low.high;
    uint64_t top = high.high + (middle < high.low);
    return top | (middle > 1);
}

/* The shortest decimal that reads back to c * 2^q, c > 0. `is_lower_closer`: the double below is
 * half as far away as the one above (c is a power of two). Section numbers are the paper's. */
static struct digits shortest(uint64_t c, int q, bool is_lower_closer)
{
    bool is_even = (c & 1) == 0; /* then the interval's ends round to the double too */
    uint64_t cb_left = 4 * c - 2 + is_lower_closer, cb = 4 * c, cb_right = 4 * c + 2; /* section 9.1, four times */
    int k = is_lower_closer ? floor_log10_of_three_quarters_power2(q) : floor_log10_of_power2(q);
    int h = q + floor_log2_of_power10(-k) + 1;
    struct number_power g = power_rounded_up(-k);
    uint64_t left = multiply_to_odd(g, cb_left << h) + !is_even; /* the ends move inwards where they don't count */
    uint64_t value = multiply_to_odd(g, cb << h);
    uint64_t right = multiply_to_odd(g, cb_right << h) - !is_even;

    uint64_t s = value / 4;
    if (s >= 10) { /* one digit fewer? */
        uint64_t tens = s / 10;
        bool is_low_inside = left <= 40 * tens, is_high_inside = 40 * tens + 40 <= right;
        if (is_low_inside != is_high_inside)
            return (struct digits){ tens + is_high_inside, k + 1 };
    }
    bool is_low_inside = left <= 4 * s, is_high_inside = 4 * s + 4 <= right;
    if (is_low_inside != is_high_inside)
        return (struct digits){ s + is_high_inside, k };
    uint64_t middle = 4 * s + 2; /* both: the nearer one, ties to even */
    bool is_up = value > middle || (value == middle && (s & 1) != 0);
    return (struct digits){ s + is_up, k };
}

static struct digits digits_of(uint64_t bits)
{
    uint64_t fraction = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    int exponent = (int)(bits >> MANTISSA_BITS & 0x7FF);
    struct digits digits;
    if (exponent == 0)
        digits = shortest(fraction, 1 - EXPONENT_BIAS, false);
    else
        digits = shortest(fraction | UINT64_C(1) << MANTISSA_BITS, exponent - EXPONENT_BIAS,
                          fraction == 0 && exponent > 1);
    while (digits.digits % 10 == 0) {
        digits.digits /= 10;
        digits.exponent++;
    }
    return digits;
}

/* Writes up to 20 digits and a terminator. */
static size_t print_digits(uint64_t value, char *text)
{
    char reversed[NUMBER_TEXT_MAX];
    size_t size = 0;
    do {
        reversed[size++] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    for (size_t i = 0; i < size; i++)
        text[i] = reversed[size - 1 - i];
    text[size] = '\0';
    return size;
}

size_t number_print_u64(uint64_t value, char text[NUMBER_TEXT_MAX])
{
    return print_digits(value, text);
}

size_t number_print_i64(int64_t value, char text[NUMBER_TEXT_MAX])
{
    if (value >= 0)
        return print_digits((uint64_t)value, text);
    *text = '-';
    return 1 + print_digits(0 - (uint64_t)value, text + 1);
}

/* Lays out `count` digits whose decimal point stands behind the `point`-th, as ECMA-262
 * section 6.1.6.1.20 (Number::toString) does. */
static size_t lay_out(const char *digits, int count, int point, char *text)
{
    char *at = text;
    if (point > 21 || point < -5) { /* d.ddde-7 */
        *at++ = digits[0];
        if (count > 1) {
            *at++ = '.';
            memcpy(at, digits + 1, (size_t)count - 1);
            at += count - 1;
        }
        *at++ = 'e';
        *at++ = point > 0 ? '+' : '-';
        at += print_digits((uint64_t)(point > 0 ? point - 1 : 1 - point), at);
        return (size_t)(at - text);
    }
    if (point <= 0) { /* 0.000ddd */
        *at++ = '0';
        *at++ = '.';
        memset(at, '0', (size_t)-point);
        at += -point;
    }
    for (int i = 0; i < count; i++) {
        if (i == point && point > 0)
            *at++ = '.';
        *at++ = digits[i];
    }
    for (int i = count; i < point; i++) /* ddd000 */
        *at++ = '0';
    *at = '\0';
    return (size_t)(at - text);
}

size_t number_print_f64(double value, char text[NUMBER_TEXT_MAX])
{
    if (!isfinite(value)) {
        const char *word = isnan(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        size_t size = strlen(word);
        memcpy(text, word, size + 1);
        return size;
    }
    size_t sign = signbit(value) != 0;
    text[0] = '-';
    if (value == 0) {
        memcpy(text + sign, "0", 2);
        return sign + 1;
    }
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct digits shortest_digits = digits_of(bits & ~(UINT64_C(1) << 63));
    char digits[NUMBER_TEXT_MAX];
    int count = (int)print_digits(shortest_digits.digits, digits);
    return sign + lay_out(digits, count, count + shortest_digits.exponent, text + sign);
}
