"""Specifications as texts: loaded, elaborated, and reduced to the codes they produce."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from gflowspec.compiler.elaborate import elaborate_experiment, elaborate_library
from gflowspec.components.discover import vocabulary
from gflowspec.lang.spec import load


@cache
def words():
    return vocabulary()


def loaded(text, *overrides):
    """The spec of a text, and what loading it found."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "text.gfs")
        path.write_text(text, encoding="utf-8")
        return load(str(path), overrides, words())


def library(text, *overrides):
    """Instances and all diagnostics of a text."""
    spec, found = loaded(text, *overrides)
    if spec is None:
        return (), found
    instances, more = elaborate_library(spec)
    return instances, (*found, *more)


def experiment(text, *overrides, name=None):
    """Instance, config (or None twice) and all diagnostics of the only experiment of a text."""
    spec, found = loaded(text, *overrides)
    if spec is None:
        return None, None, found
    result, more = elaborate_experiment(spec, name or spec.experiments[-1])
    instance, config = result or (None, None)
    return instance, config, (*found, *more)


def codes(diagnostics):
    """Codes of errors and warnings, sorted."""
    return sorted(item.code for item in diagnostics)


def environment(body, parameters=""):
    """The text of an environment with one member block."""
    return f"gfs 1.0\nenvironment E({parameters}) {{\n{body}\n}}\n"


def value(text, prelude=""):
    """The folded value of a constant expression; raises if it was reported."""
    head = "state { done: bool } action a() { done = true } stop"
    program = f"gfs 1.0\n{prelude}\nenvironment E() {{ {head} let it = {text} }}\n"
    instances, found = library(program)
    assert not codes(found), [item.message for item in found]
    return instances[0].environment.lets["it"].value
