"""``gflowspec``: reads the command line, calls the verb, turns every outcome into an exit code."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Sequence
from itertools import pairwise
from typing import NoReturn

import click

from gflowspec.cli.answer import DONE, INTERNAL, INTERRUPTED, USAGE, Answer
from gflowspec.cli.output import Output
from gflowspec.cli.usage import unknown_word, usage
from gflowspec.cli.verbs import HOMES, Verbs
from gflowspec.core.diagnostics import Diagnostic
from gflowspec.core.errors import SpecInvalid, UsageError


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="gflowspec", message="%(prog)s %(version)s")
def gflowspec() -> None:
    """Declare, prove, train and track GFlowNets.

    SPEC is a file, or file.gfs:name if it has several experiments. RUN is a run id, the start of
    one (4 characters or more), the name of a run or experiment, or a directory.
    """


def entry() -> NoReturn:
    """The console script."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run a command and return its exit code; nothing but ``KeyboardInterrupt`` in tests escapes.

    Args:
        argv: The command line without the name of the program.
    """
    arguments = list(argv)
    output = Output(json=_wants_json(arguments))
    try:
        return _dispatch(arguments, output)
    except SpecInvalid as error:
        return output.answer(Answer(diagnostics=error.diagnostics))
    except UsageError as error:
        return output.answer(Answer(diagnostics=(error.diagnostic,)))
    except click.ClickException as error:
        return output.answer(Answer(diagnostics=(_from_click(error),), code=USAGE))
    except (KeyboardInterrupt, click.Abort):
        output.say("interrupted")
        return output.answer(Answer(code=INTERRUPTED))
    except Exception as error:
        from gflowspec.cli.crash import internal_error, write_report

        report = write_report(error, arguments)
        return output.answer(Answer(diagnostics=(internal_error(error, report),), code=INTERNAL))


def _dispatch(arguments: list[str], output: Output) -> int:
    if output.json and ({"--help", "-h", "--version"} & set(arguments)):
        return _help_in_json(arguments, output)
    code = gflowspec.main(arguments, prog_name="gflowspec", standalone_mode=False)
    return code if isinstance(code, int) else DONE


def _help_in_json(arguments: list[str], output: Output) -> int:
    # Groups have no --format of their own, and help does not depend on it.
    asked = [item for item in arguments if item not in {"--format", "json", "--format=json"}]
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        gflowspec.main(asked, prog_name="gflowspec", standalone_mode=False)
    return output.answer(Answer(payload={"text": text.getvalue()}))


def _wants_json(arguments: Sequence[str]) -> bool:
    """Whether JSON was asked for; needed before the command line is known to be right."""
    return any(
        first == "--format=json" or (first == "--format" and second == "json")
        for first, second in pairwise([*arguments, ""])
    )


def _from_click(error: click.ClickException) -> Diagnostic:
    if isinstance(error, click.NoSuchOption):
        context = error.ctx
        known = _flags(context.command) if context is not None else ()
        return unknown_word("flag", error.option_name, known)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return unknown_word("verb", error.command_name, HOMES)
    context = getattr(error, "ctx", None)
    path = "gflowspec" if context is None else context.command_path
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return usage("GFS600", f"{path} needs a verb", helps=[f"see: {path} --help"])
    message = error.format_message().rstrip(".")
    message = message[:1].lower() + message[1:]
    return usage("GFS600", message, helps=[f"see: {path} --help"])


def _flags(command: click.Command) -> tuple[str, ...]:
    return tuple(name for parameter in command.params for name in parameter.opts if name[0] == "-")
