from __future__ import annotations

from gflowspec.components.devices.base import Device
from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import UsageError
from gflowspec.core.schema import Range, component, param


@component("device", "cuda")
class CUDA(Device):
    """A CUDA device."""

    index: int = param(default=0, range=Range(0), doc="which one, as torch counts them")

    def resolve(self) -> str:
        """``cuda:index``."""
        import torch

        found = torch.cuda.device_count()
        if self.index >= found:
            raise UsageError(
                Diagnostic(
                    code="GFS403",
                    severity=Severity.ERROR,
                    message=f"`cuda({self.index})`: torch finds {found} CUDA devices here",
                    helps=("set `train.device = auto`, which falls back to the processor",),
                )
            )
        return f"cuda:{self.index}"
