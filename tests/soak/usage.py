"""What a stack uses at one moment: processes, open files, memory, files on disk, documents and objects."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psutil

from tests.support.stack.observe import documents, objects
from tests.support.stack.running import Running

COLLECTIONS = ("accounts", "billing", "workspaces", "slots", "sessions")
UNCOUNTED = ("logs", "storage", "firestore")
"""Folders of the state: logs, one of each container; and what the emulators keep, counted as objects and documents."""


@dataclass(frozen=True)
class Usage:
    """Open files include sockets. Memory is private to its process, in MB."""

    processes: Counter[str]
    open_files: Counter[str]
    memory: Counter[str]
    files: int
    documents: Counter[str]
    objects: int


def usage(stack: Running) -> Usage:
    """The whole stack's, containers included; `open_files` and `memory` are of the control plane's parts only.

    Raises psutil.NoSuchProcess when a process ends meanwhile: the stack is not at rest.
    """
    kept = {name: documents(stack, name) for name in COLLECTIONS}
    below = {
        "lines": [f"billing/{billing['bid']}/lines" for billing in kept["billing"]],
        "shards": [f"billing/{billing['bid']}/shards" for billing in kept["billing"]],
        "snapshots": [f"workspaces/{workspace['wid']}/snapshots" for workspace in kept["workspaces"]],
    }
    for name, paths in below.items():
        kept[name] = [record for path in paths for record in documents(stack, path)]
    processes = [psutil.Process(stack.process.pid), *psutil.Process(stack.process.pid).children(recursive=True)]
    parts = {name: part for part in processes if (name := _part(part))}
    return Usage(
        processes=Counter(process.name() for process in processes),
        open_files=Counter({name: part.num_fds() for name, part in parts.items()}),
        memory=Counter({name: part.memory_full_info().uss // 2**20 for name, part in parts.items()}),
        files=_files(stack.state),
        documents=Counter({name: len(records) for name, records in kept.items()}),
        objects=len(objects(stack, "")),
    )


def _part(process: psutil.Process) -> str:
    """The function or stand-in that a process serves; empty for what is not Ondol's own, or starts others only."""
    words = process.cmdline()
    for word, name in pairwise(words):
        if word == "--target" and not process.children():
            return f"function {name}"
        if word == "-m" and name.startswith("local."):
            return name
    return ""


def _files(state: Path) -> int:
    found = (path.relative_to(state) for path in state.rglob("*") if path.is_file())
    return sum(1 for path in found if not any(folder in path.parts for folder in UNCOUNTED))
