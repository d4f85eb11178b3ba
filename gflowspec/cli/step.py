"""``gflowspec step``: walk through an environment by hand, forwards and backwards."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs
import click

from gflowspec.cli.answer import Answer
from gflowspec.cli.options import settings, verb
from gflowspec.cli.output import Output
from gflowspec.cli.usage import usage
from gflowspec.core.errors import UsageError

if TYPE_CHECKING:
    from gflowspec.compiler.front import Checked


@attrs.frozen(kw_only=True)
class Walk:
    """A place in an environment.

    Attributes:
        checked: The environment, derived.
        state: Where the walk is.
        stopped: Whether `stop` was taken here.
    """

    checked: Checked
    state: tuple[Any, ...]
    stopped: bool = False

    def done(self, text: str) -> Walk:
        """After the forward action that ``text`` names; ``stop`` ends the walk here."""
        from gflowspec.cli.states import find_step
        from gflowspec.semantics.masks import can_stop
        from gflowspec.semantics.transition import successors

        derived = self.checked.derived
        if self.stopped:
            raise UsageError(usage("GFS600", "the walk has stopped; no action is left"))
        if text.strip() in {"stop", "stop()"} and can_stop(derived, self.state):
            return attrs.evolve(self, stopped=True)
        step = find_step(derived.environment, text, successors(derived, self.state))
        return attrs.evolve(self, state=step.state)

    def undone(self, text: str) -> Walk:
        """After the backward action that ``text`` names; undoing ``stop`` resumes the walk."""
        from gflowspec.cli.states import find_step
        from gflowspec.semantics.transition import parents

        derived = self.checked.derived
        if self.stopped:
            if text.strip() in {"stop", "stop()"}:
                return attrs.evolve(self, stopped=False)
            raise UsageError(usage("GFS600", "only `stop` can be undone here"))
        step = find_step(derived.environment, text, parents(derived, self.state))
        return attrs.evolve(self, state=step.state)

    def payload(self) -> dict[str, Any]:
        """The JSON answer."""
        from gflowspec.semantics.masks import can_stop, is_terminal
        from gflowspec.semantics.transition import parents, successors
        from gflowspec.semantics.values import plain_arguments, plain_state

        derived = self.checked.derived
        environment = derived.environment
        ended = self.stopped or is_terminal(derived, self.state)
        forward = () if ended else successors(derived, self.state)
        backward = () if self.stopped else parents(derived, self.state)
        return {
            "state": plain_state(environment, self.state),
            "terminal": ended,
            "rank": self._rank(),
            "forward": [
                {
                    "action": step.action,
                    "arguments": plain_arguments(environment, step.action, step.arguments),
                }
                for step in forward
            ],
            "can_stop": not ended and can_stop(derived, self.state),
            "backward": [
                {
                    "action": step.action,
                    "arguments": plain_arguments(environment, step.action, step.arguments),
                    "parent": plain_state(environment, step.state),
                }
                for step in backward
            ],
            "log_reward": self._log_reward(),
        }

    def text(self) -> str:
        """What a person sees."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        from gflowspec.semantics.values import state_text

        seen = self.payload()
        environment = self.checked.derived.environment
        rank = "" if seen["rank"] is None else f"   (rank {seen['rank']})"
        yield f"state     {state_text(environment, self.state)}{rank}"
        forward = [_call(item) for item in seen["forward"]] + ["stop"] * seen["can_stop"]
        if seen["terminal"]:
            yield "the trajectory ends here"
        else:
            yield f"forward   {'  '.join(forward) or 'no action is possible'}"
        backward = ["stop"] if self.stopped else [_call(item) for item in seen["backward"]]
        yield f"backward  {'  '.join(backward) or 'none: this is the source'}"
        if seen["log_reward"] is not None:
            value = seen["log_reward"]
            yield f"log R     {value:.6g}   (R = {math.exp(value):.6g})"

    def _rank(self) -> int | None:
        from gflowspec.semantics.evaluate import evaluate

        derived = self.checked.derived
        if derived.rank is None:
            return None
        values = [
            evaluate(term, derived.environment, self.state, {}) for term in derived.rank.terms
        ]
        return sum(w * int(v) for w, v in zip(derived.rank.weights, values, strict=True))

    def _log_reward(self) -> float | None:
        from gflowspec.semantics.errors import EvaluationError
        from gflowspec.semantics.masks import is_terminating
        from gflowspec.semantics.reward import log_reward

        rewards = self.checked.instance.rewards
        derived = self.checked.derived
        if not rewards or not (self.stopped or is_terminating(derived, self.state)):
            return None
        try:
            return log_reward(rewards[0], derived.environment, self.state)
        except EvaluationError:
            return None  # data is missing, or it calls Python, which only runs do


def _call(item: Mapping[str, Any]) -> str:
    arguments = ", ".join(f"{name}={_plain(value)}" for name, value in item["arguments"].items())
    return f"{item['action']}({arguments})"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "empty" if value is None else str(value)


@click.command("step")
@click.argument("spec")
@settings
@click.option("--do", "do", multiple=True, metavar="ACTION", help='Take an action: "step(i=0)".')
@click.option("--undo", multiple=True, metavar="ACTION", help="Undo one, after every --do.")
@click.option("--state", default=None, metavar="JSON", help="Begin in this state.")
@verb
def step(
    output: Output,
    spec: str,
    settings: tuple[str, ...],
    do: tuple[str, ...],
    undo: tuple[str, ...],
    state: str | None,
) -> Answer:
    """Walk through an environment; interactive without --do, --undo and --state."""
    from gflowspec.cli.specs import instance
    from gflowspec.cli.states import read_state
    from gflowspec.semantics.machine import source

    target = instance(spec, settings)
    environment = target.checked.derived.environment
    start = source(environment) if state is None else read_state(environment, state)
    walk = Walk(checked=target.checked, state=start)
    for text in do:
        walk = walk.done(text)
    for text in undo:
        walk = walk.undone(text)
    if not (do or undo or state or output.json):
        walk = _interactive(walk, output)
    return Answer(payload=walk.payload(), text=walk.text(), diagnostics=target.diagnostics)


def _interactive(walk: Walk, output: Output) -> Walk:
    output.say("type an action, `undo ACTION`, or `quit`")
    while True:
        output.say(walk.text())
        try:
            line = input("> ").strip()
        except EOFError:
            return walk
        if line in {"q", "quit", "exit"}:
            return walk
        if not line:
            continue
        try:
            walk = walk.undone(line[5:]) if line.startswith("undo ") else walk.done(line)
        except UsageError as error:
            output.findings([error.diagnostic])
