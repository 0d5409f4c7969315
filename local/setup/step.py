"""A step of the set-up, and when it has to be done again."""

import hashlib
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.setup.shell import Shell


@dataclass(frozen=True)
class Step:
    """One thing to prepare."""

    name: str
    run: Callable[[Shell], Awaitable[None]]
    needs: Sequence[str] = ()
    """steps that are done before this one"""
    inputs: Sequence[Path] = ()
    """files and folders whose content decides whether the step is still done. Empty: the step runs, and checks, each
    time
    """
    output: Path | None = None
    """what exists after the step"""
    makes: Sequence[Path] = ()
    """what an interrupted run may have left unfinished, and what is therefore deleted before the next run"""


class Stamps:
    """Stores in a folder the inputs with which each step was done, and which steps are under way."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def are_any(self) -> bool:
        """Whether anything was ever done here."""
        return self._folder.exists()

    def is_done(self, step: Step) -> bool:
        stamp = self._folder / step.name
        made = step.output is None or step.output.exists()
        return bool(step.inputs) and made and stamp.exists() and stamp.read_text() == fingerprint(step.inputs)

    def begin(self, step: Step) -> None:
        """Marks the step as under way, and deletes what an interrupted run has left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        begun = self._begun(step)
        if begun.exists():
            for path in step.makes:
                _remove(path)
        begun.touch()
        (self._folder / step.name).unlink(missing_ok=True)

    def record(self, step: Step) -> None:
        """Marks the step as done."""
        (self._folder / step.name).write_text(fingerprint(step.inputs))
        self._begun(step).unlink()

    def _begun(self, step: Step) -> Path:
        return self._folder / f"{step.name}.begun"


def fingerprint(inputs: Sequence[Path]) -> str:
    """SHA-256 over the names and the content of `inputs`, without installed packages and caches."""
    digest = hashlib.sha256()
    for path in sorted(file for given in inputs for file in _files(given)):
        digest.update(f"{path}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    ignored = {"node_modules", "__pycache__"}
    return [file for file in path.rglob("*") if file.is_file() and not ignored.intersection(file.parts)]
