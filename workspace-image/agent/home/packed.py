"""What is said of a layer that was written."""

from dataclasses import dataclass, field
from typing import Any

from agent.home.index import Seen
from agent.home.look import LONGEST_NAMED
from agent.home.moving import MOST_COPIED

MOST_NAMED = 20
"""Files that a manifest names as not consistent."""


@dataclass
class Packed:
    """What was written. `marks`: those of the entries as they were written, where the look's don't hold any more;
    UNSURE for what was to be written and was not. `astray`: what was a folder when it was looked at, and is none in
    this layer. `moved`: what is not in the layer as the look saw it. `contents`: of files that programs have mapped, a
    hash of what was written, for the look's marks say nothing of their later writes."""

    entries: int = 0
    logical_bytes: int = 0
    stream: int = 0
    left_out: int = 0
    marks: dict[bytes, int] = field(default_factory=dict)
    astray: set[bytes] = field(default_factory=set)
    moved: list[bytes] = field(default_factory=list)
    contents: dict[bytes, bytes] = field(default_factory=dict)

    def told(self, seen: Seen) -> dict[str, Any]:
        """`moved`: of the files that are not in the layer as they were when nobody changed anything, how many are small
        enough to be copied; `inconsistent` names some of all of them."""
        return {
            "entries": self.entries,
            "logical_bytes": self.logical_bytes,
            "stream": self.stream,
            "left_out": self.left_out,
            "moved": sum(1 for path in self.moved if seen.sizes.get(path, 0) <= MOST_COPIED),
            "inconsistent": [path.decode(errors="replace")[:LONGEST_NAMED] for path in self.moved[:MOST_NAMED]],
        }
