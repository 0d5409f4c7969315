"""`make doctor`: every prerequisite, what was found, and what mends what is wrong."""

from pathlib import Path

from local.ports import Ports
from local.prerequisites import Check, machine_checks, ports_free, setup_checks
from local.problem import Problem


def doctor(root: Path, ports: Ports, running: str | None) -> int:
    """Prints a line for each prerequisite, and a second line with the remedy of a missing one. Returns the number of
    problems.

    `running` is the address of the checkout's own stack if that stack is up: its ports are then no problem.
    """
    problems = 0
    stack = Check("ports", lambda: f"Ondol is already up at {running}") if running else ports_free(ports)
    for check in [*machine_checks(root), *setup_checks(root, tests=True), stack]:
        try:
            print(f"  ok     {check.name:<19} {check.run()}")
        except Problem as problem:
            problems += 1
            print(f"  WRONG  {check.name:<19} {problem.what}")
            if problem.mend:
                print(f"{'':<29} to mend it: {problem.mend}")
    print(
        "Everything is there." if not problems else f"{problems} to mend; as root, `make up` installs packages itself."
    )
    return problems
