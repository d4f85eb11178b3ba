"""The public names: documented, importable, and nothing else."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

import gflowspec

ROOT = Path(__file__).parents[2]


def test_documented_names_are_the_public_names():
    text = (ROOT / "docs/python.md").read_text(encoding="utf-8")
    documented = re.findall(r"^### `(\w+)", text, re.MULTILINE)
    assert sorted(documented) == sorted(gflowspec.__all__)


def test_every_public_name_can_be_imported():
    for name in gflowspec.__all__:
        assert getattr(gflowspec, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="nothing"):
        _ = gflowspec.nothing


def test_the_version_is_that_of_the_package():
    assert gflowspec.__version__ == version("gflowspec")


def test_public_functions_are_documented():
    for name in gflowspec.__all__:
        assert (getattr(gflowspec, name).__doc__ or "").strip(), name
