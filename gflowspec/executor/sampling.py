"""Drawing actions from masked logits, with noise that is drawn ahead of the steps."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import torch
from torch import Generator, Tensor

from gflowspec.components.exploration.base import Exploration
from gflowspec.components.nets.heads import ILLEGAL, Head

#: From this many actions on, one uniform number a row is cheaper than noise for every action.
MANY_ACTIONS = 128

#: Steps whose noise is drawn at once.
CHUNK = 64


def _even(steps: int) -> int:
    """The size of equal chunks for so many steps."""
    chunks = -(-steps // CHUNK)
    return -(-steps // chunks)


class Sampler(ABC):
    """Draws the actions of one rollout.

    Args:
        head: The head that gives the logits of P_F.
        rows: Most rows of a step.
        horizon: Most steps, if known.
        generator: Source of the noise.
        exploration: The behaviour policy; None samples the policy itself.
        has_stop: Whether the last action is ``stop``.
    """

    def __init__(
        self,
        head: Head,
        *,
        rows: int,
        horizon: int | None,
        generator: Generator,
        exploration: Exploration | None,
        has_stop: bool,
    ) -> None:
        self._offset = head.offset()
        self._head = head.rows()
        self._illegal = self._offset.new_full((), ILLEGAL)
        self._never = self._offset.new_full((), -math.inf)
        self._lowest = torch.finfo(self._offset.dtype).min
        self._rows = rows
        self._chunk = CHUNK if horizon is None else _even(horizon + 1)
        self._generator = generator
        self._exploration = exploration
        self._has_stop = has_stop
        self._drawn = self._draw()
        self._noise = self._drawn.unbind(0)

    @abstractmethod
    def _draw(self) -> Tensor:
        """Noise of ``_chunk`` steps, for all rows each: [steps, rows, numbers of a row]."""

    @property
    @abstractmethod
    def noise_has_offset(self) -> bool:
        """Whether the noise contains the offset of the head."""

    @property
    def draws_ahead(self) -> bool:
        """Whether noise alone turns logits into actions, so that ``ahead`` says everything."""
        return self._exploration is None

    def ahead(self, step: int) -> tuple[Tensor, bool]:
        """Noise of the steps from ``step`` on, as far as it is drawn.

        Returns:
            float [steps, rows, numbers of a row], contiguous, and whether the one step of it
            explores: its actions then go through ``explore``.
        """
        return self._draw_for(step)[step % self._chunk :], False

    def explore(self, step: int, actions: Tensor, mask: Tensor) -> Tensor:
        """The actions of a step with those that explore; arguments as of ``choose``."""
        del step, mask
        return actions

    @abstractmethod
    def choose(self, step: int, hidden: Tensor, mask: Tensor) -> Tensor:
        """Actions int64 [n].

        Args:
            step: Steps taken before, counted from 0; steps come in order.
            hidden: Output of the trunk for n states.
            mask: bool [n, A], legal actions, at least one in each row.
        """

    def _at(self, step: int, rows: int) -> Tensor:
        """Noise of a step for its n rows; draws the next chunk when it is needed."""
        self._draw_for(step)
        noise = self._noise[step % self._chunk]
        return noise if rows == self._rows else noise[:rows]

    def _draw_for(self, step: int) -> Tensor:
        """The noise that a step is in."""
        if step % self._chunk == 0 and step:
            self._drawn = self._draw()
            self._noise = self._drawn.unbind(0)
        return self._drawn

    def _behaviour(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Logits [n, A] to sample from; at most ``ILLEGAL`` where illegal."""
        logits = self._head(hidden, self._offset.expand(mask.shape), mask)
        if self._exploration is None:
            return torch.where(mask, logits, self._illegal)
        return self._exploration.behaviour(logits, mask, has_stop=self._has_stop)


class GumbelSampler(Sampler):
    """argmax of logits plus Gumbel noise: few actions."""

    @property
    def noise_has_offset(self) -> bool:
        """True where it enters the head's product as its constant term."""
        return self._exploration is None

    def _draw(self) -> Tensor:
        shape = (self._chunk, self._rows, self._offset.shape[0])
        noise = self._offset.new_empty(shape).uniform_(generator=self._generator)
        # An exact 0 or 1 would be infinite noise: -inf is below the logit of an illegal action.
        limits = torch.finfo(noise.dtype)
        noise.clamp_(limits.tiny, 1 - limits.eps / 2)
        noise.log_().neg_().log_().neg_()
        return noise.add_(self._offset) if self.noise_has_offset else noise

    def choose(self, step: int, hidden: Tensor, mask: Tensor) -> Tensor:
        """See ``Sampler``."""
        noise = self._at(step, mask.shape[0])
        if self._exploration is None:
            noisy = self._head(hidden, noise, mask)
        else:
            noisy = self._behaviour(hidden, mask).add_(noise)
        # Whatever the logits are, a legal action wins: they are finite or NaN, which argmax
        # prefers. A policy that is not finite must not break the environment before its loss
        # says what is wrong.
        return torch.where(mask, noisy.clamp_(min=self._lowest), self._never).argmax(1)


