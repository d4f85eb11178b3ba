"""The project on disk: where it is, its runs, and whether it can be written.

::

    <project>/.gflowspec/mlflow.db             the default store
    <project>/.gflowspec/artifacts/            its artifacts
    <project>/.gflowspec/runs/<run_id>/        run.json, journal.jsonl, checkpoint.pt, artifacts/
    <project>/.gflowspec/sweeps/<id>/          plan.json, ledger.json, spec/, journal.jsonl
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from pathlib import Path

import attrs

from gflowspec.core.diagnostics import Diagnostic, Severity
from gflowspec.core.errors import UsageError
from gflowspec.tracking.rundir import Run, RunInfo

FOLDER = ".gflowspec"
#: Free space below which no run is started: a checkpoint, a journal and a store must fit.
MINIMUM_FREE_BYTES = 64 * 2**20
_TEST_BYTES = 2**18
_SHORTEST_PREFIX = 4
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without l, o, 0, 1, which look alike


@attrs.frozen
class Project:
    """A folder with its ``.gflowspec/``.

    Attributes:
        root: Absolute path of the folder.
    """

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The nearest ancestor of ``start`` with ``.gflowspec/`` or ``.git``, else ``start``.

        ``start`` is the working directory unless given. A file called ``.gflowspec`` counts too:
        ``preflight`` says what is wrong with it, where a search further up would hide it.
        """
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / FOLDER).exists() or (folder / ".git").exists():
                return cls(folder)
        return cls(here)

    @property
    def folder(self) -> Path:
        """``<root>/.gflowspec``."""
        return self.root / FOLDER

    @property
    def runs_folder(self) -> Path:
        """``<root>/.gflowspec/runs``."""
        return self.folder / "runs"

    @property
    def sweeps_folder(self) -> Path:
        """``<root>/.gflowspec/sweeps``: frozen sweeps with their parent runs."""
        return self.folder / "sweeps"

    def preflight(self) -> tuple[Diagnostic, ...]:
        """Find out, before any training, whether a run could be written here.

        Creates ``.gflowspec/runs``, looks at the free space and writes a file for a test.
        Returns a GFS505 for an unwritable folder or a disk that is full, else nothing.
        """
        if self.folder.is_file():
            return (_in_the_way(self.folder),)
        probe = self.runs_folder / f".probe-{secrets.token_hex(4)}"
        try:
            self.runs_folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.runs_folder).free
            if free < MINIMUM_FREE_BYTES:
                return (_nearly_full(self.runs_folder, free),)
            with probe.open("xb") as file:
                file.write(bytes(_TEST_BYTES))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            return (unwritable(self.runs_folder, error),)
        finally:
            _remove(probe)
        return ()

    def new_run_id(self, run_hash: str, created: float) -> str:
        """A fresh id: ``20260131-142233-3f9c2a-k7qd``; ids sort by the time of their run.

        Args:
            run_hash: The ``run:`` hash as printed; its first six digits are shown.
            created: Seconds since the epoch; the id shows it in UTC.
        """
        moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(created))
        chance = "".join(secrets.choice(_ALPHABET) for _ in range(4))
        return f"{moment}-{short_hash(run_hash)}-{chance}"

    def create_run(self, info: RunInfo) -> Run:
        """Make the run directory and its ``run.json``.

        Raises:
            OSError: It exists already, or cannot be written; see ``preflight``.
        """
        directory = self.runs_folder / info.run_id
        self.runs_folder.mkdir(parents=True, exist_ok=True)
        directory.mkdir()
        (directory / "artifacts").mkdir()
        return Run(directory, info).write(info)

    def runs(self) -> tuple[Run, ...]:
        """All runs of the project, newest first; directories that cannot be read are left out."""
        if not self.runs_folder.is_dir():
            return ()
        found = []
        for directory in self.runs_folder.iterdir():
            try:
                found.append(Run.read(directory))
            except (OSError, ValueError):
                continue  # half-made or foreign: a listing goes on without it
        return tuple(sorted(found, key=lambda run: (run.info.created, run.info.run_id))[::-1])

    def journaled(self) -> tuple[Path, ...]:
        """Directories that may hold journals: those of all runs, and of sweeps above them."""
        sweeps = sorted(self.sweeps_folder.iterdir()) if self.sweeps_folder.is_dir() else ()
        return (*(run.directory for run in self.runs()), *sweeps)

    def find_run(self, text: str) -> Run:
        """The run that ``text`` names: a directory, an id, a name, or the start of an id.

        Of several runs with one name the latest is meant, as it is for the name of an experiment;
        the start of an id needs four characters and must be unique.

        Raises:
            UsageError: GFS602, there is no such run or more than one.
        """
        given = Path(text)
        if (given / "run.json").is_file():
            return _read_given(given)
        runs = self.runs()
        for run in runs:
            if run.info.run_id == text:
                return run
        for run in runs:
            if text in (run.info.name, run.info.experiment):
                return run
        starts = [run for run in runs if run.info.run_id.startswith(text)]
        if len(text) >= _SHORTEST_PREFIX and len(starts) == 1:
            return starts[0]
        raise UsageError(_no_such_run(text, runs, starts, self.runs_folder))


