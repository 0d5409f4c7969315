"""`make doctor`: every prerequisite, what was found, and what mends what is wrong."""

from pathlib import Path

from local.ports import Ports
from local.prerequisites import givens, installed, ports_free
from local.problem import Problem


def doctor(root: Path, ports: Ports) -> int:
    """Prints a line for each prerequisite, and a second with what to do about it. The number of problems."""
    problems = 0
    for check in [*givens(root), *installed(root, tests=True), ports_free(ports)]:
        try:
            print(f"  ok     {check.name:<19} {check.look()}")
        except Problem as problem:
            problems += 1
            print(f"  WRONG  {check.name:<19} {problem.what}")
            if problem.mend:
                print(f"{'':<29} to mend it: {problem.mend}")
    print(
        "Everything is there." if not problems else f"{problems} to mend; as root, `make up` installs packages itself."
    )
    return problems
