"""The results: figures of samples, as a table for people and as JSON for programs."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.checkout import ROOT

HEAD = ("", "p50", "p95", "p99", "n", "beside it", "ratio", "aim")
ENOUGH_FOR_P99 = 100


@dataclass(frozen=True)
class Beside:
    """A peer's samples of the same run. `faster`: the ratio is the peer's time divided by Ondol's."""

    name: str
    samples: Sequence[float]
    faster: bool = False


@dataclass(frozen=True)
class Figure:
    """One line of the table. Samples are in `unit`."""

    what: str
    unit: str
    samples: Sequence[float]
    beside: Beside | None = None
    aim: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """further values for the JSON"""

    @property
    def ratio(self) -> float | None:
        if self.beside is None:
            return None
        ours, theirs = percentile(self.samples, 50), percentile(self.beside.samples, 50)
        return theirs / ours if self.beside.faster else ours / theirs

    def cells(self) -> tuple[str, ...]:
        many = len(self.samples) >= ENOUGH_FOR_P99
        return (
            self.what,
            _quantity(percentile(self.samples, 50), self.unit),
            _quantity(percentile(self.samples, 95), self.unit) if len(self.samples) > 1 else "",
            _quantity(percentile(self.samples, 99), self.unit) if many else "",
            str(len(self.samples)),
            f"{self.beside.name} {_quantity(percentile(self.beside.samples, 50), self.unit)}" if self.beside else "",
            f"{self.ratio:.3g} times{' faster' if self.beside and self.beside.faster else ''}" if self.ratio else "",
            self.aim,
        )

    def to_json(self) -> dict[str, Any]:
        beside = self.beside
        return {
            "what": self.what,
            "unit": self.unit,
            **_spread(self.samples),
            "beside": {"name": beside.name, **_spread(beside.samples)} if beside else None,
            "ratio": self.ratio,
            "aim": self.aim or None,
            "facts": dict(self.facts),
        }


def percentile(samples: Sequence[float], percent: float) -> float:
    """By linear interpolation between the two samples next to it. Raises IndexError for no samples."""
    ordered = sorted(samples)
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def table(figures: Sequence[Figure]) -> str:
    """The figures as a Markdown table that is readable on a screen too."""
    rows = [HEAD, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    rule = " | ".join("-" * max(width, 3) for width in widths)
    return "\n".join(f"| {line} |" for line in (lines[0], rule, *lines[1:]))


def write(folder: Path, part: str, figures: Sequence[Figure], seconds: float) -> None:
    """`{part}.json` in `folder`: the figures with every sample, and on what machine they were measured."""
    result = {
        "part": part,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "machine": machine(),
        "figures": [figure.to_json() for figure in figures],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{part}.json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """The machine on which the figures were measured. `load` shows other work on it."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        "commit": _says("git", "rev-parse", "--short", "HEAD"),
        "chromium": _says("chromium", "--version"),
        "nginx": _says("nginx", "-v"),
        "code_server": _package(ROOT / "workspace-image/package.json", "code-server"),
        "jupyterhub": _pin(ROOT / "bench/peers/requirements.txt", "jupyterhub"),
        "jupyterlab": _pin(ROOT / "bench/peers/requirements.txt", "jupyterlab"),
    }


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def _says(*command: str) -> str:
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    except FileNotFoundError:
        return ""
    return (done.stdout + done.stderr).strip().partition("\n")[0]


def _package(file: Path, name: str) -> str:
    return str(json.loads(file.read_text())["dependencies"][name])


def _pin(file: Path, name: str) -> str:
    return next(line.split("==")[1] for line in file.read_text().splitlines() if line.startswith(f"{name}=="))


def _spread(samples: Sequence[float]) -> dict[str, Any]:
    figures = {f"p{percent}": round(percentile(samples, percent), 6) for percent in (50, 95, 99)}
    return {"n": len(samples), **figures, "samples": [round(sample, 6) for sample in samples]}


def _quantity(value: float, unit: str) -> str:
    return (f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}").strip()