class CumulativeSampler(Sampler):
    """Inverse of the cumulative distribution: many actions."""

    @property
    def noise_has_offset(self) -> bool:
        """False: the noise is one uniform number a row."""
        return False

    def _draw(self) -> Tensor:
        shape = (self._chunk, self._rows, 1)
        return self._offset.new_empty(shape).uniform_(generator=self._generator)

    def choose(self, step: int, hidden: Tensor, mask: Tensor) -> Tensor:
        """See ``Sampler``."""
        cumulative = self._behaviour(hidden, mask).softmax(1).cumsum(1)
        total = cumulative[:, -1:].contiguous()
        drawn = torch.searchsorted(cumulative, self._at(step, mask.shape[0]) * total, right=True)
        # Rounding can put the drawn number at the total: then the last possible action is meant.
        last = torch.searchsorted(cumulative, total)
        return _legal(torch.minimum(drawn, last).squeeze(1), mask)


def _legal(actions: Tensor, mask: Tensor) -> Tensor:
    """The actions, or a legal one in rows where NaN or infinite logits led to an illegal one.

    A policy that is not finite must not break the environment: its loss says what is wrong.
    """
    actions = actions.clamp_(max=mask.shape[1] - 1)
    allowed = mask.gather(1, actions.unsqueeze(1)).squeeze(1)
    return torch.where(allowed, actions, mask.int().argmax(1))


class MixtureSampler:
    """The policy's sampler, with the few steps that explore drawn beforehand.

    Args:
        policy: Samples the policy itself.
        exploration: Its ``rate`` is given.
        rate: That rate.
        rows: Most rows of a step.
        generator: Source of the noise.
        has_stop: Whether the last action is ``stop``.
    """

    def __init__(
        self,
        policy: Sampler,
        exploration: Exploration,
        *,
        rate: float,
        rows: int,
        generator: Generator,
        has_stop: bool,
    ) -> None:
        self._policy = policy
        self._exploration = exploration
        self._rate = rate
        self._rows = rows
        self._generator = generator
        self._has_stop = has_stop
        self._coins: Tensor = torch.empty(0)
        self._explores: list[bool] = []

    @property
    def noise_has_offset(self) -> bool:
        """See ``Sampler``."""
        return self._policy.noise_has_offset

    @property
    def draws_ahead(self) -> bool:
        """See ``Sampler``."""
        return self._policy.draws_ahead

    def choose(self, step: int, hidden: Tensor, mask: Tensor) -> Tensor:
        """See ``Sampler``."""
        actions = self._policy.choose(step, hidden, mask)
        self._toss_for(step)
        return self.explore(step, actions, mask)

    def ahead(self, step: int) -> tuple[Tensor, bool]:
        """See ``Sampler``; up to the next step that explores, or that step alone."""
        noise, _ = self._policy.ahead(step)
        self._toss_for(step)
        coming = self._explores[step % CHUNK :][: noise.shape[0]]
        plain = coming.index(True) if True in coming else len(coming)
        return (noise[:plain], False) if plain else (noise[:1], True)

    def explore(self, step: int, actions: Tensor, mask: Tensor) -> Tensor:
        """See ``Sampler``."""
        place = step % CHUNK
        if not self._explores[place]:
            return actions
        explored = self._exploration.explored(mask, has_stop=self._has_stop)
        noise = torch.empty(mask.shape, device=mask.device).uniform_(generator=self._generator)
        uniform = torch.where(explored, noise, noise.new_full((), -1.0)).argmax(1)
        return torch.where(self._coins[place, : mask.shape[0]] & explored.any(1), uniform, actions)

    def _toss_for(self, step: int) -> None:
        """Draw which rows of the next steps explore, when it is needed."""
        if step % CHUNK == 0:
            coins = torch.empty((CHUNK, self._rows), device=self._generator.device)
            self._coins = coins.uniform_(generator=self._generator) < self._rate
            self._explores = self._coins.any(1).tolist()


AnySampler = Sampler | MixtureSampler


def sampler_of(
    head: Head,
    *,
    rows: int,
    horizon: int | None,
    generator: Generator,
    exploration: Exploration | None,
    has_stop: bool,
) -> AnySampler:
    """The cheapest sampler for a head and a behaviour policy; arguments as of ``Sampler``."""
    many = head.offset().shape[0] >= MANY_ACTIONS
    kind: type[Sampler] = CumulativeSampler if many else GumbelSampler
    rate = None if exploration is None else exploration.rate
    sampler = kind(
        head,
        rows=rows,
        horizon=horizon,
        generator=generator,
        exploration=exploration if rate is None else None,
        has_stop=has_stop,
    )
    if exploration is None or rate is None:
        return sampler
    return MixtureSampler(
        sampler, exploration, rate=rate, rows=rows, generator=generator, has_stop=has_stop
    )
