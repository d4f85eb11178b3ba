"""The C++ compiler of this machine: which one, and from a text to a shared library."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

import attrs

from gflowspec.compiler.native.errors import NoNativeForm

#: Names that are tried where ``CXX`` is not set.
NAMES = ("c++", "g++", "clang++")

#: No -ffast-math: NaN must stay NaN, and exact arithmetic exact.
FLAGS = (
    "-std=c++17",
    "-O3",
    "-march=native",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-fPIC",
    "-shared",
    "-w",
)

#: Seconds after which a compiler is given up.
PATIENCE = 60.0


@attrs.frozen(kw_only=True)
class Compiler:
    """A C++ compiler.

    Attributes:
        command: What runs it.
        identity: Its version and the processor it compiles for.
    """

    command: tuple[str, ...]
    identity: str

    @classmethod
    def find(cls) -> Compiler:
        """That of ``CXX``, else the first of ``NAMES`` on the path.

        Raises:
            NoNativeForm: There is none, or it does not run.
        """
        if os.name != "posix":
            reason = f"rollouts are not compiled on {os.name}"
            raise NoNativeForm(reason)
        wished = shlex.split(os.environ.get("CXX", ""))
        command = wished or [name for name in NAMES if shutil.which(name)][:1]
        if not command or shutil.which(command[0]) is None:
            reason = f"there is no C++ compiler ({' '.join(wished) or ', '.join(NAMES)})"
            raise NoNativeForm(reason)
        version = _run([*command, "--version"])
        return cls(command=tuple(command), identity=f"{version}\n{_processor()}")

    def build(self, text: str, library: Path) -> None:
        """Compile a text.

        Raises:
            NoNativeForm: The compiler fails, or takes too long.
        """
        with tempfile.TemporaryDirectory(prefix="gflowspec-") as folder:
            source = Path(folder, "rollout.cpp")
            source.write_text(text, encoding="utf-8")
            _run([*self.command, *FLAGS, "-o", str(library), str(source)])


def _run(command: list[str]) -> str:
    """What a command writes; it and what it starts are ended when it takes too long."""
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            reason = f"the C++ compiler does not run: {error}"
            raise NoNativeForm(reason) from error
        try:
            status = process.wait(PATIENCE)
        except BaseException as error:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                reason = f"the C++ compiler was not done after {PATIENCE:g} s"
                raise NoNativeForm(reason) from error
            raise
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if status:
        lines = [line for line in text.splitlines() if "error" in line] or text.splitlines()
        reason = f"the C++ compiler failed: {lines[0] if lines else f'status {status}'}"
        raise NoNativeForm(reason)
    return text


def _processor() -> str:
    """What ``-march=native`` depends on."""
    names = ("model name", "flags", "Features", "CPU implementer", "CPU part")
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        first = text.partition("\n\n")[0].splitlines()
        return "\n".join(line for line in first if line.startswith(names))
    return " ".join(platform.uname())
