/* Text to numbers. A scan collects up to 19 significant digits in a u64 and a power of ten; three
 * steps turn those into the nearest double, each cheaper and rarer than exact big-number work:
 *
 *   1. value and power both exact as doubles: one multiplication or division rounds once, correctly
 *   2. Eisel-Lemire: the product with a 128-bit power of five has enough bits to round
 *   3. more than 19 digits, and rounding up the rest would give another double: strtod */
#include "base/number.h"
#include "base/number_internal.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>

#define DIGITS_MAX 19 /* any 19 digits fit a u64 */
#define MANTISSA_BITS 52
#define EXPONENT_INFINITE 0x7FF

/* 767 digits decide between two doubles; a non-zero rest beyond them only breaks ties. */
#define DIGITS_THAT_MATTER 768

/* (-1)^is_negative * mantissa * 10^exponent, and what the scan met on the way. */
struct decimal {
    uint64_t mantissa;
    int64_t exponent;
    bool is_negative;
    bool is_cut;      /* non-zero digits were left out of the mantissa */
    bool is_integer;  /* neither '.' nor an exponent */
    size_t digits;    /* in front of and behind the '.'; leading zeros count only up to DIGITS_MAX */
};

static bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes with the first in the lowest place, on every machine. */
static uint64_t read_eight(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    bytes = __builtin_bswap64(bytes);
#endif
    return bytes;
}

