"""What must always hold, checked after every commit and whenever time has passed."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.billing.plans import PLANS
from shared.sessions.heartbeats import FORGOTTEN_AT_ONCE
from tests.simulation.closed_periods import ClosedPeriods
from tests.simulation.container import Container
from tests.simulation.firestore import Change, Fields

INTERVAL = timedelta(seconds=30)
LEASE = timedelta(seconds=90)
MS = timedelta(milliseconds=1)
KEPT = {"sid", "bid", "n", "plan", "period", "ms", "background", "intervals", "at"} | {
    "slot", "epoch", "state", "opened", "due", "meter", "served", "reason", "ended", "check_due",
}  # fmt: skip
"""Of a ledger line and of a session: what erasing leaves as it is."""
ORDER = ("opening", "active", "draining", "ended")


class Invariants:
    """`fail` raises; what it is given says what does not hold."""

    def __init__(self, fail: Callable[[str], None]) -> None:
        self.sessions: dict[str, Fields] = {}
        self.slots: dict[str, Fields] = {}
        self.workspaces: dict[str, Fields] = {}
        self.billings: dict[str, Fields] = {}
        self.shards: dict[str, Fields] = {}
        self.lines: dict[str, list[Fields]] = defaultdict(list)
        """By session."""
        self.uses: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        """By session: when a member could work in an honest container."""
        self.closed_periods = ClosedPeriods(fail)
        self.exhausted: dict[tuple[str, str], list[int]] = defaultdict(list)
        """By billing account and period, each time that its allowance ended: how many sessions were open within an
        interval before the heartbeat that says so."""
        self.snapshots: dict[str, dict[str, Fields]] = defaultdict(dict)
        """By workspace and id."""
        self._leases: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        self._epochs: set[tuple[str, int]] = set()
        self._ended: dict[str, datetime] = {}
        """By session: when that was committed. Its record says when it was decided."""
        self._fail = fail

    def committed(self, changes: Sequence[Change], now: datetime) -> None:
        """A commit has made these changes, all at once."""
        charged: set[str] = set()
        for change in changes:
            parts = change.path.split("/")
            collection, name = parts[-2], parts[-1]
            match collection:
                case "sessions":
                    self._session(name, change.before, self._there(change), now)
                    charged.add(self._there(change)["bid"])
                case "snapshots" if change.after is None:
                    self.snapshots[parts[1]].pop(name, None)
                case "snapshots":
                    self.snapshots[parts[1]][name] = self._there(change)
                case "workspaces" if change.after is None:
                    self._forgotten(name)
                case "workspaces":
                    self._workspace(name, change.before, self._there(change))
                case "slots" if change.after is None:
                    del self.slots[name]
                case "slots":
                    self.slots[name] = self._there(change)
                case "billing":
                    self._billing(name, change.before, self._there(change), now)
                    charged.add(name)
                case "lines":
                    self._line(parts[1], change)
                    charged.add(parts[1])
                case "shards" if change.after is None:
                    del self.shards[change.path]
                case "shards":
                    self.shards[change.path] = self._there(change)
                    self.closed_periods.counts(parts[1], [name.rpartition("-")[0]])
                    charged.add(parts[1])
                case "periods":
                    self.closed_periods.period(parts[1], name, change, now)
                case "usage":
                    self.closed_periods.day(name, change)
        for change in changes:
            if change.path.split("/")[-2] == "sessions":
                self._history(self._there(change))
        self._ownership()
        for bid in charged:
            self._accounts(bid)

    def served(self, containers: Sequence[Container], now: datetime) -> None:
        """Of the sessions that are open, each is served by one container, and each slot and workspace serves one."""
        serving = [
            (each, self.sessions[each.claims.sid])
            for each in containers
            if each.claims and each.lease and each.lease > now and each.state in ("serving", "draining")
        ]
        for each, session in serving:
            ended = self._ended.get(session["sid"])
            if ended is not None and each.lease and each.lease > ended + LEASE:
                self._fail(f"the lease of {each.boot} outlives its session's end by more than a lease")
        for each in containers:
            if each.honest and each.claims and each.acknowledged:
                session = self.sessions[each.claims.sid]
                if session["boot"] == each.boot and place(session["head"]) < (session["epoch"], each.acknowledged):
                    self._fail(f"checkpoint {each.acknowledged} of {each.boot} was acknowledged, and is not the head")
        live = [(each, session) for each, session in serving if session["state"] != "ended"]
        for key in ("slot", "wid", "sid"):
            owners = [session[key] for _, session in live]
            if len(owners) != len(set(owners)):
                self._fail(f"two containers serve for the same {key}: {owners}")
        for each, session in live:
            if each.honest and (session["boot"], session["epoch"]) != (each.boot, each.claims and each.claims.epoch):
                self._fail(f"{each.boot} serves the session of {session['boot']}")
            if each.honest and session["seq"] > each.seq:
                self._fail(f"somebody else has beaten for {each.boot}")

    def _history(self, session: Fields) -> None:
        """An open session names just those of its snapshots that are there, few of them, and its head is one."""
        if session["state"] == "ended":
            return
        there = {name for name, each in self.snapshots[session["wid"]].items() if each["sid"] == session["sid"]}
        named = {each["snapshot"] for each in session["saves"]}
        if named != there:
            self._fail(f"{session['sid']} names snapshots {named ^ there} that are not there, or does not")
        if len(there) > max(plan.snapshots for plan in PLANS.values()) + FORGOTTEN_AT_ONCE:
            self._fail(f"{session['sid']} has {len(there)} snapshots")
        if session["head"] and session["head"]["snapshot"] not in self.snapshots[session["wid"]]:
            self._fail(f"the head of {session['sid']} has no document")

    def used(self, sid: str, since: datetime, until: datetime) -> None:
        if until <= since:
            return
        uses = self.uses[sid]
        if uses and uses[-1][1] == since:
            uses[-1] = (uses[-1][0], until)
        else:
            uses.append((since, until))

    def _there(self, change: Change) -> Fields:
        if change.after is None:
            self._fail(f"{change.path} was deleted")
        return change.after or {}

    def _session(self, sid: str, before: Fields | None, after: Fields, now: datetime) -> None:
        self.sessions[sid] = after
        if before is not None and before["uid"] != after["uid"]:
            self._anonymous(f"the session {sid}", before, after)
            return
        if before is None:
            if (after["wid"], after["epoch"]) in self._epochs:
                self._fail(f"epoch {after['epoch']} of {after['wid']} is given twice")
            self._epochs.add((after["wid"], after["epoch"]))
            if self.workspaces[after["wid"]]["epoch"] > after["epoch"]:
                self._fail(f"the epoch of {sid} is an old one")
            return
        for field in ("wid", "bid", "slot", "epoch", "opened"):
            if before[field] != after[field]:
                self._fail(f"{field} of {sid} has changed")
        if ORDER.index(after["state"]) < ORDER.index(before["state"]):
            self._fail(f"{sid} went from {before['state']} to {after['state']}")
        if before["state"] == "ended" and {**before, "check_due": None} != {**after, "check_due": None}:
            self._fail(f"{sid} changed after its end")
        if before["boot"] is not None and before["boot"] != after["boot"]:
            self._fail(f"{sid} was taken over by another container")
        if after["seq"] < before["seq"]:
            self._fail(f"{sid} went back to an old heartbeat")
        if (
            after["meter"]["ms"] != before["meter"]["ms"]
            and after["state"] != "ended"
            and after["seq"] == before["seq"]
            and (
                before["background_hold"] is None or after["background_hold"] == before["background_hold"]
            )  # a job's time, when its request is over
        ):
            self._fail(f"the heartbeat {after['seq']} of {sid} was charged twice")
        if place(after["head"]) < place(before["head"]):
            self._fail(f"the head of {sid} went back")
        if after["lease"] is not None and after["lease"] != before["lease"]:
            self._grant(sid, after["seen"], after["lease"])
        if after["state"] == "ended":
            self._ended.setdefault(sid, now)
        self._charged_time(sid, after)

    def _grant(self, sid: str, since: datetime, until: datetime) -> None:
        leases = self._leases[sid]
        if leases and since <= leases[-1][1]:
            leases[-1] = (leases[-1][0], max(until, leases[-1][1]))
        else:
            leases.append((since, until))

    def _charged_time(self, sid: str, session: Fields) -> None:
        """Of what is in no line yet; lines were looked at when they were not lines."""
        last = max((interval["until"] for line in self.lines[sid] for interval in line["intervals"]), default=None)
        for interval in session["meter"]["open"]:
            since, until = interval["since"], interval["until"]
            if until <= since or (last is not None and since < last):
                self._fail(f"{sid} is charged twice for {since}")
            if since < session["opened"] - MS or (session["ended"] and until > session["ended"]):
                self._fail(f"{sid} is charged for time outside of it: {since} to {until}")
            leases = self._leases[sid]
            place = bisect_right(leases, since + MS, key=lambda lease: lease[0]) - 1
            if place < 0 or until > leases[place][1]:
                self._fail(f"{sid} is charged for time that nobody granted it: {since} to {until}")
            last = until

    def _workspace(self, wid: str, before: Fields | None, after: Fields) -> None:
        self.workspaces[wid] = after
        if before is None:
            return
        if after["epoch"] < before["epoch"]:
            self._fail(f"the epoch of {wid} fell")
        if after["session"] not in (before["session"], None) and after["epoch"] != before["epoch"] + 1:
            self._fail(f"{wid} was claimed without a new epoch")
        if place(after["head"]) < place(before["head"]) and not after["erased_once"]:
            self._fail(f"the head of {wid} went back")

    def _ownership(self) -> None:
        """Whose slot and workspace it is."""
        live = [session for session in self.sessions.values() if session["state"] != "ended"]
        for key, records in (("slot", self.slots), ("wid", self.workspaces)):
            owners: dict[str, str] = {}
            for session in live:
                if session[key] in owners:
                    self._fail(f"{session[key]} has two sessions: {owners[session[key]]} and {session['sid']}")
                owners[session[key]] = session["sid"]
                record = records.get(session[key])
                if record is None or record["session"] != session["sid"]:
                    self._fail(f"{session[key]} does not know its session {session['sid']}")

    def _anonymous(self, what: str, before: Fields, after: Fields) -> None:
        """Of somebody who was erased, and has no session any more: whose it is is told no more, what it comes to is."""
        workspace = self.workspaces.get(before["wid"])
        if workspace is None or not workspace["closed"] or workspace["session"] is not None:
            self._fail(f"{what} was made anonymous while its workspace is {workspace}")
            return
        if (after["uid"], after["wid"]) != (workspace["alias"], workspace["alias"]):
            self._fail(f"{what} is {after['uid']}'s and {after['wid']}'s, not {workspace['alias']}'s")
        for field in KEPT & before.keys():
            if before[field] != after[field]:
                self._fail(f"{field} of {what} has changed with its erasing")

    def _forgotten(self, wid: str) -> None:
        workspace = self.workspaces.pop(wid)
        if not (workspace["closed"] and workspace["erased_once"]):
            self._fail(f"the workspace {wid} was deleted before it was erased")
        for sid, session in self.sessions.items():
            if session["wid"] == wid:
                self._fail(f"the session {sid} still tells of the workspace {wid}, which is erased")
        for sid, lines in self.lines.items():
            if any(line["wid"] == wid for line in lines):
                self._fail(f"a line of {sid} still tells of the workspace {wid}, which is erased")

    def _line(self, bid: str, change: Change) -> None:
        if change.before and change.after and change.before["uid"] != change.after["uid"]:
            self._anonymous(f"the ledger line {change.path}", change.before, change.after)
            self.lines[change.after["sid"]][change.after["n"]] = change.after
            return
        if change.before is not None or change.after is None:
            self._fail(f"the ledger line {change.path} was changed or deleted")
        if change.after is None:
            return
        line = change.after
        lines = self.lines[line["sid"]]
        if line["n"] != len(lines) or self.sessions[line["sid"]]["bid"] != bid:
            self._fail(f"line {line['n']} of {line['sid']} comes after {len(lines)} lines, or in a foreign ledger")
        if line["ms"] != sum(map(_ms, line["intervals"])):
            self._fail(f"a line of {line['sid']} has another sum than its intervals")
        lines.append(line)
        self.closed_periods.line(bid, line)

    def _billing(self, bid: str, before: Fields | None, after: Fields, now: datetime) -> None:
        self.billings[bid] = after
        self.closed_periods.counts(bid, after["used"])
        if before is None:
            return
        for period, used in before["used"].items():
            if after["used"].get(period, 0) < used and period not in self.closed_periods.closed[bid]:
                self._fail(f"what {bid} has used in {period} fell")
        for period, used in after["used"].items():
            granted = granted_ms(before, period)
            if granted is None or used <= before["used"].get(period, 0):
                continue
            if used > granted:
                self._fail(f"{bid} is charged {used} ms of {granted} in {period}")
            if used == granted:
                since = now - INTERVAL
                open_ = [each for each in self.sessions.values() if each["bid"] == bid and _open_after(each, since)]
                self.exhausted[bid, period].append(len(open_))

    def _accounts(self, bid: str) -> None:
        """Lines and what is open make the session's sum, and all sessions' sums the account's counters, by period."""
        by_period: dict[str, int] = defaultdict(int)
        for sid, session in self.sessions.items():
            if session["bid"] != bid:
                continue
            meter, lines = session["meter"], self.lines[sid]
            opened = sum(map(_ms, meter["open"]))
            if meter["ms"] != opened + sum(line["ms"] for line in lines) or meter["lines"] != len(lines):
                self._fail(f"{sid} was charged {meter['ms']} ms, and its {len(lines)} lines do not say so")
            for line in lines:
                by_period[line["period"]] += line["ms"]
            if opened:
                by_period[meter["period"]] += opened
        counted: dict[str, int] = defaultdict(int, self.closed_periods.closed[bid])
        for period, ms in self.billings[bid]["used"].items():
            counted[period] += ms
        for path, shard in self.shards.items():
            if path.startswith(f"billing/{bid}/"):
                counted[path.rpartition("/")[2].rpartition("-")[0]] += shard["ms"]
        if any(counted[period] != by_period[period] for period in {*counted, *by_period}):
            self._fail(f"{bid} counts {dict(counted)}, and its sessions were charged {dict(by_period)}")


def granted_ms(billing: Mapping[str, Any], period: str) -> int | None:
    """What the account's plan grants in a period, with what an operator has added; None without limit."""
    seconds = PLANS[billing["plan"]].seconds
    return None if seconds is None else round(seconds * 1000) + int(billing["granted"].get(period, 0))


def _open_after(session: Fields, since: datetime) -> bool:
    return session["ended"] is None or session["ended"] >= since


def _ms(interval: Fields) -> int:
    return int((interval["until"] - interval["since"]) / MS)


def place(head: Fields | None) -> tuple[int, int]:
    """Epoch and number of a snapshot: a workspace only goes on."""
    if head is None:
        return (0, 0)
    epoch, _, seq = head["snapshot"].split("-")
    return (int(epoch), int(seq))
