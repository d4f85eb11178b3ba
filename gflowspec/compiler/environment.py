"""The public environment: states as tensors, moves as pure functions of them."""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from gflowspec.compiler.externs.gather import evaluated
from gflowspec.compiler.tensor.codes import decode_states, encode_states
from gflowspec.compiler.tensor.enumeration import enumerate_states
from gflowspec.compiler.tensor.features import Features
from gflowspec.compiler.tensor.keys import Keys
from gflowspec.compiler.tensor.messages import too_wide
from gflowspec.core.errors import InternalError
from gflowspec.core.source import Span
from gflowspec.core.values import plain
from gflowspec.ir.derived import Codec, Derived, Sizes
from gflowspec.ir.expr import Expr
from gflowspec.ir.extern import externs_of
from gflowspec.ir.reward import Reward
from gflowspec.semantics.evaluate import evaluate
from gflowspec.semantics.machine import Machine, machine
from gflowspec.semantics.values import call_text, plain_state

if TYPE_CHECKING:
    from gflowspec.components.contracts import StateTable

TABLE_LIMIT = 65_536
EDGE_LIMIT = 20_000_000
#: Columns of one-hot features; proofs know no such limit.
MOST_VALUES = 10_000_000


class Environment(metaclass=ABCMeta):
    """An environment with a reward, for any training loop.

    A batch of states is an int64 tensor [B, W] of codes (``codec``). All methods are pure: none
    changes its arguments, looks at the values of a tensor from Python, or depends on the other
    rows of a batch. They work under ``no_grad`` and ``inference_mode``.

    Actions are flat indices. Forward, 0 .. A_f - 1: the actions in declaration order, each with
    its binders varying last fastest, then ``stop`` if the environment declares it. Backward,
    0 .. A_b - 1: the same over the addresses of each action, without ``stop``.

    ``step`` and ``backward_step`` expect actions that the masks allow; what they return for
    others may be no state at all. What methods return is not to be written to.

    Attributes:
        derived: What was derived from the specification.
        reward: The reward.
        device: Where tensors are.
    """

    def __init__(self, derived: Derived, reward: Reward, device: torch.device) -> None:
        if derived.codec.one_hot_width > MOST_VALUES:
            raise too_wide(derived.environment, derived.codec.one_hot_width, MOST_VALUES)
        self.derived = derived
        self.reward = reward
        self.device = device
        self._features = Features(derived.codec, device)
        self._keys = Keys(derived.codec, device)
        initial = tuple(variable.initial for variable in derived.environment.state)
        self._source = self.encode([initial])

    @staticmethod
    def of(
        derived: Derived,
        reward: Reward,
        *,
        table_limit: int = TABLE_LIMIT,
        device: str | torch.device = "cpu",
        backend: Literal["tensor", "watched", "reference"] = "tensor",
    ) -> Environment:
        """An environment that runs.

        Args:
            derived: The derived environment.
            reward: A reward for it.
            table_limit: Most entries of a compile-time table (``compile.table_limit``).
            device: Device of all tensors.
            backend: ``tensor`` for compiled tensor programs, ``watched`` for the same where dead
                ends were not excluded by proof, ``reference`` for the interpreter that defines
                the language: slow, one state at a time, the same results.

        Raises:
            SpecInvalid: If an expression has no tensor form (GFS141), or locations have too many
                values (GFS131).
        """
        # The implementations extend this class.
        if backend == "reference":
            from gflowspec.compiler.reference_environment import (  # noqa: PLC0415 - see above
                ReferenceEnvironment,
            )

            return ReferenceEnvironment(derived, reward, torch.device(device))
        from gflowspec.compiler.tensor_environment import (  # noqa: PLC0415 - see above
            TensorEnvironment,
        )
        from gflowspec.compiler.watched_environment import (  # noqa: PLC0415 - see above
            WatchedEnvironment,
        )

        kind = WatchedEnvironment if backend == "watched" else TensorEnvironment
        return kind(derived, reward, torch.device(device), table_limit)

    @property
    def float_comparisons(self) -> tuple[Span | None, ...]:
        """Comparisons of guards, ends and modes that had to be made in float64.

        Their truth may differ from that of exact arithmetic where two sides are nearly equal.
        """
        return ()

    # Sizes and names

    @property
    def codec(self) -> Codec:
        """What the columns of a state batch are."""
        return self.derived.codec

    @property
    def sizes(self) -> Sizes:
        """Counts that are known before any state is visited."""
        return self.derived.sizes

    @property
    def has_stop(self) -> bool:
        """Whether the last forward action is ``stop``."""
        return self.derived.stop_mask is not None

    @property
    def stop_action(self) -> int | None:
        """Flat index of ``stop``."""
        return self.sizes.forward_actions - 1 if self.has_stop else None

    def action_name(self, action: int) -> str:
        """A forward action as text: ``write(p=0, v=3)`` or ``stop``."""
        if action == self.stop_action:
            return "stop"
        return self._name(action, backward=False)

    def backward_name(self, action: int) -> str:
        """A backward action as text; its arguments are the addresses."""
        return self._name(action, backward=True)

    def _name(self, index: int, *, backward: bool) -> str:
        for action in self._machine.actions:
            bindings = action.backward if backward else action.forward
            place = index - bindings.first
            if 0 <= place < len(bindings):
                arguments = bindings.arguments[place]
                return call_text(self.derived.environment, action.name, arguments)
        message = f"there is no action {index}"
        raise IndexError(message)

    @property
    def _machine(self) -> Machine:
        return machine(self.derived)

    # States

    def source(self, n: int) -> Tensor:
        """N copies of s_0, int64 [n, W]; not to be written to."""
        return self._source.expand(n, -1)

    def encode(self, states: Iterable[Sequence[Any]]) -> Tensor:
        """Rows of codes, int64 [B, W], from tuples of the values of the state variables."""
        return encode_states(states, self.derived.environment, self.codec).to(self.device)

    def decode(self, states: Tensor) -> tuple[tuple[Any, ...], ...]:
        """Tuples of the values of the state variables, as the interpreter holds them."""
        return decode_states(states, self.derived.environment, self.codec)

    def objects(self, states: Tensor) -> list[Any]:
        """What was sampled, as plain Python values.

        The value of ``object`` where it is declared, else a mapping of variables to values.
        """
        environment = self.derived.environment
        decoded = self.decode(states)
        if environment.object is None:
            return [dict(plain_state(environment, state)) for state in decoded]
        made, kind = environment.object, environment.object.type
        values = evaluated(
            lambda state: evaluate(made, environment, state), decoded, externs_of((made,))
        )
        return [plain(value, kind) for value in values]

    def state_index(self, states: Tensor) -> Tensor:
        """An integer for each state, int64 [B].

        The mixed-radix number of its codes where ``sizes.states_upper`` is below 2^62, else a
        64-bit hash.
        """
        return self._keys(states)

    def enumerate(self, limit: int, edge_limit: int = EDGE_LIMIT) -> StateTable:
        """All reachable states in rank order, and all edges.

        Raises:
            TooManyStates: If there are more than ``limit`` states or ``edge_limit`` edges.
        """
        return enumerate_states(self, limit, edge_limit)

    # Features

    def features(
        self, states: Tensor, kind: Literal["one_hot", "ordinal", "thermometer"] = "one_hot"
    ) -> Tensor:
        """Codes as network inputs, float [B, F].

        ``one_hot``: a block of ``size`` places for each field; ``ordinal``: code / (size - 1);
        ``thermometer``: size - 1 places for each field, 1 below the code.
        """
        match kind:
            case "one_hot":
                return self._features.one_hot(states)
            case "ordinal":
                return self._features.ordinal(states)
            case "thermometer":
                return self._features.thermometer(states)
        message = f"there are no features `{kind}`"
        raise InternalError(message)

    def feature_index(self, states: Tensor) -> Tensor:
        """Places of the ones in the one-hot vector, int64 [B, W]: offset_j + code_j.

        A first linear layer on ``one_hot`` features is the sum of the rows of its transposed
        weight at these places.
        """
        return self._features.index(states)

    # Moves

    @abstractmethod
    def forward_mask(self, states: Tensor) -> Tensor:
        """Which forward actions are legal, bool [B, A_f]; the last column is ``stop``."""

    @abstractmethod
    def step(self, states: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Takes forward actions, int64 [B].

        Returns:
            The states after, int64 [B, W] (a row that stops keeps its state), and bool [B]: the
            trajectory is over, by ``stop`` or because a terminal state was entered.
        """

    @abstractmethod
    def backward_mask(self, states: Tensor) -> Tensor:
        """Which backward actions are legal, bool [B, A_b]; none at the source."""

    @abstractmethod
    def backward_step(self, states: Tensor, actions: Tensor) -> Tensor:
        """The parents that backward actions, int64 [B], lead to: int64 [B, W]."""

    @abstractmethod
    def backward_of(self, states: Tensor, actions: Tensor) -> Tensor:
        """The backward action that undoes each forward action, int64 [B]; -1 for ``stop``.

        Args:
            states: The states that the actions leave, int64 [B, W].
            actions: Forward actions, int64 [B].
        """

    @abstractmethod
    def forward_of(self, children: Tensor, actions: Tensor) -> Tensor:
        """The forward action that each backward action undoes, int64 [B].

        Args:
            children: The states that the actions leave, int64 [B, W]; payloads are read there.
            actions: Backward actions, int64 [B].
        """

    @abstractmethod
    def is_terminal(self, states: Tensor) -> Tensor:
        """Where entering the state ends the trajectory (``terminal when``), bool [B]."""

    @abstractmethod
    def can_stop(self, states: Tensor) -> Tensor:
        """Where ``stop`` is legal, bool [B]."""

    @abstractmethod
    def log_reward(self, states: Tensor) -> Tensor:
        """Log target = beta * max(log R, log floor), float64 [B].

        Means something in terminating states only.
        """

    @abstractmethod
    def is_mode(self, states: Tensor) -> Tensor:
        """Where ``mode when`` of the reward holds, bool [B]; False without one."""

    @abstractmethod
    def evaluate(self, expr: Expr, states: Tensor) -> Tensor:
        """An expression over the state, such as a ``let``: bool, int64 or float64 [B, ...]."""
