"""The journal: what is accepted survives, what was torn is cut off, one write a line."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gflowspec.tracking import journal
from gflowspec.tracking.journal import DamagedLine, JournalInUse, JournalWriter, Line

PAYLOADS = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=12)
        | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=4,
    ),
    max_size=4,
)  # fmt: skip


def lines_of(path: Path) -> list[Line]:
    found = list(journal.read_all(path))
    assert all(isinstance(line, Line) for line in found)
    return found  # type: ignore[return-value]


@given(PAYLOADS, st.integers(1, 10**9))
def test_a_line_is_read_back_as_written(payload: dict[str, object], sequence: int) -> None:
    content = journal.encode(sequence, "metrics", 1234, payload)
    assert content.count(b"\n") == 1
    json.loads(content)  # every line is JSON
    line = journal.decode(content[:-1], len(content))
    assert line == Line(sequence, "metrics", 1234, payload, len(content))


@given(PAYLOADS, st.data())
def test_any_damaged_byte_is_noticed(payload: dict[str, object], data: st.DataObject) -> None:
    content = bytearray(journal.encode(7, "tags", 1234, payload)[:-1])
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert journal.decode(bytes(content), len(content)) is None


def test_numbers_that_are_not_finite_are_kept_verbatim() -> None:
    for value in (math.inf, -math.inf, 1.5, -0.0):
        assert journal.number(journal.plain_number(value)) == value
    assert math.isnan(journal.number(journal.plain_number(math.nan)))
    assert journal.plain_number(math.inf) == "Infinity"


def test_one_write_for_each_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = JournalWriter.open(tmp_path / "journal.jsonl")
    sizes: list[int] = []
    real = os.write

    def counted(descriptor: int, content: bytes) -> int:
        sizes.append(len(content))
        return real(descriptor, content)

    monkeypatch.setattr(os, "write", counted)
    for step in range(20):
        writer.append("metrics", {"step": step, "values": {f"train/{i}": 0.5 for i in range(40)}})
    assert len(sizes) == 20
    assert writer.size == sum(sizes) == (tmp_path / "journal.jsonl").stat().st_size
    writer.close()


@pytest.mark.parametrize("torn", [b"", b'{"checksum":"00', b'{"checksum":"00000000","seq"}\n'])
def test_a_torn_tail_is_cut_and_the_sequence_goes_on(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter.open(path)
    for step in range(3):
        writer.append("metrics", {"step": step, "values": {}})
    writer.close()
    with path.open("ab") as file:
        file.write(torn)
    assert [line.sequence for line in lines_of(path)] == [1, 2, 3]
    again = JournalWriter.open(path)
    again.append("metrics", {"step": 3, "values": {}})
    again.close()
    assert [line.sequence for line in lines_of(path)] == [1, 2, 3, 4]
    assert torn == b"" or torn not in path.read_bytes()


def test_every_cut_of_a_journal_reads_as_a_prefix_of_it(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter.open(path)
    for step in range(4):
        writer.append("metrics", {"step": step, "values": {"a": step / 3}})
    writer.close()
    whole, lines = path.read_bytes(), lines_of(path)
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert lines_of(path) == [line for line in lines if line.end <= size]


def test_a_damaged_line_amid_others_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter.open(path)
    for step in range(3):
        writer.append("metrics", {"step": step, "values": {}})
    writer.close()
    content = path.read_bytes().replace(b'"step":1', b'"step":9')
    path.write_bytes(content)
    kinds = [type(line) for line in journal.read_all(path)]
    assert kinds == [Line, DamagedLine, Line]


def test_reading_in_small_blocks_is_reading_at_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter.open(path)
    for step in range(50):
        writer.append("metrics", {"step": step, "values": {"a" * step: 1.0}})
    writer.close()
    offset, found = 0, []
    while True:
        block = list(journal.read(path, offset, limit=100))
        if not block:
            break
        found += block
        offset = block[-1].end
    assert found == lines_of(path)


def test_there_is_one_writer(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter.open(path)
    with pytest.raises(JournalInUse):
        JournalWriter.open(path)
    writer.close()
    writer.close()
    JournalWriter.open(path).close()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter.open(path)
    writer.append("metrics", {"step": 0, "values": {}})
    before = path.read_bytes()
    real = os.write
    calls = iter([True, False])

    def short(descriptor: int, content: bytes) -> int:
        if next(calls):
            return real(descriptor, content[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", short)
        with pytest.raises(OSError, match="No space"):
            writer.append("metrics", {"step": 1, "values": {}})
    assert path.read_bytes() == before
    writer.append("metrics", {"step": 1, "values": {}})
    writer.close()
    assert [line.sequence for line in lines_of(path)] == [1, 2]
