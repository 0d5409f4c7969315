"""`make lock`: pins every Python package once, and every deployable's few names by the same pins.

What is pinned stays as it is; `--upgrade` pins everything anew.

constraints.txt pins what requirements.in names and all that follows from it. Each function's requirements.txt, and the
slot's, hold those pins for the packages that it needs itself.
"""

import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from deploy.python_version import python_version

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).with_name("uv")
FORM = ("--universal", "--no-emit-index-url", "--no-annotate", "--no-header", "--quiet")


def main() -> None:
    """Writes every lock. Ends with uv's own message when a set of packages has no solution."""
    try:
        _lock_all(sys.argv[1:])
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)


def _lock_all(more: Sequence[str]) -> None:
    constraints = ROOT / "constraints.txt"
    _compile((ROOT / "requirements.in").read_text(), constraints, more)
    table = tomllib.loads((ROOT / "functions/functions.toml").read_text())
    wanted = {ROOT / "functions" / name / "requirements.txt": row["requires"] for name, row in table.items()}
    wanted[ROOT / "workspace-image/requirements.txt"] = (
        (ROOT / "workspace-image/requirements.in").read_text().splitlines()
    )
    for target, names in wanted.items():
        _compile("\n".join(names), target, ["--constraint", str(constraints)])
        print(f"{target.relative_to(ROOT)}: {len(target.read_text().splitlines())} packages")
    # the bench's peers, members' dev servers and the tests' queues share no process with Ondol, and so no pins
    for folder in ("bench/peers", "tests/dev_servers", "tests/economics"):
        _compile((ROOT / folder / "requirements.in").read_text(), ROOT / folder / "requirements.txt", more)


def _compile(names: str, target: Path, more: Sequence[str]) -> None:
    form = [*FORM, "--python-version", python_version()]
    command = [str(UV), "pip", "compile", *form, *more, "--output-file", str(target), "-"]
    subprocess.run(command, input=names, text=True, check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
