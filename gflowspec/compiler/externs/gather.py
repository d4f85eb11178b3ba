"""Evaluating many states with the interpreter while functions are called in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

from gflowspec.compiler.externs.door import ExternDoor, Pending
from gflowspec.ir.extern import Extern


def evaluated(
    value_of: Callable[[Any], Any], states: Sequence[Any], functions: Iterable[Extern]
) -> list[Any]:
    """``value_of`` for all states; pure functions are called for all of them together.

    A state is evaluated again once a result that it asked for is known: as often as it needs
    results that depend on each other, and once more.
    """
    doors = [f.door for f in functions if f.pure and isinstance(f.door, ExternDoor)]
    found: list[Any] = [None] * len(states)
    with ExitStack() as stack:
        for door in doors:
            stack.enter_context(door.gathering())
        waiting = list(range(len(states)))
        while waiting:
            still = []
            for place in waiting:
                try:
                    found[place] = value_of(states[place])
                except Pending:
                    still.append(place)
            if still:
                for door in doors:
                    door.make_calls()
            waiting = still
    return found
