"""What the compiler derives from the forward actions.

All expressions read one state: ``forward_mask`` and ``stores`` the pre-state s, ``backward_mask``,
``payloads`` and ``undo`` the child s'. Binders occur as ``Bound``. Interpreter and tensor program
execute these expressions independently of each other.
"""

from __future__ import annotations

from enum import Enum

import attrs

from gflowspec.core.frozen import Frozen
from gflowspec.core.types import Type
from gflowspec.ir.environment import Action, Binder, Environment
from gflowspec.ir.expr import Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Store(Frozen):
    """``variable[indices] = value``; all stores of a transition happen at once."""

    variable: str
    indices: tuple[Expr, ...]
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Payload(Frozen):
    """A binder that is stored by the action and so can be read off the child.

    ``value`` is over the child and the addresses; where ``backward_mask`` holds it is in the
    carrier of ``binder``.
    """

    binder: Binder
    value: Expr


@attrs.frozen(kw_only=True, eq=False, repr=False)
class DerivedAction(Frozen):
    """An action with its inverse.

    Attributes:
        action: The forward action.
        addresses: Binders that locate; they alone index the backward action.
        payloads: Binders that are stored.
        forward_mask: implied(s) and not terminal(s) and guard(s), over all binders.
        stores: The effects, as simultaneous stores over s.
        backward_mask: B_a(s', addresses), already simplified where the three conditions hold.
        undo: The inverse, as simultaneous stores over s' and addresses (recovery order resolved
            by substitution).
        simplified: Whether ``backward_mask`` was reduced to "the thing to remove is there",
            or enough of it.
        blocked_by: The conjunct that prevented the simplification, as text; empty otherwise.
    """

    action: Action
    addresses: tuple[Binder, ...]
    payloads: tuple[Payload, ...]
    forward_mask: Expr
    stores: tuple[Store, ...]
    backward_mask: Expr
    undo: tuple[Store, ...]
    simplified: bool = False
    blocked_by: str = ""


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Measure(Frozen):
    """A linear rank: sum of ``weights[i] * terms[i]`` with integer weights.

    ``terms`` are int-typed expressions over the state, such as the sum of an array or the number
    of filled slots.
    """

    terms: tuple[Expr, ...]
    weights: tuple[int, ...]


class Place(Enum):
    """What a location is within the declared type of its variable.

    ``SCALAR``: the whole variable. ``ENTRY``: an entry of an array, of slots perhaps.
    ``POSITION``: of a sequence; code 0 is behind its end. ``MEMBER``: of a set, or an edge of a
    digraph; code 0 where it is not there.
    """

    SCALAR = "scalar"
    ENTRY = "entry"
    POSITION = "position"
    MEMBER = "member"


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Field(Frozen):
    """One scalar location of the state in its encoded form.

    Attributes:
        variable: State variable it belongs to.
        offset: Index of the location within the variable, row-major; 0 for a scalar.
        type: Type of the location (an element type for arrays).
        size: Number of codes; 1 where the location holds one value only. Codes are 0-based:
            int[a..b] has value - a; bool 0 and 1; an enum
            its position; a slot 0 for ``empty`` and 1 + code of the element otherwise.
        place: What the location is; the codes are the same whatever it is.
    """

    variable: str
    offset: int
    type: Type
    size: int
    place: Place = Place.SCALAR


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Codec(Frozen):
    """The state as a row of integer codes: field j is column j of the state tensor."""

    fields: tuple[Field, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return len(self.fields)

    @property
    def one_hot_width(self) -> int:
        """Length of the one-hot feature vector."""
        return sum(field.size for field in self.fields)


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Sizes(Frozen):
    """Counts that are known before any state is visited.

    Attributes:
        states_upper: Product of the numbers of values of the declared types.
        forward_actions: Size of the forward index set, ``stop`` included.
        backward_actions: Size of the backward index set.
        horizon: Bound on the number of actions, ``stop`` not counted; None without a rank.
    """

    states_upper: int
    forward_actions: int
    backward_actions: int
    horizon: int | None


@attrs.frozen(kw_only=True, eq=False, repr=False)
class Derived(Frozen):
    """Everything that is derived from an environment without visiting states.

    The forward index set lists the actions in declaration order, each with its binders varying
    last fastest, then ``stop`` if there is one. The backward index set likewise, over addresses.
    """

    environment: Environment
    actions: tuple[DerivedAction, ...]
    terminal: Expr
    stop_mask: Expr | None
    rank: Measure | None
    codec: Codec
    sizes: Sizes
