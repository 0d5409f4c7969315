"""Lighthouse at a page, as a phone on a slow network: its own emulation and simulated throttling."""

import json
import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.setup.steps import LIGHTHOUSE, NODE_BIN
from tests.support.browser.chromium import ARGUMENTS, PROGRAM
from tests.support.checkout import ROOT


@dataclass(frozen=True)
class Look:
    scores: dict[str, float]
    """From 0 to 100, by the category's name."""
    measures: dict[str, float]
    """Of the audits that were weighed and have a number: milliseconds, but for layout shifts."""
    faults: list[str]
    """What took something from a score, with where."""
    benchmark_index: float
    """How fast the machine is that looked, by Lighthouse's own measure: 1,500 to 2,000 for a high-end desktop."""


SLOWDOWN = 4.0
"""How many times slower than the machine the phone is taken to be, unless Lighthouse is told otherwise."""


def look(url: str, categories: Sequence[str], folder: Path, slowdown: float = SLOWDOWN) -> Look:
    """Load `url` in a Chromium of its own. Lighthouse keeps what it notes for itself in `folder`."""
    command = [
        *(str(ROOT / NODE_BIN / "node"), str(ROOT / LIGHTHOUSE / "node_modules/lighthouse/cli/index.js"), url),
        *("--quiet", "--output=json", "--no-enable-error-reporting", "--disable-full-page-screenshot"),
        f"--only-categories={','.join(categories)}",
        f"--throttling.cpuSlowdownMultiplier={slowdown:.2f}",
        f"--chrome-flags={shlex.join(['--headless=new', *ARGUMENTS])}",
    ]
    own = {"CHROME_PATH": PROGRAM, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    done = subprocess.run(command, env=os.environ | own, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"Lighthouse failed: {done.stderr}")
    report = json.loads(done.stdout)
    found = report["categories"]
    weighed = {each["id"] for category in found.values() for each in category["auditRefs"] if each["weight"]}
    audits = [audit for name, audit in report["audits"].items() if name in weighed]
    return Look(
        {name: 100 * category["score"] for name, category in found.items()},
        {audit["id"]: audit["numericValue"] for audit in audits if "numericValue" in audit},
        [
            _told(audit)
            for audit in audits
            if (audit["score"] or 0) < 1 and audit["scoreDisplayMode"] != "notApplicable"
        ],
        report["environment"]["benchmarkIndex"],
    )


def _told(audit: Mapping[str, Any]) -> str:
    where = [item.get("node", item) for item in audit.get("details", {}).get("items", [])]
    return f"{audit['id']}: {audit['title']}: {audit.get('displayValue', where)}"
