"""The settings of an ``extern fn``: what may stand in its body."""

from __future__ import annotations

import attrs

from gflowspec.core.schema import Range, param


@attrs.frozen(kw_only=True)
class ExternSection:
    """The body of an ``extern fn``, besides ``weights = file(...)``."""

    python: str = param(type=str, doc="module and function, as in `package.module:function`")
    pure: bool = param(
        default=False, doc="whether equal arguments give equal results, so that these are kept"
    )
    batch: int | None = param(
        default=None,
        range=Range(1),
        type=int,
        optional=True,
        doc="objects at once: the function is given lists of arguments and gives a list of results",
    )
    timeout: float = param(
        default=60.0,
        range=Range(0, low_open=True),
        type="time",
        doc="time that a call, or a call with a batch, may take",
    )
    memory: int = param(
        default=8 * 2**30,
        range=Range(2**26),
        type="size",
        doc="memory that the process of the function may have",
    )
    on_error: str = param(
        default="fail",
        choices=("fail", "reject"),
        doc="what a call without a valid result means: the run fails, or R is `floor`",
    )
    memo: int = param(default=1_000_000, range=Range(1), doc="results of calls that are kept")
    device: str | None = param(
        default=None,
        choices=("auto", "cpu", "cuda"),
        optional=True,
        doc="given to the function as `device=`",
    )
