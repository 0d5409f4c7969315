"""The commands `up`, `setup`, `doctor` and `reset`, their options, and their one-line errors."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from local import functions
from local.doctor import doctor
from local.environment import BACKENDS
from local.parent_death import end_with_parent
from local.parts import Site
from local.ports import Ports, free_base
from local.prerequisites import machine_checks, ports_free, raise_first_problem, setup_checks
from local.problem import Problem
from local.setup.run import prepare
from local.setup.steps import deploy_steps, steps
from local.up import alone, running_at, up

ROOT = Path(__file__).resolve().parents[1]


def main() -> int:
    """Exit code 0 when it worked, 1 after one line that says what to mend."""
    given = _parser().parse_args()
    end_with_parent(os.getppid())
    try:
        return COMMANDS[given.command](given)
    except Problem as problem:
        print(f"Ondol: {problem.line()}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _up(given: argparse.Namespace) -> int:
    if url := running_at(given.state.resolve()):
        print(f"Ondol is already up at {url}. Ctrl-C where it runs stops it.")
        return 0
    ports = _ports(given.port)
    raise_first_problem([*machine_checks(ROOT), ports_free(ports)])
    if given.prepare:
        prepare(ROOT, steps(ROOT, tests=False))
    raise_first_problem(setup_checks(ROOT, tests=False))
    site = Site(ROOT, given.state.resolve(), ports, given.schedule_every, given.writes_per_minute, dict(given.via))
    up(site, given.only)
    return 0


def _setup(given: argparse.Namespace) -> int:
    if given.deploy:
        raise_first_problem([check for check in machine_checks(ROOT) if check.name in ("node", "npm")])
        prepare(ROOT, deploy_steps(ROOT))
        return 0
    raise_first_problem(machine_checks(ROOT))
    prepare(ROOT, steps(ROOT, tests=given.tests))
    raise_first_problem(setup_checks(ROOT, tests=given.tests))
    return 0


def _doctor(given: argparse.Namespace) -> int:
    return min(doctor(ROOT, _ports(given.port), running_at(given.state.resolve())), 1)


def _reset(given: argparse.Namespace) -> int:
    with alone(given.state):
        shutil.rmtree(given.state)
    print(f"{given.state} is deleted: people, workspaces, keys, logs.")
    return 0


COMMANDS = {"up": _up, "setup": _setup, "doctor": _doctor, "reset": _reset}


def _ports(base: int) -> Ports:
    try:
        return Ports.of(base or free_base(), [function.name for function in functions.load(ROOT)])
    except ValueError as refusal:
        raise Problem(str(refusal), "make up PORT=8080") from None


def _detour(text: str) -> tuple[str, int]:
    part, _, port = text.partition("=")
    if part not in BACKENDS or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not PART=PORT with one of the parts {', '.join(BACKENDS)}")
    return part, int(port)


def _parser() -> argparse.ArgumentParser:
    port = argparse.ArgumentParser(add_help=False)
    port.add_argument("--port", type=int, default=8080, help="the first of the stack's ports; 0 looks for free ones")
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument("--state", type=Path, default=ROOT / ".ondol", help="folder of the stack's state")
    parser = argparse.ArgumentParser(prog="python3 -m local", description="Ondol on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("up", parents=[port, state], help="set up what is missing, start everything")
    start.add_argument("--no-setup", dest="prepare", action="store_false", help="skip the set-up")
    start.add_argument("--only", nargs="+", default=[], metavar="PART", help="start these parts and nothing else")
    start.add_argument("--schedule-every", type=float, metavar="SECONDS", help="run scheduled jobs this often")
    start.add_argument("--writes-per-minute", type=int, default=60, metavar="N", help="the Admin API's quota")
    start.add_argument(
        "--via",
        type=_detour,
        action="append",
        default=[],
        metavar="PART=PORT",
        help="the port at which the functions reach this part, for a proxy of your own",
    )
    setup = commands.add_parser("setup", help="set up what is missing")
    setup.add_argument("--tests", action="store_true", help="and what the tests need")
    setup.add_argument("--deploy", action="store_true", help="only what `make deploy` needs: no slot, no emulator")
    commands.add_parser("doctor", parents=[port, state], help="check the prerequisites")
    commands.add_parser("reset", parents=[state], help="delete the stack's state")
    return parser
