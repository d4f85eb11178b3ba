"""`draw_ints`: the random integers of NumPy's two generators, without NumPy.

``mt19937`` is Matsumoto and Nishimura (1998), seeded and bounded as ``numpy.random.RandomState``
does it; ``pcg64`` is PCG XSL-RR 128/64 of O'Neill (2014), seeded by ``numpy.random.SeedSequence``
and bounded by Lemire's method, as ``numpy.random.default_rng`` does it. Both are frozen streams.
"""

from __future__ import annotations

import random
from collections.abc import Callable

_MASK32 = 0xFFFFFFFF
_MASK64 = 0xFFFFFFFFFFFFFFFF
_MASK128 = (1 << 128) - 1
_PCG_MULTIPLIER = 0x2360ED051FC65DA44385DF649FCCF645


def draw_ints(count: int, low: int, high: int, seed: int, generator: str) -> tuple[int, ...]:
    """``count`` integers from ``low`` to ``high``, both included, uniformly and independently.

    Args:
        count: How many.
        low: Smallest value.
        high: Largest value; ``high - low`` is below 2^64.
        seed: 0 to 2^32 - 1 for ``mt19937``, any non-negative integer for ``pcg64``.
        generator: ``mt19937`` or ``pcg64``.

    Raises:
        ValueError: If an argument is out of its range.
    """
    width = high - low
    if not 0 <= width <= _MASK64:
        message = f"no integers from {low} to {high}" if width < 0 else "the range passes 2^64"
        raise ValueError(message)
    draw = _bounded_draw(generator, seed, width)
    return tuple(low + draw() for _ in range(count))


def _bounded_draw(generator: str, seed: int, width: int) -> Callable[[], int]:
    if seed < 0:
        message = "a seed is not negative"
        raise ValueError(message)
    if generator == "mt19937":
        if seed > _MASK32:
            message = "a seed of mt19937 is at most 4294967295"
            raise ValueError(message)
        return _masked(_mersenne_twister(seed), width)
    if generator == "pcg64":
        return _lemire(_Pcg64(seed), width)
    message = f"there is no generator {generator!r}, only mt19937 and pcg64"
    raise ValueError(message)


def _mersenne_twister(seed: int) -> random.Random:
    """Python's MT19937 in the state that ``init_genrand(seed)`` of the original code gives."""
    words = [seed]
    for i in range(1, 624):
        previous = words[-1]
        words.append((1812433253 * (previous ^ (previous >> 30)) + i) & _MASK32)
    twister = random.Random()
    twister.setstate((3, (*words, 624), None))
    return twister


def _masked(twister: random.Random, width: int) -> Callable[[], int]:
    """Rejection under the smallest mask of ones; 64-bit words are two, the high one first."""
    if width == 0:
        return lambda: 0
    mask = (1 << width.bit_length()) - 1

    def word() -> int:
        if width <= _MASK32:
            return twister.getrandbits(32)
        high = twister.getrandbits(32)
        return high << 32 | twister.getrandbits(32)

    def draw() -> int:
        value = word() & mask
        while value > width:
            value = word() & mask
        return value

    return draw


class _Pcg64:
    """The 128-bit congruential generator; 32-bit words are the low, then the high half."""

    def __init__(self, seed: int) -> None:
        state = _seed_words(seed)
        start = state[0] << 64 | state[1]
        stream = state[2] << 64 | state[3]
        self._increment = (stream << 1 | 1) & _MASK128
        self._state = 0
        self._advance()
        self._state = (self._state + start) & _MASK128
        self._advance()
        self._half: int | None = None

    def _advance(self) -> None:
        self._state = (self._state * _PCG_MULTIPLIER + self._increment) & _MASK128

    def next64(self) -> int:
        self._advance()
        value = (self._state >> 64 ^ self._state) & _MASK64
        rotation = self._state >> 122
        return (value >> rotation | value << (64 - rotation)) & _MASK64

    def next32(self) -> int:
        if self._half is not None:
            half, self._half = self._half, None
            return half
        value = self.next64()
        self._half = value >> 32
        return value & _MASK32


def _lemire(source: _Pcg64, width: int) -> Callable[[], int]:
    """Lemire (2019): the high half of word times range, rejected where it would be biased."""
    if width == 0:
        return lambda: 0
    bits = 32 if width <= _MASK32 else 64
    word = source.next32 if bits == 32 else source.next64
    full = (1 << bits) - 1
    if width == full:
        return word
    span = width + 1
    threshold = (full - width) % span

    def draw() -> int:
        product = word() * span
        while (product & full) < threshold:
            product = word() * span
        return product >> bits

    return draw


def _seed_words(seed: int) -> list[int]:
    """Four 64-bit words of ``SeedSequence(seed)``: a pool of four words, hashed and mixed."""
    entropy = [seed >> shift & _MASK32 for shift in range(0, max(seed.bit_length(), 1), 32)]
    hashed = _hasher(0x43B0D7E5, 0x931E8875)
    pool = [hashed(entropy[i] if i < len(entropy) else 0) for i in range(4)]
    for source in range(4):
        for target in range(4):
            if source != target:
                pool[target] = _mix(pool[target], hashed(pool[source]))
    for extra in entropy[4:]:
        for target in range(4):
            pool[target] = _mix(pool[target], hashed(extra))
    output = _hasher(0x8B51F9DD, 0x58F38DED)
    words = [output(pool[i % 4]) for i in range(8)]
    return [words[2 * i] | words[2 * i + 1] << 32 for i in range(4)]


def _hasher(start: int, multiplier: int) -> Callable[[int], int]:
    constant = start

    def hashed(value: int) -> int:
        nonlocal constant
        value ^= constant
        constant = constant * multiplier & _MASK32
        value = value * constant & _MASK32
        return value ^ value >> 16

    return hashed


def _mix(left: int, right: int) -> int:
    value = (left * 0xCA01F9DD - right * 0x4973F715) & _MASK32
    return value ^ value >> 16