def short_hash(run_hash: str) -> str:
    """The six digits of a hash that are shown: ``run:1/3f9c2a77...`` gives ``3f9c2a``."""
    return run_hash.rpartition("/")[2].rpartition(":")[2][:6]


def unwritable(path: Path, error: OSError) -> Diagnostic:
    """GFS505 for what the system said when a run directory was written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        message = f"the disk is full: {path} cannot be written"
        help_text = "free some space, or run in a project on another disk with --cwd DIR"
    else:
        message = f"the run directory cannot be written: {path}"
        help_text = "make it writable, or run in another project with --cwd DIR"
    reason = error.strerror or str(error)
    return Diagnostic(
        code="GFS505",
        severity=Severity.ERROR,
        message=message,
        notes=(f"the system says: {reason}",),
        helps=(help_text,),
    )


def _in_the_way(path: Path) -> Diagnostic:
    return Diagnostic(
        code="GFS505",
        severity=Severity.ERROR,
        message=f"the run directory cannot be written: {path} is a file",
        notes=("runs are kept in a folder of this name",),
        helps=("move the file away, or run in another project with --cwd DIR",),
    )


def _nearly_full(path: Path, free: int) -> Diagnostic:
    return Diagnostic(
        code="GFS505",
        severity=Severity.ERROR,
        message=f"the disk is full: {path} has {free / 2**20:.0f} MiB left",
        notes=(f"a run needs at least {MINIMUM_FREE_BYTES // 2**20} MiB for its checkpoints",),
        helps=("free some space, or run in a project on another disk with --cwd DIR",),
    )


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # what could not be written cannot be removed either; it was reported


def _read_given(directory: Path) -> Run:
    try:
        return Run.read(directory.resolve())
    except (OSError, ValueError) as error:
        raise UsageError(
            _missing(f"{directory} holds no readable run", notes=(f"run.json: {error}",))
        ) from error


def _no_such_run(text: str, runs: tuple[Run, ...], starts: list[Run], folder: Path) -> Diagnostic:
    if not runs:
        return _missing(
            f"no such run: {text}",
            notes=(f"there are no runs in {folder}",),
            helps=("start one: gflowspec run SPEC",),
        )
    if starts and len(text) < _SHORTEST_PREFIX:
        return _missing(
            f"no such run: {text}",
            notes=(f"the start of an id needs at least {_SHORTEST_PREFIX} characters",),
            helps=(f"give more of it, for example {starts[0].info.run_id}",),
        )
    if starts:
        shown = ", ".join(run.info.run_id for run in starts[:3])
        more = f" and {len(starts) - 3} more" if len(starts) > 3 else ""
        return _missing(
            f"{text} is the start of {len(starts)} runs",
            notes=(f"{shown}{more}",),
            helps=(f"give more of it, for example {starts[0].info.run_id}",),
        )
    newest = runs[0].info
    return _missing(
        f"no such run: {text}",
        notes=(f"the newest run is {newest.run_id} ({newest.name})",),
        helps=("list the runs of this project: gflowspec ls",),
    )


def _missing(message: str, notes: tuple[str, ...] = (), helps: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic(
        code="GFS602", severity=Severity.ERROR, message=message, notes=notes, helps=helps
    )
