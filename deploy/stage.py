"""A function's folder exactly as it is uploaded: `main.py`, `requirements.txt`, and `shared/` beside them."""

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def stage(function: str, target: Path) -> None:
    """Fills the folder `target`, which must not exist. Raises OSError when the function has no such files."""
    target.mkdir(parents=True)
    for name in ("main.py", "requirements.txt"):
        shutil.copy(ROOT / "functions" / function / name, target)
    shutil.copytree(ROOT / "shared", target / "shared", ignore=shutil.ignore_patterns("__pycache__"))
