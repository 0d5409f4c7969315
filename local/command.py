"""What the command understands, and what it answers when something is wrong."""

import argparse
import sys
from pathlib import Path

from local.problem import Problem
from local.up import up

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Exit code 0 when it worked, 1 after one line that says what to mend."""
    given = _parser().parse_args()
    try:
        up(ROOT, given.state.resolve(), given.port, given.only, given.schedule_every)
    except Problem as problem:
        print(f"Ondol: {problem.line()}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m local", description="Ondol on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up")
    start.add_argument("--port", type=int, default=8080)
    start.add_argument("--state", type=Path, default=ROOT / ".ondol")
    start.add_argument("--only", nargs="*", default=[])
    start.add_argument("--schedule-every", type=float)
    return parser
