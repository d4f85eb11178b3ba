"""Compilers that are missing, fail or hang; a cache that is damaged or not ours alone."""

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from compilers import needs_compiler

from gflowspec.compiler.native import cache, toolchain
from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.toolchain import Compiler

TEXT = 'extern "C" int answer(void) { return 42; }'


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/gflowspec/native"


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return path


@needs_compiler
def test_a_library_is_compiled_once(home, monkeypatch):
    compiler = Compiler.find()
    assert cache.load(TEXT, compiler).answer() == 42
    (kept,) = home.iterdir()
    monkeypatch.setattr(Compiler, "build", None)
    assert cache.load(TEXT, compiler).answer() == 42
    assert list(home.iterdir()) == [kept]


@needs_compiler
def test_nobody_else_may_write_what_is_loaded(home):
    old = os.umask(0)
    try:
        cache.load(TEXT, Compiler.find())
    finally:
        os.umask(old)
    (kept,) = home.iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    assert home.stat().st_mode & 0o077 == 0


@needs_compiler
@pytest.mark.parametrize("text", ["", "no library", "\x7fELF"])
def test_a_damaged_library_is_compiled_again(home, text):
    compiler = Compiler.find()
    cache.load(TEXT, compiler)
    (kept,) = home.iterdir()
    whole = kept.read_bytes()
    kept.unlink()  # a file that is loaded must not be written to
    kept.write_text(text)
    assert cache.load(TEXT, compiler).answer() == 42
    assert whole in [path.read_bytes() for path in home.iterdir()]


@needs_compiler
def test_a_cache_that_others_may_write_to_is_not_used(home):
    home.mkdir(parents=True)
    home.chmod(0o777)
    assert cache.load(TEXT, Compiler.find()).answer() == 42
    assert list(home.iterdir()) == []


@needs_compiler
def test_old_libraries_go(home, monkeypatch):
    monkeypatch.setattr(cache, "KEPT", 2)
    compiler = Compiler.find()
    for number in range(4):
        cache.load(TEXT.replace("42", str(number)), compiler)
    assert len(list(home.iterdir())) == 2


@needs_compiler
def test_another_processor_or_compiler_has_another_library(home, monkeypatch):
    first = Compiler.find()
    cache.load(TEXT, first)
    monkeypatch.setattr(toolchain, "_processor", lambda: "another one")
    cache.load(TEXT, Compiler.find())
    assert len(list(home.iterdir())) == 2


@needs_compiler
def test_what_does_not_compile_says_the_first_error(home):
    with pytest.raises(NoNativeForm, match=r"error.*nonsense"):
        cache.load("nonsense;", Compiler.find())
    assert list(home.iterdir()) == []


def test_a_compiler_that_hangs_is_ended_with_its_children(home, tmp_path, monkeypatch):
    monkeypatch.setattr(toolchain, "PATIENCE", 0.5)
    mark = tmp_path / "child"
    hanging = script(tmp_path / "hang", f"sleep 60 & echo $! > {mark}; wait")
    monkeypatch.setenv("CXX", str(hanging))
    begin = time.monotonic()
    with pytest.raises(NoNativeForm, match="not done after"):
        Compiler.find()
    assert time.monotonic() - begin < 30
    status = Path("/proc", mark.read_text().strip(), "status")
    while not has_ended(status) and time.monotonic() - begin < 30:
        time.sleep(0.01)  # a signal takes a moment to arrive
    assert has_ended(status)


def has_ended(status):
    """Whether the process is gone, or waits for the first process to take note."""
    try:
        return "State:\tZ" in status.read_text()
    except OSError:
        return True


def test_a_compiler_that_fails(home, tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", str(script(tmp_path / "fail", "echo 'bad error here'; exit 1")))
    with pytest.raises(NoNativeForm, match="bad error here"):
        Compiler.find()


def test_a_compiler_that_writes_nothing(home, tmp_path):
    silent = Compiler(command=(str(script(tmp_path / "silent", "exit 0")),), identity="")
    with pytest.raises(NoNativeForm, match="cannot be loaded"):
        cache.load(TEXT, silent)


def test_a_compiler_that_writes_rubbish(home, tmp_path):
    rubbish = script(tmp_path / "rubbish", 'while [ "$1" != -o ]; do shift; done; echo x > "$2"')
    with pytest.raises(NoNativeForm, match="cannot be loaded"):
        cache.load(TEXT, Compiler(command=(str(rubbish),), identity=""))


def test_arguments_of_the_compiler_are_no_shell_text(home, tmp_path, monkeypatch):
    monkeypatch.setenv("CXX", f"c++ ; touch {tmp_path / 'made'}")
    with suppress(NoNativeForm):
        cache.load(TEXT, Compiler.find())
    assert not (tmp_path / "made").exists()
