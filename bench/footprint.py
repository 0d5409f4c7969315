"""Memory at rest: of a warm slot, its agent, each function, and the whole stack. Shared pages are shared out (PSS)."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import psutil

from bench.opening import until_warm
from bench.report import Figure
from bench.rig import Rig
from local.functions import load
from tests.support.checkout import ROOT
from tests.support.slot.container_processes import Inside
from tests.support.stack.observe import containers, documents


def measure(rig: Rig) -> list[Figure]:
    """One sample of each process or container of a kind."""
    stack = rig.stack
    until_warm(stack)
    everything = psutil.Process(stack.process.pid).children(recursive=True)
    functions = _by_function(everything)
    warm = {slot["name"] for slot in documents(stack, "slots") if slot["state"] == "warm"}
    running = containers(stack)
    slots = [_container(pid) for name, pid in running.items() if name in warm]
    return [
        Figure("Memory: a warm slot", "MB", [sum(parts.values()) for parts in slots]),
        *(
            Figure(f"Memory: in it, {part}", "MB", [parts[part] for parts in slots])
            for part in ("the agent", "nginx", "the editor")
        ),
        *(Figure(f"Memory: function {name}", "MB", [megabytes]) for name, megabytes in functions.items()),
        Figure(
            f"Memory: the whole stack, {len(running)} containers in it",
            "MB",
            [_megabytes([stack.process.pid, *(process.pid for process in everything)])],
            facts={"processes": len(everything) + 1},
        ),
    ]


def _container(root: int) -> dict[str, float]:
    """Megabytes by part of the stack."""
    parts: dict[str, float] = defaultdict(float)
    for pid in Inside(root).processes():
        words = psutil.Process(pid).cmdline()
        name = Path(words[0].split()[0]).name if words else ""
        part = "the agent" if ("-m", "agent") in pairwise(words) else "nginx" if name.startswith("nginx") else "others"
        parts["the editor" if name == "node" else part] += _megabytes([pid])
    return parts


def _by_function(processes: Iterable[psutil.Process]) -> dict[str, float]:
    """The server and the workers of one function together."""
    names = {function.name for function in load(ROOT)}
    megabytes: dict[str, float] = defaultdict(float)
    for process in processes:
        for option, name in pairwise(process.cmdline()):
            if option == "--target" and name in names:
                megabytes[name] += _megabytes([process.pid])
    return megabytes


def _megabytes(pids: Iterable[int]) -> float:
    """The proportional set size. A process that has ended counts as 0."""
    return sum(_pss(pid) for pid in pids) / 1e6


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
