"""Tests that compile C++ are skipped where that is not possible."""

import pytest

from gflowspec.compiler.native.errors import NoNativeForm
from gflowspec.compiler.native.toolchain import Compiler


def obstacle():
    try:
        Compiler.find()
    except NoNativeForm as reason:
        return str(reason)
    return ""


needs_compiler = pytest.mark.skipif(bool(obstacle()), reason=obstacle() or "it is there")
