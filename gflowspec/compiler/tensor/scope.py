"""Bound variables of a program: each is a dimension, or a number given for each row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import torch

from gflowspec.compiler.tensor.builder import Builder, Register
from gflowspec.compiler.tensor.constants import encode
from gflowspec.compiler.tensor.program import Op
from gflowspec.compiler.tensor.values import Kind, Value
from gflowspec.core.errors import InternalError
from gflowspec.core.types import Type


@attrs.frozen(eq=False)
class Variable:
    """A bound variable.

    Attributes:
        value: What it stands for.
        position: The place of its value in ``domain``.
        domain: All values it can have, or None if they are not known one by one.
    """

    value: Value
    position: Value
    domain: tuple[Any, ...] | None


class Scope:
    """The bound variables at one point of an expression.

    Attributes:
        depth: Number of variables that are dimensions.
    """

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._variables: dict[str, Variable] = {}
        self.depth = 0

    def __getitem__(self, name: str) -> Variable:
        if name not in self._variables:
            message = f"`{name}` is not bound here"
            raise InternalError(message)
        return self._variables[name]

    def __contains__(self, name: str) -> bool:
        return name in self._variables

    @property
    def domains(self) -> dict[str, tuple[Any, ...]]:
        """Values of the variables that can be listed."""
        return {
            name: variable.domain
            for name, variable in self._variables.items()
            if variable.domain is not None
        }

    @contextmanager
    def inner(self) -> Iterator[None]:
        """A nested scope; what is bound in it is forgotten at its end."""
        variables, depth = dict(self._variables), self.depth
        try:
            yield
        finally:
            self._variables, self.depth = variables, depth

    def bind_axis(self, name: str, values: tuple[Any, ...], of: Type) -> None:
        """Binds a variable to a new, innermost dimension over some values."""
        rows, place = self._listed(values, of)
        unit = (1,) * (1 + self.depth)
        tensor = rows.register.constant
        if tensor is None:
            message = "a list of constants is a constant"
            raise InternalError(message)
        self.depth += 1
        value = attrs.evolve(
            rows,
            register=self._builder.constant(tensor.reshape(*unit, *tensor.shape[0:])),
            depth=self.depth,
        )
        position = attrs.evolve(
            place,
            register=self._builder.constant(torch.arange(len(values)).reshape(*unit, -1)),
            depth=self.depth,
        )
        self._variables[name] = Variable(value, position, values)

    def bind_elements(self, name: str, array: Value) -> None:
        """Binds a variable to the elements of an array: its first dimension is the new one.

        ``array`` has the depth of the scope.
        """
        self.depth += 1
        element = attrs.evolve(array, depth=self.depth)
        self._variables[name] = Variable(element, element, None)

    def bind_row(self, name: str, values: tuple[Any, ...], of: Type, position: Register) -> None:
        """Binds a variable to one of some values for each row of the batch."""
        rows, place = self._listed(values, of)
        chosen = attrs.evolve(
            rows, register=self._builder.emit(Op.TAKE, (rows.register, position)), depth=0
        )
        self._variables[name] = Variable(chosen, attrs.evolve(place, register=position), values)

    def _listed(self, values: tuple[Any, ...], of: Type) -> tuple[Value, Value]:
        """All values as the rows of one register, and the value of a place among them."""
        encoded = encode(values, of)
        if encoded is None or not values:
            message = f"values of a bound variable have no tensor form: {values[:3]}"
            raise InternalError(message)
        rows = Value(
            register=self._builder.constant(encoded.tensor),
            kind=encoded.kind,
            depth=0,
            scale=encoded.scale,
            low=encoded.low,
            high=encoded.high,
            empty=encoded.empty,
        )
        place = Value(register=rows.register, kind=Kind.EXACT, depth=0, low=0, high=len(values) - 1)
        return rows, place
