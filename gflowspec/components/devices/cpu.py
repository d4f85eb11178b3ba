from __future__ import annotations

from gflowspec.components.devices.base import Device
from gflowspec.core.schema import component


@component("device", "cpu")
class CPU(Device):
    """The processor."""

    def resolve(self) -> str:
        """``cpu``."""
        return "cpu"
