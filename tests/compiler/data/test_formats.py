"""Every format against numpy, and what is wrong with files that do not fit."""

import gzip
import io
import zipfile
from math import prod

import numpy as np
import pytest

from gflowspec.compiler.data.npy import read_npy
from gflowspec.compiler.data.npz import read_npz
from gflowspec.compiler.data.problems import DataProblem

from .writing import data, problem, write

CSV = "base,score,n,flag\nA,0.5,1,true\nC,-2.25,7,false\nG,1e3,0,1\n"


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), version=version, allow_pickle=True)
    return file.getvalue()


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


@pytest.mark.parametrize(
    "dtype",
    [
        "i1",
        "<i2",
        ">i2",
        "<i4",
        ">i8",
        "u1",
        "<u2",
        ">u4",
        "<u8",
        "<f2",
        ">f2",
        "<f4",
        ">f4",
        "<f8",
    ],
)
@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 3, 4), (0,), (3, 0, 2)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_are_read_as_numpy_reads_them(dtype, shape, order):
    numbers = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    raw = read_npy(npy(np.asarray(numbers, order=order)), "a.npy")
    assert raw.shape == shape
    assert list(raw.cells) == numbers.reshape(-1).tolist()
    assert raw.kind == ("float" if "f" in dtype else "int")


@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_versions_of_the_format(version):
    raw = read_npy(npy([1.5, 2.5], version), "a.npy")
    assert list(raw.cells) == [1.5, 2.5]


def test_bools_and_texts():
    assert list(read_npy(npy([True, False]), "a.npy").cells) == [True, False]
    assert list(read_npy(npy(["ACG", "", "Ü"]), "a.npy").cells) == ["ACG", "", "Ü"]
    assert list(read_npy(npy(np.array(["AC"], dtype=">U2")), "a.npy").cells) == ["AC"]
    assert list(read_npy(npy([b"ACG", b"T"]), "a.npy").cells) == ["ACG", "T"]


def test_one_array_of_an_archive():
    packed = npz(x=np.arange(3), y=np.ones((2, 2)))
    assert list(read_npz(packed, "x").cells) == [0, 1, 2]
    assert read_npz(packed, "y").shape == (2, 2)
    assert list(read_npz(npz(only=np.arange(2)), None).cells) == [0, 1]
    with pytest.raises(DataProblem, match="2 arrays"):
        read_npz(packed, None)
    with pytest.raises(DataProblem, match="no array `z`"):
        read_npz(packed, "z")


@pytest.mark.parametrize(
    ("declaration", "expected"),
    [
        ('array[3] of real = file("t.csv", column = "score")', (0.5, -2.25, 1000.0)),
        ('array[3] of int[0..9] = file("t.csv", column = "n")', (1, 7, 0)),
        ('array[3] of bool = file("t.csv", column = "flag")', (True, False, True)),
        ('array[3] of Base = file("t.csv", column = "base")', (0, 1, 2)),
        ('array[3] of string = file("t.csv", column = "base")', ("A", "C", "G")),
        (
            'array[3, 2] of real = file("t.csv", column = ["n", "score"])',
            (1, 0.5, 7, -2.25, 0, 1e3),
        ),
        ('array[3] of real = file("t.csv.gz", column = "score")', (0.5, -2.25, 1000.0)),
        ('array[2, 2] of real = file("t.json")', (1.0, 2.5, 3.0, 4.0)),
        ('array[2, 2] of real = file("m.json", array = "a")', (1.0, 2.5, 3.0, 4.0)),
        ('array[2] of Base = file("n.json")', (2, 0)),
        ('array[4] of int = file("i.npy")', (0, 1, 2, 3)),
        ('array[4] of real = file("i.npy")', (0.0, 1.0, 2.0, 3.0)),
        ('array[2] of bool = file("a.npz", array = "b")', (True, False)),
    ],
)
def test_tables(tmp_path, declaration, expected):
    packed = gzip.compress(CSV[:20].encode()) + gzip.compress(CSV[20:].encode())
    write(
        tmp_path,
        {
            "t.csv": CSV,
            "t.csv.gz": packed,
            "t.json": [[1, 2.5], [3, 4]],
            "m.json": {"a": [[1, 2.5], [3, 4]], "b": 1},
            "n.json": ["G", "A"],
            "i.npy": npy(np.arange(4)),
            "a.npz": npz(a=np.arange(3.0), b=np.array([True, False])),
        },
    )
    assert data(tmp_path, f"data d: {declaration}", "d") == expected


