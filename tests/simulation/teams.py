"""Who is in a team, who pays for whom, and what a team stores: checked after every commit, and at the end.

What a change may be is said here once more, by who asked for it, and not by the functions that the commit comes from.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from shared.billing.plans import FIRST_PLAN, PLANS
from tests.simulation.events import Events
from tests.simulation.firestore import Change, Fields
from tests.simulation.invariants import Invariants
from tests.simulation.processes import Process

SEATS_BEFORE_PAYING = 3
GRACE = 1.25
"""A checkpoint may exceed its limit by a quarter (decision 0023)."""
OWNER, ONLY_PAYS = "owner", "billing"
CLOSES_ACCOUNTS = ("delete_account", "erase")


class Asked(NamedTuple):
    """Who asked for what, with which address, and when."""

    function: str
    uid: str
    address: str | None
    verified: bool
    at: datetime
    token: str = ""
    target: str = ""


class Teams:
    """`fail` raises; what it is given says what does not hold. `invariants` has what sessions, workspaces and billing
    accounts are now. Nothing is looked at until there is a team."""

    def __init__(self, invariants: Invariants, events: Events, fail: Callable[[str], None]) -> None:
        self.teams: dict[str, Fields] = {}
        self.made: set[str] = set()
        """The billing accounts of all teams that there ever were."""
        self.accounts: dict[str, Fields] = {}
        self.stored: dict[tuple[str, str], int] = {}
        """By team and workspace."""
        self.links: list[tuple[str, str]] = []
        """Tokens of invitations, each with the address to which it was sent."""
        self._invariants = invariants
        self._events = events
        self._fail = fail
        self._asked: dict[Process | None, Asked] = {}
        self._seen: dict[tuple[Process | None, str], Fields] = {}
        """By process and path: a team, a billing account or a workspace's storage as it was looked at last."""

    def asks(self, process: Process, asked: Asked) -> None:
        self._asked[process] = asked

    def team_of(self, uid: str) -> Fields | None:
        return next((team for team in self.teams.values() if uid in _by_uid(team)), None)

    # what a process knows when it decides

    def begins_to_look(self, path: str, process: Process | None) -> None:
        if self.made and path.endswith("/storage"):
            for key in [key for key in self._seen if key[0] is process and key[1].startswith(f"{path}/")]:
                del self._seen[key]

    def looked(self, path: str, fields: Fields | None, process: Process | None) -> None:
        if self.made and fields is not None and path.startswith(("teams/", "billing/")):
            self._seen[process, path] = fields

    def _plan(self, bid: str, process: Process | None) -> str:
        billing = self._seen.get((process, f"billing/{bid}"), self._invariants.billings[bid])
        return str(billing["plan"])

    # commits

    def committed(self, changes: Sequence[Change], process: Process | None, now: datetime) -> None:
        """After `Invariants.committed` with the same changes."""
        touched = False
        for change in changes:
            parts = change.path.split("/")
            collection, name = parts[-2], parts[-1]
            match collection:
                case "teams":
                    self._team(name, change, process, now)
                case "accounts" if change.after is None:
                    self.accounts.pop(name)
                case "accounts":
                    self.accounts[name] = change.after or {}
                case "storage" if change.after is None:
                    del self.stored[parts[1], name]
                case "storage":
                    self.stored[parts[1], name] = (change.after or {})["bytes"]
                case "sessions" | "workspaces":
                    pass
                case _:
                    continue
            touched = True
        if not (touched and self.made):
            return
        for change in changes:
            if change.path.startswith("sessions/") and change.after is not None:
                self._session(change.before, change.after, process)
            elif change.path.startswith("accounts/") and change.before and change.after:
                self._account(change.before, change.after, process)
        self._agree()

    def _team(self, bid: str, change: Change, process: Process | None, now: datetime) -> None:
        before, after, asked = change.before, change.after, self._asked.get(process)
        self.made.add(bid)
        if after is None:
            if self.teams.pop(bid)["people"]:
                self._fail(f"{bid} was deleted, and there are people in it")
            return
        self.teams[bid] = after
        if before is None:
            [maker] = after["people"]
            if asked is None or (asked.function, asked.uid) != ("create", maker["uid"]) or not asked.verified:
                self._fail(f"{bid} was made by {maker}, with an address that is not verified or by nobody: {asked}")
            return
        if not after["closed"] and not _owners(after):
            self._fail(f"{bid} has no owner")
        if after["closed"] and not before["closed"]:
            self._closed(before, asked)
        plan = self._plan(bid, process)
        seats = PLANS[plan].seats if _is_shared(plan) else SEATS_BEFORE_PAYING
        if seats is not None and seats < taken(after, now) > taken(before, now):
            self._fail(f"{bid} has promised {taken(after, now)} seats of {seats}")
        working, worked = len(_working(after)), len(_working(before))
        if working > worked and not (_is_shared(plan) and (PLANS[plan].seats or working) >= working):
            self._fail(f"{working} people work in {bid}, which is on {plan}")
        self._invitations(bid, before, after, asked)
        self._people(bid, before, after, asked)

    def _people(self, bid: str, before: Fields, after: Fields, asked: Asked | None) -> None:
        were, are = _by_uid(before), _by_uid(after)
        for uid in are.keys() - were.keys():
            self._joined(bid, are[uid], before, after, asked)
        for uid in were.keys() - are.keys():
            self._left(bid, uid, before, asked)
        for uid in were.keys() & are.keys():
            was, now = were[uid], are[uid]
            by_owner = asked and asked.function == "role" and asked.target == uid and asked.uid in _owners(before)
            if now["offered"] not in (None, was["offered"]) and not by_owner:
                self._fail(f"{now['offered']} of {bid} is offered to {uid} by no owner: {asked}")
            if was["role"] == now["role"]:
                continue
            gains = now["role"] == OWNER or was["role"] == ONLY_PAYS
            accepts = asked and (asked.function, asked.uid) == ("answer", uid) and was["offered"] == now["role"]
            inherits = now["role"] == OWNER and not (set(_owners(before)) & are.keys())
            if inherits:
                self._events.note("the longest member became the owner")
            if gains and not (accepts or inherits):
                self._fail(f"{uid} became {now['role']} in {bid} and has not accepted that: {asked}")
            if not gains and not by_owner:
                self._fail(f"{uid} became {now['role']} in {bid} by no owner: {asked}")

    def _joined(self, bid: str, person: Fields, before: Fields, after: Fields, asked: Asked | None) -> None:
        uid = person["uid"]
        if asked is None or (asked.function, asked.uid) != ("accept", uid):
            self._fail(f"{uid} is in {bid} without having accepted: {asked}")
            return
        hashed = sha256(asked.token.encode()).hexdigest()
        invited = next((each for each in before["invitations"] if each["token_sha256"] == hashed), None)
        if invited is None:
            self._fail(f"{uid} is in {bid} by a link that is not valid")
            return
        if invited["expires"] <= asked.at:
            self._fail(f"{uid} is in {bid} by an invitation that had expired")
        if invited["address"] != asked.address:
            self._fail(f"{uid} is in {bid} by an invitation to somebody else")
        if not asked.verified:
            self._fail(f"{uid} is in {bid} with an address that is not verified")
        if invited["id"] in _ids(after):
            self._fail(f"the invitation by which {uid} is in {bid} is still open")
        if person["role"] != invited["role"]:
            self._fail(f"{uid} is {person['role']} in {bid}, and was invited as {invited['role']}")
        self._events.note("somebody joined a team")

    def _left(self, bid: str, uid: str, before: Fields, asked: Asked | None) -> None:
        if before["closed"]:
            self._events.note("somebody left a team that is deleted")
            return
        how = asked and {
            "leave": asked.uid == uid,
            "remove": asked.target == uid and asked.uid in _owners(before),
        }.get(asked.function, asked.function in CLOSES_ACCOUNTS and asked.uid in (uid, ""))
        if not how:
            self._fail(f"{uid} has left {bid}, and nobody may have done that: {asked}")
        self._events.note(f"somebody left a team: {asked and asked.function}")

    def _closed(self, before: Fields, asked: Asked | None) -> None:
        is_alone = not any(each["uid"] != (asked and asked.uid) for each in before["people"] if _works(each))
        leaves = asked and asked.function in CLOSES_ACCOUNTS and (is_alone or not asked.uid)
        if not leaves and not (asked and asked.function == "delete_team" and asked.uid in _owners(before)):
            self._fail(f"{before['bid']} was closed by no owner: {asked}")

    def _invitations(self, bid: str, before: Fields, after: Fields, asked: Asked | None) -> None:
        were = {each["token_sha256"] for each in before["invitations"]}
        if any(each["token_sha256"] not in were for each in after["invitations"]) and not (
            asked and asked.function in ("invite", "resend") and asked.verified and asked.uid in _owners(before)
        ):
            self._fail(f"somebody was invited to {bid} by no owner: {asked}")
        addresses = [each["address"] for each in after["invitations"]]
        if len(addresses) != len(set(addresses)):
            self._fail(f"{bid} has invited somebody twice: {addresses}")

    def _account(self, before: Fields, after: Fields, process: Process | None) -> None:
        """Who joins a team that is paid for does not go on at their own cost."""
        bid = _works_in(after)
        if bid is None or bid == _works_in(before) or not _is_shared(self._plan(bid, process)):
            return
        for session in self._live(after["wid"]):
            if session["bid"] != bid:
                self._fail(f"{session['sid']} goes on at the cost of {session['bid']}, and {bid} pays from now on")

    def _session(self, before: Fields | None, after: Fields, process: Process | None) -> None:
        sid, uid, bid = after["sid"], after["uid"], after["bid"]
        if before is None:
            team = self._works_in(uid)
            if bid in self.made:
                self._opens_on_team(after, team, process)
            elif team is not None and _is_shared(self._plan(team, process)):
                seen = self._seen.get((process, f"teams/{team}"), self.teams.get(team))
                if seen is not None and not seen["closed"]:
                    self._fail(f"{sid} opens at the cost of {bid}, and {team} pays for {uid}")
            return
        if before["state"] != after["state"] == "draining" and after["reason"] == "team":
            how = "left" if self._works_in(uid) is None else "joined"
            self._events.note(f"somebody {how} a team while they worked")
        if after["storage"] and after["storage"] != before["storage"] and after["stored_in"]:
            self._saved(after, process)

    def _opens_on_team(self, session: Fields, team: str | None, process: Process | None) -> None:
        uid, bid = session["uid"], session["bid"]
        plan = self._plan(bid, process)
        seen = self._seen.get((process, f"teams/{bid}"), self.teams.get(bid))
        if team != bid or seen is None:
            self._fail(f"{session['sid']} opens at the cost of {bid}, in which {uid} does not work")
        elif not _is_shared(plan):
            self._fail(f"{session['sid']} opens at the cost of {bid}, which is not paid for")
        elif uid not in _working(seen)[: PLANS[plan].seats]:
            self._fail(f"{session['sid']} opens at the cost of {bid}, which has no seat for {uid}")
        self._events.note("somebody opened on a team's time")

    def _saved(self, session: Fields, process: Process | None) -> None:
        """A checkpoint takes what the others leave, never less than is saved already nor than the first plan stores."""
        bid, used = session["bid"], session["storage"]["used"]
        limit = PLANS[self._plan(bid, process)].bytes
        if bid != session["stored_in"] or limit is None:
            return
        path, own = f"billing/{bid}/storage/", f"billing/{bid}/storage/{session['wid']}"
        others = sum(
            fields["bytes"]
            for (who, where), fields in self._seen.items()
            if who is process and where.startswith(path) and where != own
        )
        left = max(limit - others, PLANS[FIRST_PLAN].bytes or 0)
        before = max(
            (each["bytes"] for (who, where), each in self._seen.items() if (who, where) == (process, own)), default=0
        )
        if used > GRACE * max(left, before):
            self._fail(f"{session['sid']} stores {used} bytes, and {others} of {limit} are taken")
        self._events.note("a checkpoint shared a team's storage" if others else None)

    # what agrees after each commit

    def _agree(self) -> None:
        members: dict[str, tuple[str, bool]] = {}
        for bid, record in self.teams.items():
            for each in record["people"]:
                if each["uid"] in members:
                    self._fail(f"{each['uid']} is in two teams: {bid} and {members[each['uid']][0]}")
                members[each["uid"]] = (bid, _works(each))
        stored: dict[tuple[str, str], int] = {}
        for uid, account in self.accounts.items():
            link = account["team"] and (account["team"]["bid"], account["team"]["seated"])
            if link != members.get(uid):
                self._fail(f"the account of {uid} has {link}, and the teams have {members.get(uid)}")
            team, workspace = _works_in(account), self._invariants.workspaces.get(account["wid"])
            if workspace is None:
                continue
            if workspace["works_in"] != team:
                self._fail(f"{account['wid']} counts in {workspace['works_in']}, and {uid} works in {team}")
            if team is not None:
                stored[team, account["wid"]] = self._used(workspace)
            for session in self._live(account["wid"]):
                if session["stored_in"] != team:
                    self._fail(f"{session['sid']} is counted in {session['stored_in']}, and {uid} works in {team}")
                if session["bid"] in self.made and session["bid"] != team:
                    self._fail(f"{session['sid']} goes on at the cost of {session['bid']}, and {uid} works in {team}")
        if stored != self.stored:
            self._fail(f"teams count {self.stored} bytes, and their workspaces' heads take {stored}")

    def _live(self, wid: str) -> list[Fields]:
        """The session of a workspace that goes on, if there is one: none that is being saved."""
        workspace = self._invariants.workspaces.get(wid)
        session = self._invariants.sessions.get(workspace["session"]) if workspace and workspace["session"] else None
        return [session] if session and session["state"] in ("opening", "active") else []

    def _used(self, workspace: Fields) -> int:
        session = self._invariants.sessions.get(workspace["session"]) if workspace["session"] else None
        storage = (session or workspace)["storage"]
        return int(storage["used"]) if storage else 0

    def _works_in(self, uid: str) -> str | None:
        account = self.accounts.get(uid)
        return _works_in(account) if account else None

    # the end

    def wrong(self) -> str | None:
        """What time alone has not made right."""
        for bid, team in self.teams.items():
            if team["closed"]:
                return f"{bid} was to be deleted, and is still there"
            for each in team["people"]:
                account = self.accounts.get(each["uid"])
                if account is None or account["state"] == "deleted":
                    return f"{each['uid']} has deleted the account, and is in {bid}"
        return None

    def has_no_seat_for(self, uid: str) -> bool:
        bid = self._works_in(uid)
        if bid is None:
            return False
        plan = self._invariants.billings[bid]["plan"]
        return _is_shared(plan) and uid not in _working(self.teams[bid])[: PLANS[plan].seats]


def taken(team: Fields, now: datetime) -> int:
    """Seats: of people, of offers, and of open invitations."""
    invited: int = sum(each["role"] != ONLY_PAYS and now < each["expires"] for each in team["invitations"])
    people = sum(_works(each) or each["offered"] not in (None, ONLY_PAYS) for each in team["people"])
    return invited + people


def _is_shared(plan: str) -> bool:
    return PLANS[plan].seats != 1


def _works(person: Mapping[str, Any]) -> bool:
    return bool(person["role"] != ONLY_PAYS)


def _working(team: Fields) -> list[str]:
    """The longest first."""
    return [each["uid"] for each in team["people"] if _works(each)]


def _owners(team: Fields) -> list[str]:
    return [each["uid"] for each in team["people"] if each["role"] == OWNER]


def _by_uid(team: Fields) -> dict[str, Fields]:
    return {each["uid"]: each for each in team["people"]}


def _ids(team: Fields) -> list[str]:
    return [each["id"] for each in team["invitations"]]


def _works_in(account: Fields) -> str | None:
    link = account["team"]
    return str(link["bid"]) if link and link["seated"] else None
