"""What is said about a program by the command of a page."""

from gflowspec.api import check
from gflowspec.compiler.externs.opening import open_doors
from gflowspec.compiler.report import below
from gflowspec.core.diagnostics import DiagnosticBag
from gflowspec.core.errors import SpecInvalid


def findings(path, flags=(), verb="check"):
    """The findings of ``check``, and of ``compile`` and ``run`` before they begin."""
    report = check(path, style="--style" in flags)
    bag = DiagnosticBag()
    bag.extend(report.diagnostics)
    for checked in report.instances:
        if verb == "run":
            bag.extend(below(checked.report, checked.instance.environment.span))
        elif verb == "compile":
            bag.extend(_of_functions(checked.instance))
    return bag.sorted()


def _of_functions(instance):
    """What is said before functions in Python are called."""
    try:
        open_doors(instance)
    except SpecInvalid as error:
        return error.diagnostics
    return ()
