"""Objectives that read the reward, or the end, of every state."""

from __future__ import annotations

from gflowspec.components.conflicts.case import Case, Findings, error, note
from gflowspec.components.needs import Estimate


def ends(case: Case) -> Findings:
    """A flow that is read off P_F(stop | s) needs a stop at every state."""
    facts, name = case.environment, case.config.objective.name
    if Estimate.LOG_PF_END not in case.objective.requires:
        return
    if facts.stops_everywhere and not facts.forces_ends:
        return
    why = "it has `terminal when`" if facts.forces_ends else "its `stop` has a condition"
    yield error(
        "GFS403",
        "objective",
        f"`{name}` reads the flow of a state off its reward and the probability of `stop`, but not "
        f"every state of this environment may stop: {why}",
        f"use `objective = {_PLAIN.get(name, 'db')}`, which learns the flow",
    )


#: Objectives that learn what these read off.
_PLAIN = {"modified_subtb": "subtb"}


def rewards(case: Case) -> Findings:
    """The reward is defined, and proved positive, at objects alone."""
    facts, name = case.environment, case.config.objective.name
    needed = case.objective.requires
    if Estimate.LOG_REWARDS not in needed:
        return
    if facts.stops_everywhere:
        yield note(
            "GFS403",
            "objective",
            f"`{name}` reads the reward at every state visited, not at the objects alone",
            ("what a reward costs is paid for each state of a trajectory",),
        )
    elif Estimate.LOG_PF_END not in needed:
        yield error(
            "GFS403",
            "objective",
            f"`{name}` reads the reward at every state, but states at which no trajectory can end "
            "have none",
            f"use `objective = {_PLAIN.get(name, 'db')}`, which reads it at objects alone",
        )
