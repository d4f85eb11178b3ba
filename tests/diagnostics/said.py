"""What is said about a program by the command of a page."""

from gflowspec.api import check
from gflowspec.compiler.report import below
from gflowspec.core.diagnostics import DiagnosticBag


def findings(path, flags=(), verb="check"):
    """The findings of ``check``, and of ``run`` before it trains."""
    report = check(path, style="--style" in flags)
    bag = DiagnosticBag()
    bag.extend(report.diagnostics)
    if verb == "run":
        for checked in report.instances:
            bag.extend(below(checked.report, checked.instance.environment.span))
    return bag.sorted()
