"""`make bench` still works: a quick run of its shortest part. What it measures is no test's business."""

import json
import subprocess
import sys
from pathlib import Path

from bench.cold_starts import MODULES
from bench.report import Beside, Figure, percentile, table
from local.functions import load
from tests.support.checkout import ROOT


def test_a_quick_run_prints_a_table_and_writes_json(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--quick", "--into", str(tmp_path), "claims"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "| Claim: 64 at once" in done.stdout
    told = json.loads((tmp_path / "claims.json").read_text())
    assert told["machine"]["cores"] > 0
    assert {figure["n"] for figure in told["figures"]} == {2, 45}
    assert all(figure["p50"] <= figure["p95"] <= figure["p99"] for figure in told["figures"])
    assert (tmp_path / "table.md").read_text() == done.stdout


def test_each_package_that_a_function_needs_can_be_imported_beside_it() -> None:
    needed = {package for function in load(ROOT) for package in function.requires}
    assert set(MODULES) == needed
    subprocess.run([sys.executable, "-c", f"import {', '.join(MODULES.values())}"], timeout=60, check=True)


def test_a_ratio_says_how_much_longer_or_how_often_ours_fits_in_theirs() -> None:
    slower = Figure("start", "s", [1.2], Beside("bare", [1.0]))
    faster = Figure("open", "s", [0.2, 0.2, 9.0], Beside("theirs", [4.0], faster=True))
    assert (slower.ratio, faster.ratio) == (1.2, 20.0)
    assert "1.2 times |" in table([slower])
    assert "20 times faster" in table([faster])


def test_percentiles_lie_between_samples() -> None:
    assert [percentile([4, 1, 3, 2], percent) for percent in (0, 50, 100)] == [1, 2.5, 4]
    assert percentile([7], 99) == 7
