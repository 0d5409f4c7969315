"""Who pays for work in a team, what it may store, and what a session is that opens while its member comes or goes."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from shared.billing.kept_plan import KEPT_FOR, Kept
from shared.billing.plans import GB, PLANS
from shared.errors import Refused
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.claims import read_standing
from shared.gcp.store.database import Commit, LostRace
from shared.gcp.store.paying import Keeping, keeping_of, read_paying, storage_limit
from shared.gcp.store.sessions import end_session
from shared.gcp.store.slots import commit_slot, new_slot_name
from shared.gcp.store.team_storage import stored_in
from shared.sessions.session import EndReason, SessionState
from shared.snapshots.storage_quota import LeftOut
from tests.adapters.team_calls import Caller, pay
from tests.adapters.team_sessions import BEAT, ended, member_of, now_of, opened, stored
from tests.support.records.factories import a_beat, a_slot
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.allocate import main as allocate
    from functions.heartbeat import main as heartbeat

pytestmark = pytest.mark.usefixtures("people_call")


def test_make_invite_accept_open_remove() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    token = owner.invite("guest")
    look = guest.ok("team/look", token=token)
    assert (look["team"], look["by"], look["yours"], look["in_team"]) == ("Ours", "Owner", True, None)
    before = opened(guest)
    assert guest.ok("team/look", token=token)["effects"]["session_open"]
    joined = guest.ok("team/accept", token=token)["team"]
    assert [(each["uid"], each["role"], each["may_open"]) for each in joined["people"]] == [
        ("owner", "owner", True),
        ("guest", "member", True),
    ]
    draining = now_of(before)
    assert (draining.state, draining.reason, draining.bid) == (SessionState.DRAINING, EndReason.TEAM, guest.account.bid)
    assert ended(before).bid == guest.account.bid

    session = opened(guest)
    assert (session.bid, session.plan) == (bid, "team")
    after = heartbeat.apply_beat(a_beat(session=session.sid, epoch=session.epoch), session.seen + BEAT)[0]
    assert after.meter.ms == 30_000
    assert sum(read_billing(bid).record.used.values()) == 30_000
    login = guest.ok("login")
    assert (login["plan"]["name"], login["team"]) == ("team", {"pays": True})

    effects = owner.get("team/effects?uid=guest").json
    assert (effects["effects"]["session_open"], effects["effects"]["plan"], effects["last_owner"]) == (
        True,
        None,
        False,
    )
    left = owner.ok("team/remove", uid="guest")["team"]
    assert [each["uid"] for each in left["people"]] == ["owner"]
    assert (now_of(session).state, now_of(session).reason) == (SessionState.DRAINING, EndReason.TEAM)
    last = ended(session)
    assert (last.bid, read_workspace(guest.account.wid).record.session) == (bid, None)
    login = guest.ok("login")
    assert (guest.state(), login["plan"]["name"], login["team"]) == (None, "free", None)
    assert opened(guest).bid == guest.account.bid
    assert keeping_of("guest", datetime.now(UTC)).plan == "team", "what the team had kept is kept for 90 days"
    assert [each.plan for each in keeping_of("guest", datetime.now(UTC)).lost] == ["team"], "and its last snapshot"
    assert keeping_of("guest", datetime.now(UTC) + timedelta(days=91)) == Keeping("free", [])


def test_a_team_that_is_not_paid_for_pays_for_nobody() -> None:
    owner, guest, payer = Caller("owner"), Caller("guest"), Caller("payer")
    session = opened(owner)
    bid = owner.make(plan=None)
    assert now_of(session).state == SessionState.ACTIVE, "nothing changes for who makes a team"
    ended(session)
    token = owner.invite("guest")
    look = guest.ok("team/look", token=token)
    assert (look["paid"], look["effects"]) == (False, None), "it promises no plan"
    assert guest.post("team/accept", token=token).problem == "team-unpaid"
    payer.join(owner, "billing")
    assert (owner.state()["paid"], opened(owner).bid) == (False, owner.account.bid)
    assert payer.get("billing?team=true").json["own"]
    pay(bid, "team")
    look = guest.ok("team/look", token=token)
    assert (look["paid"], look["effects"]["plan"]["name"]) == (True, "team")
    guest.ok("team/accept", token=token)
    assert (opened(guest).bid, opened(payer).bid) == (bid, payer.account.bid)
    assert guest.get("billing?team=true").json["own"] is False
    pay(bid, "free")
    assert read_paying(guest.account).record.bid == guest.account.bid, "who works goes on on the own account"
    assert guest.get("team/effects").json["effects"] is None, "and will, after leaving"


def test_what_a_team_had_kept_goes_along_also_after_its_plan_was_lost() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    lost = datetime.now(UTC) - timedelta(days=10)
    billing = read_billing(bid)
    Commit().change(
        billing_ref(bid), billing, replace(billing.record, plan="free", kept=Kept(plan="team", since=lost))
    ).run()
    kept = guest.ok("login")["kept"]
    assert (kept["plan"]["name"], kept["until"]) == ("team", (lost + KEPT_FOR).timestamp())
    guest.ok("team/leave")
    assert guest.ok("login")["kept"] == kept
    for days, plan in ((0, "team"), (79, "team"), (81, "free")):
        assert keeping_of("guest", datetime.now(UTC) + timedelta(days=days)).plan == plan


def test_newest_members_open_nothing_after_a_smaller_plan() -> None:
    owner = Caller("owner")
    bid = owner.make("enterprise")
    guests = [Caller(f"guest-{number}").join(owner) for number in range(3)]
    pay(bid, "team")
    opened(guests[1])
    with pytest.raises(Refused) as refused:
        opened(guests[2])
    assert refused.value.name == "no-seat"
    assert [each["may_open"] for each in owner.state()["people"]] == [True, True, True, False]
    guests[2].ok("team/leave")
    assert opened(guests[2]).bid == guests[2].account.bid


def test_who_uses_what_is_told_by_figures_only() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    session = opened(guest)
    heartbeat.apply_beat(a_beat(session=session.sid, epoch=session.epoch), session.seen + BEAT)
    usage = owner.get("team/usage").json
    assert (usage["used"], usage["rest"], usage["granted"]) == (30, 30, PLANS["team"].seconds)
    end_session(session.sid, session.seen + BEAT)
    usage = owner.get("team/usage").json
    assert usage["people"] == [{"uid": "guest", "seconds": 30}, {"uid": "owner", "seconds": 0}]
    storage = owner.get("team/storage").json
    assert storage == {
        "used": 0,
        "limit": PLANS["team"].bytes,
        "people": [{"uid": "guest", "bytes": 0}, {"uid": "owner", "bytes": 0}],
    }
    assert read_billing(bid).record.bid == bid


def test_a_session_that_opens_while_its_member_is_removed_is_not_the_teams() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    commit_slot(None, a_slot(new_slot_name()))
    account = guest.account
    standing = read_standing(account)
    owner.ok("team/remove", uid="guest")
    with pytest.raises(LostRace):
        allocate.claim(member_of(account), account, standing, first=True)
    assert opened(guest).bid != bid


def test_a_claim_whose_account_was_read_before_its_member_was_removed_reads_it_again() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    before = guest.account
    owner.ok("team/remove", uid="guest")
    commit_slot(None, a_slot(new_slot_name()))
    with pytest.raises(LostRace, match="joined or left"):
        allocate.claim(member_of(before), before, read_standing(before), first=True)
    session = opened(guest)
    stored(session, GB)
    assert (session.stored_in, [each.uid for each in stored_in(bid)]) == (None, ["owner"])


def test_the_teams_storage_is_one_sum() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    session = opened(guest)
    stored(session, 9 * GB)
    ended(session)
    assert {each.uid: each.bytes for each in stored_in(bid)} == {"owner": 0, "guest": 9 * GB}
    other = opened(owner)
    assert (other.stored_by_others, other.storage_limit(PLANS["team"].bytes)) == (9 * GB, GB)
    assert owner.ok("login")["storage"]["limit"] == GB
    billing, use = read_billing(bid).record, now_of(session).saved.use
    with counted() as operations:
        assert storage_limit(billing, bid, use) == 10 * GB
    assert operations == Operations(reads=1), "nobody waits for what is known"
    owner.ok("team/remove", uid="guest")
    assert {each.uid: each.bytes for each in stored_in(bid)} == {"owner": 0}
    beat = a_beat(session=other.sid, epoch=other.epoch, left_out=LeftOut(1, 1))
    after = heartbeat.apply_beat(beat, other.seen + BEAT)[0]
    assert after.storage_limit(PLANS["team"].bytes) == 10 * GB


def test_a_last_checkpoint_counts_where_the_workspace_goes() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    session = opened(guest)
    guest.join(owner)
    stored(session, GB)
    assert {each.uid: each.bytes for each in stored_in(bid)} == {"owner": 0, "guest": GB}
    ended(session)
    session = opened(guest)
    owner.ok("team/remove", uid="guest")
    stored(session, 2 * GB)
    assert {each.uid: each.bytes for each in stored_in(bid)} == {"owner": 0}
