"""Exact numbers of JSON, and what PostgreSQL prints of them."""
import re
import struct
import sys
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 300_000
getcontext().Emax = 10**15
getcontext().Emin = -(10**15)
sys.set_int_max_str_digits(0)


class Reject(Exception):
    pass


def check(condition):
    if not condition:
        raise Reject


class Number:
    """A JSON number; its decimal is only computed if its exponent is small."""

    def __init__(self, text):
        self.text = text
        whole, fraction, exponent = re.fullmatch(r"-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", text).groups()
        digits = whole + (fraction or "")
        self.exponent = int(exponent or 0)
        self.scale = max(0, len(fraction or "") - self.exponent)
        self.is_zero = int(digits) == 0
        # Number of digits before the decimal point; negative: zeros after it.
        self.magnitude = len(whole) + self.exponent - (len(digits) - len(digits.lstrip("0")))

    def decimal(self, most):
        """The exact value, if it has at most this many digits before the point, and does not begin that far behind it."""
        if self.is_zero:
            return Decimal(0)
        check(-most <= self.magnitude <= most)
        return Decimal(self.text)


def numeric_text(number):
    check(abs(number.exponent) <= 1_073_741_823 and number.scale <= 16_383)
    if number.is_zero:
        return "0." + "0" * number.scale if number.scale else "0"
    check(number.magnitude <= 131_072)
    return format(Decimal(number.text), "f")


def integer(bits):
    def convert(value):
        check(isinstance(value, Number))
        decimal = value.decimal(25)
        check(decimal == decimal.to_integral_value() and -(2 ** (bits - 1)) <= decimal < 2 ** (bits - 1))
        return str(int(decimal))

    return convert


def numeric(value):
    check(isinstance(value, Number))
    return numeric_text(value)


def numeric_12_2(value):
    check(isinstance(value, Number))
    decimal = value.decimal(20)
    check(abs(decimal) < 10**10 and decimal * 100 == (decimal * 100).to_integral_value())
    text = format(decimal.quantize(Decimal("0.01")), "f")
    return text if decimal else "0.00"


class Float:
    """Equal to a text if that is the number."""

    def __init__(self, value, code):
        self.value, self.code = value, code

    def __eq__(self, text):
        return text != "∅" and struct.pack(self.code, float(text)) == struct.pack(self.code, self.value)

    def __repr__(self):
        return repr(self.value)


def double(value):
    check(isinstance(value, Number))
    result = float(value.text)
    check(abs(result) != float("inf"))
    return Float(result, ">d")


def real(value):
    check(isinstance(value, Number))
    near = float(value.text)
    if near == 0 or abs(near) < 2**-149:
        return Float(near * 1.0, ">f")
    check(abs(near) < 2**128 - 2**103)
    exact = Fraction(Decimal(value.text))
    bits = struct.unpack(">I", struct.pack(">f", near))[0]
    candidates = [struct.unpack(">f", struct.pack(">I", bits + step))[0] for step in (-1, 0, 1) if bits + step >= 0]
    finite = [c for c in candidates if abs(c) != float("inf") and c == c]
    best = min(finite, key=lambda c: (abs(Fraction(c) - exact), struct.unpack(">I", struct.pack(">f", c))[0] % 2))
    return Float(best, ">f")
