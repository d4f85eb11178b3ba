"""The verbs of the command line; each is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

#: Module of ``gflowspec.cli`` and name in it of each command.
HOMES: Mapping[str, tuple[str, str]] = {
    "check": ("check", "check"),
    "compare": ("compare", "compare"),
    "compile": ("compile", "compile_"),
    "data": ("data", "data"),
    "diff": ("diff", "diff"),
    "docs": ("docs", "docs"),
    "explain": ("explain", "explain"),
    "fix": ("fix", "fix"),
    "fmt": ("fmt", "fmt"),
    "graph": ("graph", "graph"),
    "ls": ("project", "ls"),
    "new": ("new", "new"),
    "plan": ("plan", "plan"),
    "report": ("report", "report"),
    "resume": ("run", "resume"),
    "run": ("run", "run"),
    "runs": ("project", "runs"),
    "sample": ("sample", "sample"),
    "show": ("project", "show"),
    "step": ("step", "step"),
    "sweep": ("sweep", "sweep"),
    "trust": ("trust", "trust"),
    "sync": ("project", "sync"),
    "ui": ("project", "ui"),
}


class Verbs(click.Group):
    """A group whose commands are loaded one by one: ``check`` does not import ``run``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in alphabetical order."""
        return sorted(HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb; None if there is no such verb."""
        return command_of(cmd_name) if cmd_name in HOMES else None


def command_of(verb: str) -> click.Command:
    """The command of a verb that exists."""
    module, name = HOMES[verb]
    command: click.Command = getattr(import_module(f"gflowspec.cli.{module}"), name)
    return command


def all_commands() -> dict[str, click.Command]:
    """Every command by its verb."""
    return {verb: command_of(verb) for verb in HOMES}