def test_single_values(tmp_path):
    write(tmp_path, {"one.json": 2.5, "n.npy": npy(np.int32(7))})
    assert data(tmp_path, 'data d: real = file("one.json")', "d * 2") == 5.0
    assert data(tmp_path, 'data d: int[0..9] = file("n.npy")', "d // 2") == 3


@pytest.mark.parametrize(
    ("declaration", "code", "said"),
    [
        ('array[4] of real = file("t.csv", column = "score")', "GFS203", "3 x 1 values"),
        ('array[3] of real = file("t.csv")', "GFS203", "3 x 4 values"),
        ('array[3] of real = file("t.csv", column = "scor")', "GFS203", "no column `scor`"),
        ('array[3] of real[0..1] = file("t.csv", column = "score")', "GFS203", "row 3"),
        ('array[3] of int = file("t.csv", column = "score")', "GFS203", "row 2"),
        ('array[3] of Base = file("t.csv", column = "n")', "GFS203", "row 2"),
        ('array[3] of int[0..6] = file("t.csv", column = "n")', "GFS203", "row 3"),
        ('array[2] of real = file("nan.npy")', "GFS203", "at [1]"),
        ('array[2] of int = file("nan.npy")', "GFS203", "at [0]"),
        ('array[2] of real = file("object.npy")', "GFS213", "Python objects"),
        ('array[2] of real = file("object.npz", array = "o")', "GFS213", "Python objects"),
        ('array[2] of real = file("complex.npy")', "GFS203", "dtype"),
        ('array[2] of real = file("record.npy")', "GFS203", "no plain array"),
        ('array[2] of real = file("x.pkl")', "GFS213", "Python objects"),
        ('array[2] of real = file("x.pt")', "GFS213", "Python objects"),
        ('array[2] of real = file("x.xlsx")', "GFS203", "format"),
        ('array[2] of real = file("nan.json")', "GFS203", "NaN"),
        ('array[2, 2] of real = file("ragged.json")', "GFS203", "differ in length"),
        ('array[2] of real = file("empty.csv")', "GFS203", "no header"),
        ('array[2] of real = file("latin.csv")', "GFS203", "UTF-8"),
        ('array[2] of real = file("short.csv.gz", column = "a")', "GFS203", "ends too early"),
        ('array[2] of real = file("t.csv.gz", column = "a")', "GFS203", "damaged"),
        ('array[2] of real = file("t.npy")', "GFS203", "begin"),
        ('array[2] of real = file("t.npz")', "GFS203", "zip"),
        ('array[2] of real = file("none.csv")', "GFS201", "none.csv"),
        ('array[2] of real = file("folder")', "GFS201", "folder"),
        ('array[2] of real = file("t.csv", colum = "a")', "GFS111", "colum"),
        ('array[2] of real = file("t.csv", "a")', "GFS120", "names"),
        ('array[2] of real = file("t.csv", column = 3)', "GFS120", "a constant string"),
        ('array[2] of real = file("t.csv", sha256 = "12")', "GFS202", "64"),
        ("array[2] of real = [1, 2]", "GFS120", "from a file"),
        ('array[2] of int? = file("t.csv")', "GFS120", "data cannot be"),
        ('(int, int) = file("t.csv")', "GFS120", "data cannot be"),
    ],
)
def test_what_does_not_fit(tmp_path, declaration, code, said):
    objects = np.array([{}, 1], dtype=object)
    write(
        tmp_path,
        {
            "t.csv": CSV,
            "empty.csv": "",
            "latin.csv": "a\nü\n".encode("latin-1"),
            "short.csv.gz": gzip.compress(b"a\n1\n2\n")[:-4],
            "t.csv.gz": b"a\n1\n",
            "t.npy": b"no array",
            "t.npz": b"no archive",
            "x.pkl": b"",
            "x.pt": b"",
            "x.xlsx": b"",
            "nan.npy": npy([1.0, np.nan]),
            "object.npy": npy(objects),
            "object.npz": npz(o=objects),
            "complex.npy": npy([1j, 2j]),
            "record.npy": npy(np.zeros(2, dtype=[("a", "i4")])),
            "nan.json": "[1, NaN]",
            "ragged.json": [[1], [2, 3]],
            "folder/x": "",
        },
    )
    found, message = problem(tmp_path, f"data d: {declaration}")
    assert found == code
    assert said in message


