"""What has happened in a schedule at all: invariants that hold where nothing happens say nothing."""

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.simulation.firestore import Change, Fields


class Events:
    """`counts`: how often, by what it was."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def note(self, what: str | None) -> None:
        if what:
            self.counts[what] += 1

    def committed(self, changes: Sequence[Change], sessions: Mapping[str, Fields]) -> None:
        """`sessions`: all that there are, as they are now."""
        open_ = any(session["state"] != "ended" for session in sessions.values())
        for change in changes:
            collection = change.path.split("/")[-2]
            if collection == "sessions" and change.before and change.after:
                self._session(change.before, change.after)
            elif collection == "periods":
                self.note("a period was closed while a session was open" if open_ else "a period was closed")
            elif collection == "usage":
                self.note("a day was rolled up while a session was open" if open_ else "a day was rolled up")

    def _session(self, before: Fields, after: Fields) -> None:
        if after["state"] == "ended" != before["state"]:
            self.note(f"ended: {after['reason']}")
        if after["background_hold"] != before["background_hold"]:
            self.note(
                "work without a browser ended" if after["background_hold"] is None else "work without a browser began"
            )
        if after["meter"]["background_ms"] > before["meter"]["background_ms"]:
            self.note("work without a browser was charged")
        if after["state"] == "active" and after["plan"] != before["plan"]:
            self.note("the plan of a running session changed")
        turned = after["meter"]["period"] != before["meter"]["period"]
        if before["meter"]["period"] and turned and after["plan"] == before["plan"]:
            self.note("a period turned over in a session")
