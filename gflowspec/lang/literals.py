"""What numbers and quantities of the text mean."""

from __future__ import annotations

import re
from fractions import Fraction

#: Largest numerator and denominator of a constant, in bits.
MAX_BITS = 4096

#: Unit of a time quantity -> seconds.
SECONDS = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "min": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86400),
}
#: Unit of a size -> bytes.
BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}

_QUANTITY = re.compile(r"([0-9_.]+)([A-Za-z]+)")


def number(text: str) -> int | Fraction | None:
    """The exact value of a number as it was spelled; None if it is larger than a constant may be.

    A number without a point whose exponent is not negative is an integer: ``1e3`` is 1000.
    """
    plain = text.replace("_", "")
    if len(plain) > MAX_BITS:
        return None
    if plain[:2].lower() == "0x":
        return int(plain, 16)
    if plain[:2].lower() == "0b":
        return int(plain, 2)
    mantissa, _, exponent = plain.lower().partition("e")
    power = int(exponent or "0") if len(exponent) < 8 else MAX_BITS + 1
    if abs(power) > MAX_BITS:
        return None
    whole, _, fraction = mantissa.partition(".")
    value = Fraction(int(whole + fraction)) * Fraction(10) ** (power - len(fraction))
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        return None
    return int(value) if "." not in mantissa and power >= 0 else value


def quantity(text: str) -> tuple[Fraction, str]:
    """The number and the unit of a quantity such as ``30min``."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        message = f"{text!r} is no quantity"
        raise ValueError(message)
    return Fraction(match[1].replace("_", "")), match[2]