def test_a_hash_is_compared_before_the_file_is_understood(tmp_path):
    write(tmp_path, {"t.csv": "no table"})
    zeros = "0" * 64
    code, _ = problem(tmp_path, f'data d: array[2] of real = file("t.csv", sha256 = "{zeros}")')
    assert code == "GFS202"


@pytest.mark.parametrize(
    ("key", "declaration", "rows"),
    [
        ("Base", 'key = "k"', {"C": 2, "A": 1, "G": 3}),
        ("int[1..3]", 'key = "k"', {"2": 2, "1": 1, "3": 3}),
        ("bool", 'key = "k"', {"true": 2, "false": 1}),
        (
            "(Base, bool)",
            'key = "k"',
            {
                f"{b} {f}": prod((i + 1, j + 2))
                for i, b in enumerate("ACG")
                for j, f in enumerate(("false", "true"))
            },
        ),
        (
            "array[2] of Base",
            'key = "k"',
            {f"{a}{b}": i * 3 + j for i, a in enumerate("ACG") for j, b in enumerate("ACG")},
        ),
    ],
)
def test_maps_are_in_the_order_of_their_keys(tmp_path, key, declaration, rows):
    keys = sorted(rows, key=lambda k: k[::-1])
    text = "k,v\n" + "".join(f"{k},{rows[k]}\n" for k in keys)
    write(tmp_path, {"m.csv": text, "m.json": rows})
    order = {"true": "1", "false": "0"}
    expected = tuple(
        rows[k] for k in sorted(rows, key=lambda k: [order.get(w, w) for w in k.split()])
    )
    for file in (f'"m.csv", {declaration}, value = "v"', '"m.json"'):
        assert data(tmp_path, f"data m: map[{key}] of int = file({file})", "values(m)") == expected


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("k,v\nA,1\nC,2\n", "GFS212", "1 of 3"),
        ("k,v\nA,1\nC,2\nG,1\nG,2\n", "GFS203", "second time"),
        ("k,v\nA,1\nC,2\nT,1\n", "GFS203", "row 4"),
        ("k,w\nA,1\n", "GFS203", "no column `v`"),
    ],
)
def test_keys_that_do_not_fit(tmp_path, text, code, said):
    write(tmp_path, {"m.csv": text})
    found, message = problem(
        tmp_path, 'data m: map[Base] of real = file("m.csv", key = "k", value = "v")'
    )
    assert found == code
    assert said in message


def test_keys_of_a_map_are_bounded(tmp_path):
    write(tmp_path, {"m.json": {}})
    for key in ("int", "string", "array[40] of bool"):
        code, message = problem(tmp_path, f'data m: map[{key}] of real = file("m.json")')
        assert code == "GFS203"
        assert "cannot be the key" in message


def test_an_archive_that_lies_about_its_entries(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.npy", npy([1.0]))
    write(tmp_path, {"a.npz": file.getvalue()})
    code, message = problem(tmp_path, 'data d: array[1] of real = file("a.npz")')
    assert code == "GFS203"
    assert "unusual" in message
