"""A compiled rollout: its functions, and the structure they share with Python."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from ctypes import c_int64, c_void_p

from torch import Tensor

from gflowspec.compiler.native.cache import load
from gflowspec.compiler.native.source import source
from gflowspec.compiler.native.toolchain import Compiler
from gflowspec.components.nets.layered import Layered
from gflowspec.ir.derived import Derived


class Walk(ctypes.Structure):
    """The state of a rollout; see rollout.hpp for the fields."""

    _fields_ = (
        *((name, c_int64) for name in (
            "alive", "steps", "recorded", "forced", "stuck", "draws", "noisy",
        )),
        *((name, c_void_p) for name in (
            "current", "current_trajectory", "counts", "states", "trajectory", "actions", "masks",
            "kept", "forced_states", "forced_trajectory", "tensors", "workspace",
        )),
    )  # fmt: skip


class Library:
    """The functions of one experiment's rollouts. They release the interpreter lock.

    Memory belongs to the caller, who keeps every tensor alive that a ``Walk`` points to.
    """

    def __init__(self, functions: ctypes.CDLL) -> None:
        structure = ctypes.POINTER(Walk)
        functions.workspace.restype = c_int64
        for name, arguments in (
            ("prepare", ()),
            ("choose", (c_void_p,)),
            ("move", ()),
            ("go", (c_void_p, c_int64)),
            ("evaluate", (c_void_p, c_int64, c_int64)),
        ):
            function = getattr(functions, name)
            function.argtypes = (structure, *arguments)
            function.restype = None
        self._functions = functions
        #: float32 numbers of a ``workspace``.
        self.workspace: int = functions.workspace()

    @classmethod
    def of(cls, derived: Derived, layered: Layered, table_limit: int) -> Library:
        """The library of an environment and of all policies with these sizes.

        Raises:
            NoNativeForm: It cannot be built here.
        """
        text = source(derived, layered, table_limit)
        return cls(load(text, Compiler.find()))

    def prepare(self, walk: Walk) -> None:
        """Pack the weights that ``tensors`` points to into the workspace."""
        self._functions.prepare(walk)

    def go(self, walk: Walk, noise: Tensor) -> None:
        """Take steps while there is noise, float32 [steps, rows, draws], and a row is alive."""
        self._functions.go(walk, noise.data_ptr(), noise.shape[0])

    def choose(self, walk: Walk, noise: Tensor) -> None:
        """Record one step up to its actions; noise float32 [rows, draws]."""
        self._functions.choose(walk, noise.data_ptr())

    def move(self, walk: Walk) -> None:
        """Take the recorded actions of the step that was chosen last."""
        self._functions.move(walk)

    def evaluate(self, walk: Walk, states: Tensor, at: int) -> None:
        """Keep, from row ``at`` on, what the layers keep at some states, int64 [n, W]."""
        self._functions.evaluate(walk, states.data_ptr(), states.shape[0], at)


def pointers(tensors: Sequence[Tensor | None]) -> ctypes.Array[c_void_p]:
    """Their addresses, null for None."""
    found = [None if tensor is None else tensor.data_ptr() for tensor in tensors]
    return (c_void_p * len(found))(*found)
