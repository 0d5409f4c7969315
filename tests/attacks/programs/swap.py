"""Run by a member: swaps what is in the home for links that lead out of it, as fast as the system allows.

`python3 swap.py TARGET` makes `swapped/folder`, whose files come and go as the files of TARGET, a folder outside, and
`swapped/file`, which comes and goes as TARGET/f0. It ends when it is ended.
"""

import ctypes
import os
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
HERE, EXCHANGE = -100, 2
NAMES = [f"f{number}" for number in range(20)]


def main() -> None:
    while True:
        try:
            furnish(Path(sys.argv[1]))
            for _ in range(2000):
                for name in ("folder", "file", "folder", "file"):
                    exchange(f"swapped/{name}", f"swapped/{name}-out")
        except OSError:
            continue  # somebody is deleting at the same time


def furnish(target: Path) -> None:
    Path("swapped/folder").mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        Path(f"swapped/folder/{name}").write_text("mine")
    Path("swapped/file").write_text("mine")
    for name, leads in (("folder", target), ("file", target / "f0")):
        link = Path(f"swapped/{name}-out")
        if not os.path.lexists(link):
            link.symlink_to(leads)


def exchange(one: str, other: str) -> None:
    """In one step, so that there is no moment without either."""
    if LIBC.renameat2(HERE, one.encode(), HERE, other.encode(), EXCHANGE) != 0:
        raise OSError(ctypes.get_errno())


main()
