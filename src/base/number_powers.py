"""Writes the powers of ten that number_parse.c and number_print.c share, as a C initializer.

Row q of -342..324 holds the 128 leading bits of 10^q, as the halves of an integer in [2^127, 2^128):
rounded down, except that -27..-1 are rounded up, as Eisel-Lemire needs [Lemire2021, section 5].
"""
import sys

Q_MIN, Q_MAX, UP_FROM = -342, 324, -27


def leading_bits(q):
    if q >= 0:
        power = 5**q
        shift = power.bit_length() - 128
        return power >> shift if shift > 0 else power << -shift
    divisor = 5**-q
    quotient = (1 << (divisor.bit_length() + 127)) // divisor
    if quotient.bit_length() > 128:
        quotient >>= quotient.bit_length() - 128
    return quotient + 1 if q >= UP_FROM else quotient


def main(path):
    with open(path, "w", encoding="ascii") as out:
        for q in range(Q_MIN, Q_MAX + 1):
            bits = leading_bits(q)
            assert bits.bit_length() == 128
            out.write(f"{{ 0x{bits >> 64:016x}u, 0x{bits & (1 << 64) - 1:016x}u }}, /* {q} */\n")


main(sys.argv[1])
