"""Opening doors: the one place where functions of the user are allowed to run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from gflowspec.compiler.externs import messages
from gflowspec.compiler.externs.door import ExternDoor
from gflowspec.compiler.externs.locate import Located
from gflowspec.compiler.externs.trust import is_trusted
from gflowspec.core.errors import SpecInvalid
from gflowspec.ir.environment import Environment
from gflowspec.ir.expr import Const, Expr
from gflowspec.ir.extern import Extern, calls_of, externs_of
from gflowspec.ir.reward import Reward


class Instance(Protocol):
    """An environment with its rewards."""

    @property
    def environment(self) -> Environment:
        """The environment."""

    @property
    def rewards(self) -> tuple[Reward, ...]:
        """Rewards over it."""


def open_doors(instance: Instance, granted: Iterable[str] = (), path: str = "SPEC") -> None:
    """Allow the functions that an instance calls to run.

    Args:
        instance: Environment and rewards.
        granted: Hashes of files that are trusted for this command.
        path: The specification, for messages.

    Raises:
        SpecInvalid: One of them is not trusted (GFS218), or cannot be called (GFS201, GFS214);
            none was opened.
    """
    exprs = list(_expressions(instance))
    doors = [door for door in (f.door for f in externs_of(exprs)) if isinstance(door, ExternDoor)]
    obstacles = [door.obstacle for door in doors if door.obstacle is not None]
    if obstacles:
        raise SpecInvalid(obstacles)
    known = tuple(granted)
    refused = [
        (door.span, door.name, door.located)
        for door in doors
        if door.located is not None and not is_trusted(door.located, known)
    ]
    if refused:
        raise SpecInvalid(messages.not_trusted(refused, path))
    for function in externs_of(exprs):
        if isinstance(function.door, ExternDoor):
            function.door.open(_shared(function, exprs))


def loose_files(instance: Instance) -> Iterator[Located]:
    """Modules that stand beside the specification."""
    for function in externs_of(_expressions(instance)):
        door = function.door
        if isinstance(door, ExternDoor) and door.located is not None and door.located.loose:
            yield door.located


def _expressions(instance: Instance) -> Iterator[Expr | None]:
    environment = instance.environment
    yield environment.object
    yield from environment.lets.values()
    for reward in instance.rewards:
        yield from (reward.value, reward.log_value, reward.mode)
        yield from reward.lets.values()


def _shared(function: Extern, exprs: Iterable[Expr | None]) -> dict[int, Any]:
    """Arguments that are one constant in all calls of a function, by position."""
    calls = [call for call in calls_of(exprs) if call.function is function]
    found = {}
    for place in range(len(function.parameters)):
        given = [call.arguments[place] for call in calls]
        if isinstance(given[0], Const) and all(item == given[0] for item in given):
            found[place] = given[0].value
    return found
