"""`python -m bench [PART ...]`: measures, prints one table, and writes JSON."""

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from bench import claims, cold_starts, far_storage, footprint, heartbeats, interactive, opening, page, report, snapshots
from bench.report import Figure
from bench.rig import Rig
from local.descendants import adopt_orphans, kill, still_running
from tests.support.checkout import ROOT

PARTS: dict[str, Callable[[Rig], Sequence[Figure]]] = {
    # first the parts that need the machine alone; the last four share one stack
    "snapshots": snapshots.measure,
    "far_storage": far_storage.measure,
    "claims": claims.measure,
    "heartbeats": heartbeats.measure,
    "cold_starts": cold_starts.measure,
    "footprint": footprint.measure,
    "page": page.measure,
    "opening": opening.measure,
    "interactive": interactive.measure,
}


def main() -> int:
    """Exit code 0 if every part was measured, whatever its figures are. A part that fails does not stop the others."""
    given = _parser().parse_args()
    adopt_orphans()
    figures: list[Figure] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="ondol-bench-") as folder, Rig(Path(folder), quick=given.quick) as rig:
        for name, measure in PARTS.items():
            if not given.parts or name in given.parts:
                print(f"measuring: {name}", file=sys.stderr, flush=True)
                started = time.monotonic()
                try:
                    measured = measure(rig)
                except Exception:
                    traceback.print_exc()
                    failed = True
                    continue
                report.write(given.into, name, measured, time.monotonic() - started)
                figures += measured
    failed |= _ended_what_is_left()
    table = report.table(figures)
    given.into.mkdir(parents=True, exist_ok=True)
    (given.into / "table.md").write_text(table + "\n")
    print(table)
    return int(failed)


def _ended_what_is_left() -> bool:
    """Whether a part left processes behind. They are named and killed."""
    remaining = still_running(10)
    for each in remaining:
        print(f"process {each.pid} was left: {each.command}", file=sys.stderr)
    kill(10)
    return bool(remaining)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="How fast Ondol is on this machine.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"some of {', '.join(PARTS)}; all without")
    parser.add_argument("--quick", action="store_true", help="two samples of each: only to see that it works")
    parser.add_argument("--into", type=Path, default=ROOT / "build/bench", help="folder for the table and JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
