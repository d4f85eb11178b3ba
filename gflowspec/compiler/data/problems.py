"""What is wrong with a data file: one builder for each finding; the place is added later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class DataProblem(Exception):
    """A data file that cannot be used.

    Attributes:
        code: ``GFSnnn``.
        message: The headline.
        notes: Facts.
        helps: What to do.
    """

    def __init__(
        self, code: str, message: str, notes: Iterable[str] = (), helps: Iterable[str] = ()
    ) -> None:
        self.code = code
        self.message = message
        self.notes = tuple(notes)
        self.helps = tuple(helps)
        super().__init__(message)


def unfit(message: str, *helps: str) -> DataProblem:
    """GFS203: the contents do not fit."""
    return DataProblem("GFS203", message, helps=helps)


def unreadable(name: str, reason: str) -> DataProblem:
    """GFS203: the bytes of the file are not to be had."""
    return DataProblem("GFS203", f"`{name}` cannot be read: {reason}")


def malformed(kind: str, reason: str) -> DataProblem:
    """GFS203: the file is not what its name says; ``kind`` is such as ``.npy file``."""
    return DataProblem("GFS203", f"this is no {kind} that can be read: {reason}")


def pickled(what: str) -> DataProblem:
    """GFS213."""
    return DataProblem(
        "GFS213",
        f"{what} holds Python objects, which are never read",
        notes=("unpickling runs code that the file chooses",),
        helps=("save numbers: as .npy or .npz of a numeric dtype, or as .csv or .json",),
    )


def too_many(count: int, limit: int) -> DataProblem:
    """GFS203: more numbers than a table may have."""
    return unfit(f"the table has {count:,} values; {limit:,} are allowed")


def too_many_in_all(limit: int) -> DataProblem:
    """GFS203: many tables, each of which would do."""
    return unfit(f"all tables together have more than {limit:,} values")


def no_member(what: str, name: str, known: Sequence[str]) -> DataProblem:
    """GFS203: ``what`` is ``array`` or ``column``."""
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return DataProblem(
        "GFS203", f"the file has no {what} `{name}`", notes=(f"it has: {shown or 'none'}",)
    )


def which_member(what: str, known: Sequence[str]) -> DataProblem:
    """GFS203: several arrays or columns, and none was named."""
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    helps = (f'name one: `{what} = "{known[0]}"`',) if known else ()
    return DataProblem(
        "GFS203",
        f"the file has {len(known):,} {what}s, and one is needed",
        notes=(f"it has: {shown or 'none'}",),
        helps=helps,
    )


def wrong_shape(found: str, declared: str) -> DataProblem:
    """GFS203."""
    return unfit(f"the file holds {found}, but {declared} is declared")


def wrong_value(place: str, shown: str, declared: str) -> DataProblem:
    """GFS203: one value does not fit its declared type; ``place`` is such as ``row 3``."""
    return unfit(f"the value at {place} is {shown}, which is not in `{declared}`")


def missing_keys(count: int, total: int, examples: Sequence[str]) -> DataProblem:
    """GFS212."""
    shown = ", ".join(examples) + (", ..." if count > len(examples) else "")
    return DataProblem(
        "GFS212",
        f"the table lacks {count:,} of {total:,} keys",
        notes=(f"missing: {shown}",),
        helps=("a `map` has a value for each key of its type",),
    )


def unknown_key(place: str, shown: str, declared: str) -> DataProblem:
    """GFS203: a key that the key type does not have."""
    return unfit(f"the key at {place} is {shown}, which is not in `{declared}`")


def repeated_key(place: str, shown: str) -> DataProblem:
    """GFS203."""
    return unfit(f"the key {shown} at {place} stands there a second time")
