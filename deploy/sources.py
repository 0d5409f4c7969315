"""A function's source exactly as it is uploaded: `main.py`, `requirements.txt`, `shared/`, and the table of functions,
which says what settings it has. Only what git tracks is uploaded, as it is in the work tree: what lies around in a
checkout, a key or a database of a test, goes nowhere."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def source_of(function: str) -> dict[str, Path]:
    """Every file of the source, by its path below the source's root. Raises ValueError where git tracks no such
    function."""
    own = {name: tracked_file(f"functions/{function}/{name}") for name in ("main.py", "requirements.txt")}
    table = "functions/functions.toml"
    return {**own, table: tracked_file(table), **files_below(ROOT / "shared")}


def files_below(folder: Path, checkout: Path = ROOT) -> dict[str, Path]:
    """The tracked files of a folder of the checkout, by their paths in the checkout. Raises ValueError where the
    checkout is none of git's."""
    below = f"{folder.relative_to(checkout)}/"
    paths = {name: checkout / name for name in sorted(_tracked(checkout)) if name.startswith(below)}
    return {name: path for name, path in paths.items() if path.is_file()}


def tracked_file(name: str, checkout: Path = ROOT) -> Path:
    """The file at the path `name` in the checkout. Raises ValueError where git does not track it."""
    path = checkout / name
    if name not in _tracked(checkout) or not path.is_file():
        raise ValueError(f"{name} is no file that git tracks, and only such are deployed: git add {name}")
    return path


@cache
def _tracked(checkout: Path) -> frozenset[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=checkout, capture_output=True, text=True, timeout=60)
    if listed.returncode:
        raise ValueError(
            f"{checkout} is no checkout of git's, so nobody can say which files are to be deployed "
            f"({listed.stderr.strip()}). Deploy from a `git clone`."
        )
    return frozenset(filter(None, listed.stdout.split("\0")))
