"""`draw_ints` equals NumPy's streams, and gives the published modes of bit sequences."""

import json
import os
from pathlib import Path

import numpy
import pytest

from gflowspec.semantics.draws import draw_ints

RANGES = ((0, 4), (0, 0), (-3, 3), (0, 2**31 - 1), (0, 2**32 - 1), (0, 2**32), (-5, 2**40))


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1])
@pytest.mark.parametrize(("low", "high"), RANGES)
def test_mt19937_is_random_state(seed, low, high):
    expected = numpy.random.RandomState(seed).randint(low, high + 1, size=37)
    assert draw_ints(37, low, high, seed, "mt19937") == tuple(expected.tolist())


@pytest.mark.parametrize("seed", [0, 7, 2**32, 2**70 + 5, 2**200 + 3])
@pytest.mark.parametrize(("low", "high"), [*RANGES, (0, 2**32 - 3)])
def test_pcg64_is_default_rng(seed, low, high):
    expected = numpy.random.default_rng(seed).integers(low, high + 1, size=37)
    assert draw_ints(37, low, high, seed, "pcg64") == tuple(expected.tolist())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((1, 3, 2, 0, "pcg64"), "no integers from 3 to 2"),
        ((1, 0, 2**64, 0, "pcg64"), "passes 2\\^64"),
        ((1, 0, 1, -1, "pcg64"), "not negative"),
        ((1, 0, 1, 2**32, "mt19937"), "at most 4294967295"),
        ((1, 0, 1, 0, "xorshift"), "no generator 'xorshift'"),
    ],
)
def test_arguments_out_of_range(arguments, said):
    with pytest.raises(ValueError, match=said):
        draw_ints(*arguments)


def test_published_modes_of_bit_sequences():
    golden = json.loads(_golden("bitseq_golden.json").read_text())
    blocks = ["00000000", "11111111", "11110000", "00001111", "00111100"]
    drawn = draw_ints(60 * 15, 0, 4, 42, "mt19937")
    rows = [drawn[15 * k : 15 * (k + 1)] for k in range(60)]
    modes = ["".join(blocks[b] for b in row) for row in rows]
    assert modes == golden["by_seed"]["42"]["modes"]


def _golden(name: str) -> Path:
    """A golden vector: in the data directory, or in the folder `golden` beside it."""
    folder = Path(os.environ.get("GFLOWSPEC_DATA", "."))
    for path in (folder / name, folder.absolute().parent / "golden" / name):
        if path.is_file():
            return path
    pytest.skip("needs the golden vectors")
