"""Devices: where tensors live."""

from __future__ import annotations

from abc import ABC, abstractmethod

from gflowspec.core.frozen import Frozen


class Device(Frozen, ABC):
    """The schema of a device."""

    @abstractmethod
    def resolve(self) -> str:
        """The name torch knows it by, such as ``cpu`` or ``cuda:0``.

        Raises:
            UsageError: This machine has no such device.
        """
