from __future__ import annotations

from gflowspec.components.devices.base import Device
from gflowspec.core.schema import component


@component("device", "auto")
class Auto(Device):
    """The first CUDA device, or the processor where there is none."""

    def resolve(self) -> str:
        """``cuda:0`` or ``cpu``."""
        import torch

        return "cuda:0" if torch.cuda.is_available() else "cpu"
