"""Data files that are small on disk and large in memory are refused before they are unpacked."""

import gzip
import io
import json
import resource
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest

from gflowspec.compiler.data import csv_table, json_table, limits, npy, npz
from gflowspec.compiler.data.problems import DataProblem
from gflowspec.compiler.data.typed import typed_cells
from gflowspec.core.types import RealType


def header(text, version=1):
    body = text.encode("latin-1")
    length = struct.pack("<H" if version == 1 else "<I", len(body))
    return npy.MAGIC + bytes([version, 0]) + length + body


def described(shape, descr="<f8", order="False"):
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    "data",
    [
        header(described("(1000000000000,)")),
        header(described("(4194305,)")),
        header(described("(" + "99999," * 32 + ")")),
        header(described("(" + "1," * 1000 + ")")),
        header(described("(" + "9" * 4000 + ",)")),
        header(described("(-1,)")),
        header(described("(3,)")),
        header(described("(3,)", "<U999999999")),
        header(described("(3,)", "<f99999999999")),
        header("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (1,), }"),
        header("(" * 60_000),
        header("-" * 8000),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (2 ** 99,), }"),
        npy.MAGIC + b"\2\0" + struct.pack("<I", 2**32 - 1) + b"{",
        npy.MAGIC + b"\1\0",
        npy.MAGIC,
        b"",
        b"\x80\x04\x95pickle",
    ],
    ids=range(18),
)
def test_headers_of_arrays(data):
    with pytest.raises(DataProblem):
        npy.read_npy(data, "a.npy")


@pytest.mark.parametrize("descr", ["'|O'", "[('a', 'O')]", "[('a', '<i4'), ('b', '|O8')]"])
def test_object_arrays_are_refused_without_being_unpickled(descr):
    body = b"cos\nsystem\n(S'false'\ntR."
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,), }}\n"
    with pytest.raises(DataProblem) as error:
        npy.read_npy(header(text) + body, "a.npy")
    assert error.value.code == "GFS213"


def archive(entries, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
    return file.getvalue()


def test_a_zip_bomb(monkeypatch):
    monkeypatch.setattr(npz, "MAX_BYTES", 2**20)
    bomb = archive({"a.npy": b"\0" * 2**23})
    assert len(bomb) < 2**14
    with pytest.raises(DataProblem, match="unpacks to more"):
        npz.read_npz(bomb, "a")


def test_an_archive_that_lies_about_a_size():
    bomb = bytearray(archive({"a.npy": b"\0" * 2**20}))
    place = bomb.index(b"PK\1\2")
    bomb[place + 24 : place + 28] = struct.pack("<I", 10)
    with pytest.raises(DataProblem):
        npz.read_npz(bytes(bomb), "a")


def test_an_archive_with_too_many_entries(monkeypatch):
    monkeypatch.setattr(npz, "MAX_DIRECTORY", 2**10)
    many = archive({f"{i:060}.npy": b"" for i in range(20)}, zipfile.ZIP_STORED)
    with pytest.raises(DataProblem, match="too many arrays"):
        npz.read_npz(many, "a")


@pytest.mark.parametrize(
    "damage", [b"", b"PK\5\6" + b"\0" * 18, b"PK\5\6" + b"\xff" * 18, b"PK\3\4" * 10]
)
def test_damaged_archives(damage):
    with pytest.raises(DataProblem):
        npz.read_npz(damage, "a")


def test_every_prefix_of_an_archive_is_refused_or_read():
    whole = archive({"a.npy": header(described("(3,)")) + bytes(24)})
    for length in range(len(whole)):
        with pytest.raises(DataProblem):
            npz.read_npz(whole[:length], "a")
    assert list(npz.read_npz(whole, "a").cells) == [0, 0, 0]


def test_a_gzip_bomb(monkeypatch):
    monkeypatch.setattr(csv_table, "MAX_CSV_BYTES", 2**20)
    with pytest.raises(DataProblem, match="unpacks to more"):
        csv_table.read_csv(gzip.compress(b"0" * 2**23), None, packed=True)
    many = gzip.compress(b"a\n") * (limits.MAX_PARTS + 1)
    with pytest.raises(DataProblem, match="too many parts"):
        csv_table.read_csv(many, None, packed=True)


def test_a_row_that_does_not_end():
    for text in (
        "," * (limits.MAX_ROW + 1),
        "a\n" + "0," * limits.MAX_ROW,
        'a\n"' + "x\n" * limits.MAX_ROW,
    ):
        with pytest.raises(DataProblem):
            csv_table.read_csv(text.encode(), None, packed=False)


def test_a_field_that_does_not_end():
    with pytest.raises(DataProblem):
        csv_table.read_csv(b'a\n"' + b"x" * 200_000, None, packed=False)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"1" * 10_000,
        b"[Infinity]",
        b"\xff\xfe[",
        b"[1",
        b"",
    ],
    ids=range(7),
)
def test_json(data):
    with pytest.raises(DataProblem):
        json_table.json_array(json_table.read_json(data), None)


def test_a_number_beyond_all_bounds():
    raw = json_table.json_array(json_table.read_json(b"[1, 1e999]"), None)
    with pytest.raises(DataProblem, match="inf"):
        typed_cells(raw, RealType())


MEMORY = """
import resource, sys
limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
from gflowspec.api import check
report = check(sys.argv[1])
print([item.code for item in report.diagnostics if item.is_error])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


def files(folder):
    yield "[" + "{}," * (5 * 2**20) + "{}]", "a.json"
    yield "[" + "[]," * (5 * 2**20) + "[]]", "b.json"
    yield json.dumps({"a": 0})[:-1] + "," + '"":0,' * (3 * 2**20) + '"b":1}', "c.json"
    yield "," * (31 * 2**20), "d.csv"
    yield "a\n" + '"\n",' * (7 * 2**20), "e.csv"
    yield "a\n" * (15 * 2**20), "f.csv"
    yield zlib.compress(b"", 9), "g.csv.gz"


@pytest.mark.slow
@pytest.mark.parametrize("number", range(7))
def test_memory_and_time_of_a_check_are_bounded(tmp_path, number):
    text, name = list(files(tmp_path))[number]
    place = tmp_path / name
    place.write_bytes(text if isinstance(text, bytes) else text.encode())
    spec = tmp_path / "spec.gfs"
    spec.write_text(f'gfs 1.0\ndata d: array[2] of real = file("{name}")\n')
    result = subprocess.run(
        [sys.executable, "-c", MEMORY, str(spec)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (60, 60)),
    )
    found, memory = result.stdout.splitlines()
    assert found == "['GFS203']"
    assert int(memory) < 2 * 2**30


def test_all_tables_together_are_bounded(tmp_path, monkeypatch):
    from gflowspec.api import check
    from gflowspec.compiler.elaborate import data

    monkeypatch.setattr(data, "MAX_ALL_VALUES", 5)
    (tmp_path / "a.json").write_text("[1, 2]")
    spec = tmp_path / "spec.gfs"
    spec.write_text(
        "gfs 1.0\n" + "".join(f'data d{i}: array[2] of int = file("a.json")\n' for i in range(3))
    )
    assert [item.code for item in check(spec).diagnostics if item.is_error] == ["GFS203"]
