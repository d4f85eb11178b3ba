"""Rollouts by a compiled library: the same decisions as the eager ones, given the same noise."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

import attrs
import torch
from torch import Tensor

from gflowspec.compiler.native.library import Library, Walk, pointers
from gflowspec.components.nets.heads import LinearHead
from gflowspec.core.errors import InternalError
from gflowspec.executor.record import Record

if TYPE_CHECKING:
    from gflowspec.compiler.environment import Environment
    from gflowspec.components.nets.networks import Networks
    from gflowspec.executor.sampling import AnySampler

#: Bytes that the pages of a record are planned to have at most.
PAGE = 1 << 26


def native_rollout(
    library: Library,
    environment: Environment,
    networks: Networks,
    size: int,
    *,
    sampler: AnySampler,
    keep: bool,
) -> Record:
    """Sample ``size`` complete trajectories.

    Args:
        library: Built for this environment and networks of these sizes.
        environment: Where.
        networks: Its ``forward`` head is the policy.
        size: B, at least 1.
        sampler: Draws the noise; it ``draws_ahead``.
        keep: Whether to keep what the trunk computed.

    Raises:
        SpecInvalid: A dead end was met that no proof excludes (GFS503).
    """
    walker = _Walker(library, environment, size, horizon=environment.sizes.horizon)
    walker.read(networks, biased=not sampler.noise_has_offset, keep=keep)
    step = 0
    while walker.alive:
        noise, explores = sampler.ahead(step)
        noise = walker.make_room(noise, step)
        if explores:
            actions, masks = walker.choose(noise)
            actions.copy_(sampler.explore(step, actions, masks))
            walker.move()
            step += 1
        else:
            step += walker.go(noise)
    return walker.record()


@attrs.define(kw_only=True, eq=False)
class _Page:
    """Buffers for the rows of some steps; how many of them are used is known afterwards."""

    counts: Tensor
    states: Tensor
    trajectory: Tensor
    actions: Tensor
    masks: Tensor
    kept: tuple[Tensor, ...]


class _Walker:
    """The memory of one rollout, and its calls of the library."""

    def __init__(
        self, library: Library, environment: Environment, size: int, *, horizon: int | None
    ) -> None:
        source = environment.source(size).clone(memory_format=torch.contiguous_format)
        self._library = library
        self._environment = environment
        self._size, self._horizon = size, horizon
        self._shapes = (source.shape[1], environment.sizes.forward_actions)
        self._current = (source, torch.arange(size))
        self._forced = (torch.empty_like(source), torch.empty(size, dtype=torch.int64))
        self._workspace = torch.empty(library.workspace)
        self._walk = Walk(alive=size, workspace=self._workspace.data_ptr())
        self._walk.current, self._walk.current_trajectory = _addresses(self._current)
        self._walk.forced_states, self._walk.forced_trajectory = _addresses(self._forced)
        self._widths: tuple[int, ...] = ()
        self._pages: list[_Page] = []
        self._used: list[tuple[int, int]] = []
        self._room = (0, 0)

    @property
    def alive(self) -> int:
        """Trajectories that go on."""
        return int(self._walk.alive)

    def read(self, networks: Networks, *, biased: bool, keep: bool) -> None:
        """Take the parameters of the policy as they are now."""
        layered, head = networks.trunk("forward").layered(), networks.head("forward")
        assert layered is not None
        assert isinstance(head, LinearHead)
        bias = head.bias.detach() if biased else None
        tensors = pointers((*layered.tensors, head.weight.detach(), bias))
        self._walk.tensors = ctypes.addressof(tensors)
        self._library.prepare(self._walk)
        # The first layer alone is read where it stands.
        self._parameters = (layered, tensors)
        self._widths = layered.widths if keep else ()

    def make_room(self, noise: Tensor, step: int) -> Tensor:
        """Let the page take all rows of the steps that the noise is for; as much as it takes."""
        walk, alive = self._walk, self.alive
        walk.noisy, walk.draws = noise.shape[1:]
        expected = noise.shape[0] if self._horizon is None else max(1, self._horizon + 1 - step)
        steps = min(noise.shape[0], expected)
        rows = walk.recorded + alive * steps
        if rows > self._room[0] or walk.steps + steps > self._room[1]:
            self._close_page()
            row_bytes = 8 * self._shapes[0] + 16 + self._shapes[1] + 4 * sum(self._widths)
            planned = max(steps, min(expected, PAGE // (row_bytes * alive)))
            self._open_page(alive * planned, planned)
        return noise[:steps]

    def _open_page(self, rows: int, steps: int) -> None:
        """A new page; besides the rows it has room for the states of forced ends."""
        width, actions = self._shapes
        whole = rows + self._size
        page = _Page(
            counts=torch.empty(steps, dtype=torch.int64),
            states=torch.empty((whole, width), dtype=torch.int64),
            trajectory=torch.empty(whole, dtype=torch.int64),
            actions=torch.empty(whole, dtype=torch.int64),
            masks=torch.empty((whole, actions), dtype=torch.bool),
            kept=tuple(torch.empty((whole, columns)) for columns in self._widths),
        )
        walk = self._walk
        for name in ("counts", "states", "trajectory", "actions", "masks"):
            setattr(walk, name, getattr(page, name).data_ptr())
        self._kept = pointers(page.kept)
        walk.kept = ctypes.addressof(self._kept) if page.kept else None
        walk.recorded = walk.steps = 0
        self._pages.append(page)
        self._room = (rows, steps)

    def _close_page(self) -> None:
        if self._pages:
            self._used.append((int(self._walk.recorded), int(self._walk.steps)))

    def go(self, noise: Tensor) -> int:
        """Take steps while there is noise and a row is alive; how many."""
        before = self._walk.steps
        self._library.go(self._walk, noise)
        self._refuse_dead_end()
        return int(self._walk.steps - before)

    def choose(self, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Actions and masks of the next step, which may be changed before ``move``."""
        self._library.choose(self._walk, noise)
        self._refuse_dead_end()
        rows = slice(self._walk.recorded, self._walk.recorded + self._walk.alive)
        return self._pages[-1].actions[rows], self._pages[-1].masks[rows]

    def move(self) -> None:
        """Take the step that was chosen."""
        self._library.move(self._walk)

    def _refuse_dead_end(self) -> None:
        """Raise if a row has no legal action: the environment may know more to say."""
        if self._walk.stuck:
            row = int(self._walk.stuck) - 1
            self._environment.forward_mask(self._pages[-1].states[row : row + 1])
            message = "no action is legal in a state that a rollout met"
            raise InternalError(message)

    def record(self) -> Record:
        """Everything, when no trajectory goes on."""
        forced = int(self._walk.forced)
        states, owners = (part[:forced] for part in self._forced)
        if self._widths and forced:
            self._library.evaluate(self._walk, states, int(self._walk.recorded))
        self._close_page()
        rows = [count for count, _ in self._used]
        kept = [*rows[:-1], rows[-1] + forced]
        counts = _joined([page.counts for page in self._pages], [steps for _, steps in self._used])
        return Record(
            size=self._size,
            counts=tuple(counts.tolist()),
            states=_joined([page.states for page in self._pages], rows),
            trajectory=_joined([page.trajectory for page in self._pages], rows),
            actions=_joined([page.actions for page in self._pages], rows),
            masks=_joined([page.masks for page in self._pages], rows),
            kept=tuple(
                _joined([page.kept[layer] for page in self._pages], kept)
                for layer in range(len(self._widths))
            ),
            forced_states=states,
            forced_trajectory=owners,
        )


def _addresses(tensors: tuple[Tensor, Tensor]) -> tuple[int, int]:
    return tensors[0].data_ptr(), tensors[1].data_ptr()


def _joined(parts: list[Tensor], counts: list[int]) -> Tensor:
    """The used rows of all pages."""
    used = [part[:count] for part, count in zip(parts, counts, strict=True)]
    return used[0] if len(used) == 1 else torch.cat(used)
