"""Nobody is erased because Firebase Auth was wrong twice, years apart, or is another project's; and one odd account
keeps no other from its turn. Firestore and Firebase Auth are made up."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.flows import comparing
from shared.flows.comparing import MISSING_GRACE, MOST_MISSING, compare
from shared.gcp.identity import Person
from shared.gcp.store.accounts import Turn
from shared.gcp.store.database import LostRace
from shared.record import Versioned
from shared.time_budget import TimeBudget

NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Ondol:
    """Accounts in the order of their uids, and whom Firebase Auth knows."""

    def __init__(self, count: int) -> None:
        self.accounts = {uid: an_account(uid) for uid in (f"u-{n:03}" for n in range(count))}
        self.known = set(self.accounts)
        self.odd = ""
        self.reached = Versioned(Turn(""), NOW)

    def come(self, uid: str, created: datetime) -> None:
        self.accounts[uid] = replace(an_account(uid), created=created)
        self.known.add(uid)

    def leave(self, *uids: str) -> None:
        self.known -= set(uids)

    def people(self, uids: list[str]) -> dict[str, Person]:
        return {uid: a_person(uid) for uid in uids if uid in self.known}

    def turn(self, after: str, most: int) -> tuple[list[Versioned[Account]], str]:
        uids = [uid for uid in sorted(self.accounts) if uid > after][:most]
        return [Versioned(self.accounts[uid], NOW) for uid in uids], uids[-1] if len(uids) == most else ""

    def write_turn(self, _before: object, after: str) -> Versioned[Turn]:
        self.reached = Versioned(Turn(after), NOW)
        return self.reached

    def note_missing(self, account: Versioned[Account], since: datetime | None) -> None:
        self.accounts[account.record.uid] = replace(account.record, missing=since)

    def close(self, uid: str, now: datetime) -> None:
        if uid == self.odd:
            raise LostRace("as often as it is tried")
        self.accounts[uid] = self.accounts[uid].delete(now)

    def run(self, now: datetime) -> set[str]:
        """Who was erased by then."""
        compare(now, TimeBudget(60))
        return {uid for uid, account in self.accounts.items() if account.state == AccountState.DELETED}


def an_account(uid: str) -> Account:
    return Account(
        uid=uid, bid="b", wid="w", state=AccountState.ACTIVE, email=None, name=None, locale=None, created=NOW
    )


def a_person(uid: str) -> Person:
    return Person(uid, None, None, email_verified=True, disabled=False, created=NOW, valid_since=NOW)


@pytest.fixture
def ondol(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ondol]:
    ondol = Ondol(request.param)
    for name, made_up in {
        "people": ondol.people,
        "turn": ondol.turn,
        "write_turn": ondol.write_turn,
        "read_turn": lambda: ondol.reached,
        "note_missing": ondol.note_missing,
        "close_and_drain": ondol.close,
        "sessions_in_use": lambda: iter(()),
    }.items():
        monkeypatch.setattr(comparing, name, made_up)
    yield ondol


@pytest.mark.parametrize("ondol", [10], indirect=True)
def test_two_wrong_answers_with_a_right_one_between_erase_nobody(ondol: Ondol) -> None:
    ondol.known.remove("u-007")
    ondol.run(NOW)
    ondol.known.add("u-007")
    ondol.run(NOW + timedelta(minutes=15))
    ondol.known.remove("u-007")
    assert ondol.run(NOW + timedelta(days=300)) == set()
    assert ondol.run(NOW + timedelta(days=300) + MISSING_GRACE) == {"u-007"}


@pytest.mark.parametrize("ondol", [1, 3, 5, 103, 200, 1003, 1200], indirect=True)
def test_a_firebase_auth_that_knows_nobody_erases_not_even_the_last_few(ondol: Ondol) -> None:
    ondol.known.clear()
    runs = [ondol.run(NOW + n * MISSING_GRACE) for n in range(5)]
    assert runs == [set()] * 5


@pytest.mark.parametrize("ondol", [1, 30, 130], indirect=True)
def test_many_who_came_last_and_are_gone_are_closed_a_few_at_a_time(ondol: Ondol) -> None:
    """Made-up people, more than there are members: they stop nothing for good."""
    members = set(ondol.accounts)
    for number in range(40):
        ondol.come(f"sybil-{number:02}", NOW + timedelta(days=1))
    ondol.leave(*(set(ondol.accounts) - members))
    later = NOW + timedelta(days=2)
    assert ondol.run(later) == set(), "one answer erases nobody"
    runs = [ondol.run(later + MISSING_GRACE + n * timedelta(minutes=15)) for n in range(20)]
    assert len(runs[0]) in (MOST_MISSING, 2 * MOST_MISSING), "in each hundred"
    assert runs[-1] == set(ondol.accounts) - members


@pytest.mark.parametrize("ondol", [30, 130], indirect=True)
def test_an_emptied_firebase_auth_erases_nobody_also_when_people_come_to_it(ondol: Ondol) -> None:
    before = set(ondol.accounts)
    ondol.known.clear()
    for number in range(3):
        ondol.come(f"new-{number}", NOW + timedelta(days=1))
    later = NOW + timedelta(days=2)
    runs = [ondol.run(later + n * MISSING_GRACE) for n in range(5)]
    assert (runs, set(ondol.accounts) & before) == ([set()] * 5, before)


@pytest.mark.parametrize("ondol", [2, 101, 1001], indirect=True)
def test_the_last_one_is_erased_all_the_same_when_they_are_gone(ondol: Ondol) -> None:
    last = max(ondol.accounts)
    ondol.known.remove(last)
    runs = [ondol.run(NOW + n * MISSING_GRACE) for n in range(5)]
    assert (runs[0], runs[-1]) == (set(), {last})


@pytest.mark.parametrize("ondol", [10], indirect=True)
def test_one_that_can_not_be_closed_keeps_no_other_from_its_turn(ondol: Ondol) -> None:
    ondol.odd = "u-003"
    ondol.known -= {"u-003", "u-004"}
    ondol.run(NOW)
    assert ondol.run(NOW + MISSING_GRACE) == {"u-004"}
