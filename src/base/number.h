/* base/number.h - decimal text to numbers and back: exact, fast, and blind to the locale.
 *
 * Text to double is correctly rounded (nearest, ties to even): Clinger's exact case, then
 * Eisel-Lemire [Lemire2021] over a table of powers of five, then strtod for the rare rest.
 * Double to text is the shortest that reads back to the same double (Schubfach [Giulietti2020]). */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdint.h>

#include "base/str.h"

/* Room for any number that number_print_* writes, and its terminator. */
#define NUMBER_TEXT_MAX 32

/* A number as JSON spells it, at the start of some text. */
struct number {
    double f64;
    int64_t i64;     /* the same value, where is_i64 */
    bool is_i64;     /* written without fraction and exponent, and fits */
    bool is_finite;  /* false: beyond the largest double, f64 is an infinity */
    size_t size;     /* bytes of the text */
};

/* Reads the number at the start of `text` by the grammar of RFC 8259 section 6, up to the first
 * byte that can't belong to it. False where no number starts there: "-", "01" (after its 0 comes
 * what the caller must refuse), ".5" and "1." are not JSON. */
bool number_scan(str text, struct number *ret_number);

/* All of `text` as a double: digits with sign ("+1"), fraction (".5", "5.") and exponent; not hex,
 * infinities, NaN, white space or "". False for those, and for values beyond the largest double. */
bool number_parse_f64(str text, double *ret_value);

/* As number_parse_f64, and also inf, infinity and nan in any case with an optional sign. */
bool number_parse_f64_or_special(str text, double *ret_value);

/* All of `text` as a decimal integer; false for other text and on overflow. i64 takes '-' and
 * '+', u64 digits only. */
bool number_parse_i64(str text, int64_t *ret_value);
bool number_parse_u64(str text, uint64_t *ret_value);

/* Writes the number and a terminator; returns the bytes before the terminator. Doubles are laid
 * out as ECMAScript does (plain from 1e-7 up to 1e21, "1e+21" beyond); "-0" keeps its sign, and
 * what is not finite reads "NaN", "+Inf", "-Inf", as Prometheus writes them. */
size_t number_print_f64(double value, char text[NUMBER_TEXT_MAX]);
size_t number_print_i64(int64_t value, char text[NUMBER_TEXT_MAX]);
size_t number_print_u64(uint64_t value, char text[NUMBER_TEXT_MAX]);

#endif
