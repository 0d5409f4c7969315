"""The keeper's answer about a layer that it wrote."""

from dataclasses import dataclass, field
from typing import Any

from agent.home.copies import MOST_COPIED
from agent.home.index import TierScan
from agent.home.scan import LONGEST_SHOWN

MOST_NAMED = 20
"""Files that a manifest names as inconsistent."""


@dataclass
class Packed:
    """A layer that was written. `marks`: the entries' marks where they differ from the scan's; UNSURE for a path that
    was to be written and was not. `astray`: paths that the scan saw as folders and that are no folders in the layer.
    `moved`: paths that are not in the layer as the scan saw them. `contents`: for files that programs have mapped, a
    hash of the written content, because the scan's marks do not show later writes through a mapping."""

    entries: int = 0
    logical_bytes: int = 0
    stream: int = 0
    left_out: int = 0
    marks: dict[bytes, int] = field(default_factory=dict)
    astray: set[bytes] = field(default_factory=set)
    moved: list[bytes] = field(default_factory=list)
    contents: dict[bytes, bytes] = field(default_factory=dict)

    def answer(self, seen: TierScan) -> dict[str, Any]:
        """`moved`: how many files changed after the scan and are small enough to be copied next time; `inconsistent`:
        the names of some of all files that changed, and `unnamed`: how many others changed."""
        return {
            "entries": self.entries,
            "logical_bytes": self.logical_bytes,
            "stream": self.stream,
            "left_out": self.left_out,
            "moved": sum(1 for path in self.moved if seen.sizes.get(path, 0) <= MOST_COPIED),
            "inconsistent": [path.decode(errors="replace")[:LONGEST_SHOWN] for path in self.moved[:MOST_NAMED]],
            "unnamed": len(self.moved[MOST_NAMED:]),
        }