/* The number that eight bytes of 0..9 spell, the first in the lowest place: pairs, then all at once. */
static uint64_t value_of_eight(uint64_t digits)
{
    digits = digits * 10 + (digits >> 8);
    uint64_t low = (digits & 0x000000FF000000FFu) * 0x000F424000000064u;
    uint64_t high = ((digits >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u;
    return (low + high) >> 32 & 0xFFFFFFFFu;
}

/* Adds digits to the mantissa without looking for overflow: scan_long repairs what had too many. Eight
 * bytes at a time also at the end of a run, whose length a byte loop would mispredict. */
static const char *scan_digits(const char *at, const char *end, uint64_t *mantissa)
{
    static const uint64_t powers[] = { 1, 10, 100, 1000, 10000, 100000, 1000000, 10000000 };
    while (end - at >= 8) {
        uint64_t digits = read_eight(at) ^ EACH_BYTE('0');
        uint64_t others = ((digits + EACH_BYTE(0x80 - 10)) | digits) & EACH_BYTE(0x80); /* the lowest mark is exact */
        if (others == 0) {
            *mantissa = *mantissa * 100000000 + value_of_eight(digits);
            at += 8;
            continue;
        }
        unsigned count = (unsigned)__builtin_ctzll(others) / 8;
        if (count > 0) /* zeros in front make eight of them */
            *mantissa = *mantissa * powers[count] + value_of_eight(digits << (64 - 8 * count));
        return at + count;
    }
    for (; at < end && is_digit(*at); at++)
        *mantissa = *mantissa * 10 + (uint64_t)(*at - '0');
    return at;
}

/* The first 19 significant digits of [from, to), digits with at most one '.', and the power of ten
 * that puts them back in their place. */
static void scan_long(const char *from, const char *to, struct decimal *decimal)
{
    const char *at = from;
    bool is_fraction = false;
    size_t taken = 0;
    decimal->mantissa = 0;
    int64_t scale = 0;
    for (; at < to; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        bool is_taken = taken < DIGITS_MAX;
        if (is_taken) {
            decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(*at - '0');
            taken += decimal->mantissa != 0; /* leading zeros are free */
        } else if (*at != '0') {
            decimal->is_cut = true;
        }
        if (is_fraction && is_taken)
            scale--;
        else if (!is_fraction && !is_taken)
            scale++;
    }
    decimal->exponent += scale;
}

/* The "e-12" at `at`, if there is one; returns where it ends. Huge exponents are clamped: any
 * mantissa is then zero or beyond the largest double. */
static const char *scan_exponent(const char *at, const char *end, struct decimal *decimal)
{
    const char *digits = at + 1;
    bool is_negative = false;
    if (digits < end && (*digits == '+' || *digits == '-'))
        is_negative = *digits++ == '-';
    if (digits >= end || !is_digit(*digits))
        return at;
    int64_t exponent = 0;
    for (; digits < end && is_digit(*digits); digits++)
        if (exponent < INT64_C(1) << 40)
            exponent = exponent * 10 + (*digits - '0');
    decimal->exponent = is_negative ? -exponent : exponent;
    decimal->is_integer = false;
    return digits;
}

/* Scans the longest number at the start of [at, end); NULL where there is none. Strict is the
 * grammar of JSON; otherwise '+', leading zeros and a bare '.' on one side are fine too. */
static inline const char *scan(const char *at, const char *end, bool is_strict, struct decimal *decimal)
{
    *decimal = (struct decimal){ .is_integer = true };
    if (at < end && (*at == '-' || (*at == '+' && !is_strict)))
        decimal->is_negative = *at++ == '-';
    const char *first = at;
    if (is_strict && at < end && *at == '0')
        at++;
    else
        at = scan_digits(at, end, &decimal->mantissa);
    const char *point = at;
    size_t fraction_digits = 0;
    if (at < end && *at == '.') {
        at = scan_digits(at + 1, end, &decimal->mantissa);
        fraction_digits = (size_t)(at - point) - 1;
        if (is_strict && fraction_digits == 0)
            return NULL;
        decimal->is_integer = false;
    }
    decimal->digits = (size_t)(point - first) + fraction_digits;
    if (decimal->digits == 0 || (is_strict && point == first))
        return NULL;

    const char *digits_end = at;
    if (at < end && (*at | 0x20) == 'e') {
        at = scan_exponent(at, end, decimal);
        if (is_strict && at == digits_end)
            return NULL;
    }
    if (decimal->digits > DIGITS_MAX) {
        for (const char *zero = first; zero < digits_end && (*zero == '0' || *zero == '.'); zero++)
            decimal->digits -= *zero == '0';
        if (decimal->digits > DIGITS_MAX) {
            scan_long(first, digits_end, decimal);
            return at;
        }
    }
    decimal->exponent -= (int64_t)fraction_digits;
    return at;
}

static double double_of_bits(uint64_t mantissa, uint64_t exponent)
{
    uint64_t bits = exponent << MANTISSA_BITS | (mantissa & ((UINT64_C(1) << MANTISSA_BITS) - 1));
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* w * 10^q with 55 exact leading bits: the low half of the power only counts where the high half
 * alone leaves all bits below those in doubt. */
static struct number_product multiply_by_power(uint64_t w, int q)
{
    struct number_power power = number_power(q);
    struct number_product product = number_multiply(w, power.high);
    if ((product.high & 0x1FF) == 0x1FF) {
        uint64_t carry = number_multiply(w, power.low).high;
        product.low += carry;
        product.high += product.low < carry;
    }
    return product;
}

/* The double nearest to w * 10^q, w > 0; infinite beyond the largest. [Lemire2021] section 8, and
 * [Mushtak2023] for why no case is left over. */
static double eisel_lemire(uint64_t w, int64_t q)
{
    if (q < NUMBER_POWER_MIN)
        return 0;
    if (q > 308)
        return INFINITY;
    int zeros = __builtin_clzll(w);
    w <<= zeros;
    struct number_product product = multiply_by_power(w, (int)q);
    int upper = (int)(product.high >> 63);
    int shift = upper + 64 - MANTISSA_BITS - 3;
    uint64_t mantissa = product.high >> shift;
    /* floor(log2(10^q)) + 63, by a multiplication that is exact over the table's range */
    int exponent = (int)((217706 * q) >> 16) + 63 + upper - zeros + 1023;
    if (exponent <= 0) { /* below the normal doubles: fewer bits, the same rounding */
        if (1 - exponent >= 64)
            return 0;
        mantissa >>= 1 - exponent;
        mantissa = (mantissa + (mantissa & 1)) >> 1;
        return double_of_bits(mantissa, mantissa >> MANTISSA_BITS);
    }
    /* Exactly between two doubles, which only these powers can be: to the even one. */
    if (product.low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 && mantissa << shift == product.high)
        mantissa &= ~UINT64_C(1);
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >> (MANTISSA_BITS + 1) != 0) {
        mantissa >>= 1;
        exponent++;
    }
    return exponent >= EXPONENT_INFINITE ? INFINITY : double_of_bits(mantissa, (uint64_t)exponent);
}

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

/* strtod of the digits that matter, all others standing for one '1' behind them. */
static double slow_double(const char *from, const char *to, const struct decimal *decimal)
{
    char text[DIGITS_THAT_MATTER + 32];
    size_t used = 0;
    int64_t exponent = 0;
    bool is_fraction = false, has_rest = false;
    for (const char *at = from; at < to; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        bool is_kept = used < DIGITS_THAT_MATTER;
        if (is_kept && (used > 0 || *at != '0'))
            text[used++] = *at;
        has_rest |= !is_kept && *at != '0';
        exponent += (!is_fraction && !is_kept) - (is_fraction && is_kept);
    }
    if (has_rest) {
        text[used++] = '1';
        exponent--;
    }
    /* the scan's exponent counts from its 19th digit; take the written one back out of it */
    struct decimal written = { 0 };
    scan_long(from, to, &written);
    exponent += decimal->exponent - written.exponent;
    (void)snprintf(text + used, sizeof text - used, "e%lld", (long long)exponent);
    (void)pthread_once(&c_locale_once, make_c_locale);
    return c_locale == (locale_t)0 ? strtod(text, NULL) : strtod_l(text, NULL, c_locale);
}

/* The magnitude nearest to what was scanned; [from, to) are its digits, for the rare slow case. */
static double magnitude(const struct decimal *decimal, const char *from, const char *to)
{
    static const double exact_powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                           1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    uint64_t w = decimal->mantissa;
    int64_t q = decimal->exponent;
    if (w == 0)
        return 0;
    if (!decimal->is_cut && w <= UINT64_C(1) << 53 && q >= -22 && q <= 22)
        return q < 0 ? (double)w / exact_powers[-q] : (double)w * exact_powers[q];
    double value = eisel_lemire(w, q);
    if (decimal->is_cut && value != eisel_lemire(w + 1, q))
        return slow_double(from, to, decimal);
    return value;
}

/* The digits of a scanned number: behind its sign, up to its exponent. */
static double scanned_f64(const struct decimal *decimal, const char *from, const char *to)
{
    from += *from == '-' || *from == '+';
    const char *digits_end = from;
    if (decimal->is_cut)
        while (digits_end < to && (is_digit(*digits_end) || *digits_end == '.'))
            digits_end++;
    double value = magnitude(decimal, from, digits_end);
    return decimal->is_negative ? -value : value;
}

/* The integer's value where it fits an int64. 19 digits fit a u64 exactly, more never an int64. */
static bool scanned_i64(const struct decimal *decimal, int64_t *ret_value)
{
    uint64_t bound = (uint64_t)INT64_MAX + decimal->is_negative;
    if (!decimal->is_integer || decimal->digits > DIGITS_MAX || decimal->mantissa > bound)
        return false;
    *ret_value = (int64_t)(decimal->is_negative ? 0 - decimal->mantissa : decimal->mantissa);
    return true;
}

bool number_scan(str text, struct number *ret_number)
{
    struct decimal decimal;
    const char *end = text.size == 0 ? NULL : scan(text.data, text.data + text.size, true, &decimal);
    if (end == NULL)
        return false;
    ret_number->size = (size_t)(end - text.data);
    ret_number->i64 = 0;
    ret_number->is_i64 = scanned_i64(&decimal, &ret_number->i64);
    ret_number->f64 = scanned_f64(&decimal, text.data, end);
    ret_number->is_finite = isfinite(ret_number->f64);
    return true;
}

bool number_parse_f64(str text, double *ret_value)
{
    struct decimal decimal;
    const char *end = text.size == 0 ? NULL : scan(text.data, text.data + text.size, false, &decimal);
    if (end == NULL || end != text.data + text.size)
        return false;
    double value = scanned_f64(&decimal, text.data, end);
    if (!isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

bool number_parse_f64_or_special(str text, double *ret_value)
{
    if (number_parse_f64(text, ret_value))
        return true;
    str word = text;
    bool is_negative = str_has_prefix(text, STR("-"));
    if (is_negative || str_has_prefix(text, STR("+")))
        word = str_slice(text, 1, text.size);
    double value;
    if (str_equal_ignoring_case(word, STR("inf")) || str_equal_ignoring_case(word, STR("infinity")))
        value = INFINITY;
    else if (str_equal_ignoring_case(word, STR("nan")))
        value = NAN;
    else
        return false;
    *ret_value = is_negative ? -value : value;
    return true;
}

bool number_parse_u64(str text, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) || __builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(text.data[i] - '0'), &value))
            return false;
    }
    if (text.size == 0)
        return false;
    *ret_value = value;
    return true;
}

bool number_parse_i64(str text, int64_t *ret_value)
{
    bool is_negative = str_has_prefix(text, STR("-"));
    if (is_negative || str_has_prefix(text, STR("+")))
        text = str_slice(text, 1, text.size);
    uint64_t value;
    if (!number_parse_u64(text, &value) || value > (uint64_t)INT64_MAX + is_negative)
        return false;
    *ret_value = (int64_t)(is_negative ? 0 - value : value);
    return true;
}
