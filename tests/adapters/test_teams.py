"""Teams through their functions: make one, invite, accept, work on its time, remove; and all of that at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.billing.kept_plan import KEPT_FOR, Kept
from shared.billing.metering import LedgerLine
from shared.billing.plans import GB, PLANS
from shared.errors import Refused
from shared.flows.sign_ins import close_and_drain
from shared.gcp.identity import Member
from shared.gcp.operation_counts import Operations, counted
from shared.gcp.store.accounts import account_ref, read_workspace
from shared.gcp.store.anonymous import anonymise_lines
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.claims import read_standing
from shared.gcp.store.database import Commit, LostRace, database, read, run
from shared.gcp.store.mails import due_mails, mails_to
from shared.gcp.store.paying import keeping_plan_of, read_paying, storage_limit
from shared.gcp.store.sessions import commit_beat, commit_session, end_session, read_session
from shared.gcp.store.slots import commit_slot, new_slot_name
from shared.gcp.store.team_storage import stored_in
from shared.gcp.store.teams import change_team, due_teams, find_team, leave_for_good, tidy_team
from shared.mail.mail import MailKind
from shared.policies import reclaim_policy
from shared.request_rates import BUCKETS
from shared.sessions.heartbeats import accept_beat
from shared.sessions.session import EndReason, Session, SessionState
from shared.snapshots.storage_quota import LeftOut, StorageUse
from tests.adapters.team_calls import Caller, pay
from tests.support.records.factories import BOOT, a_beat, a_head, a_slot, becoming
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.allocate import main as allocate
    from functions.heartbeat import main as heartbeat

BEAT = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def team(empty_database: None, tasks_standin: dict[str, str], auth_emulator: dict[str, str]) -> Iterator[None]:
    BUCKETS.clear()
    with environment(tasks_standin | auth_emulator):
        yield


def member_of(account: Account) -> Member:
    return Member(account.uid, account.email, None, email_verified=True)


def opened(caller: Caller) -> Session:
    """The caller's session, in use in a browser."""
    commit_slot(None, a_slot(new_slot_name()))
    account = caller.account
    session = allocate.claim(member_of(account), account, read_standing(account), first=True)
    found = read_session(session.sid)
    assert found is not None
    now = datetime.now(UTC)
    active = replace(found.record.activate(now), boot=BOOT, connected=True, seen=now, signals={"editor": now})
    commit_session(found, active)
    return active


def ended(session: Session) -> Session:
    return end_session(session.sid, datetime.now(UTC))


def stored(session: Session, used: int) -> None:
    """The session saves a checkpoint that takes so many bytes."""
    read, billing = read_session(session.sid), read_billing(session.bid)
    assert read is not None
    accepted = accept_beat(
        read.record,
        a_beat(session=session.sid, epoch=session.epoch),
        becoming(a_head(), StorageUse(used=used, limit=PLANS[session.plan].bytes)),
        billing=billing.record,
        policy=reclaim_policy(session.plan),
        now=session.seen + BEAT,
    )
    assert accepted is not None
    commit_beat(read, billing, accepted)


def now_of(session: Session) -> Session:
    found = read_session(session.sid)
    assert found is not None
    return found.record


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
    assert keeping_plan_of("guest", datetime.now(UTC)) == "team", "what the team had kept is kept for 90 days"
    assert keeping_plan_of("guest", datetime.now(UTC) + timedelta(days=91)) == "free"


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


def test_leaving_effects_are_told_before_and_the_workspace_goes_along() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    owner.make()
    guest.join(owner)
    told = guest.get("team/effects").json["effects"]
    assert (told["plan"]["name"], told["storage_limit"], told["session_open"]) == ("free", PLANS["free"].bytes, False)
    assert owner.get("team/effects").json["last_owner"]
    assert owner.post("team/leave").problem == "last-owner"
    wid = guest.account.wid
    guest.ok("team/leave")
    assert (guest.account.wid, guest.account.team, guest.account.teams != []) == (wid, None, True)


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
        assert keeping_plan_of("guest", datetime.now(UTC) + timedelta(days=days)) == plan


def test_an_ownership_is_handed_over() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    owner.make()
    guest.join(owner)
    owner.ok("team/role", uid="guest", role="owner")
    assert guest.post("usage/zone", time_zone="Asia/Seoul").problem == "forbidden"
    assert guest.state()["you"]["offered"] == "owner"
    guest.ok("team/answer", accept=True)
    owner.ok("team/leave")
    assert guest.state()["manages"]
    assert guest.ok("usage/zone", time_zone="Asia/Seoul")["time_zone"] == "Asia/Seoul"


def test_a_person_is_in_one_team() -> None:
    owner, other, guest = Caller("owner"), Caller("other"), Caller("guest")
    owner.make()
    other.make()
    token = other.invite("guest")
    guest.join(owner)
    look = guest.ok("team/look", token=token)
    assert (look["in_team"], guest.post("team/accept", token=token).problem) == ("Ours", "in-a-team")
    assert guest.post("team/create", name="Mine").problem == "in-a-team"


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


def test_a_team_is_deleted_with_its_name() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    session = opened(guest)
    assert owner.post("team/delete", name="ours").problem == "other-name"
    owner.ok("team/delete", name="Ours")
    assert (now_of(session).reason, find_team(bid)) == (EndReason.TEAM, None)
    assert (owner.account.team, guest.account.team, stored_in(bid)) == (None, None, [])
    assert read_billing(bid).record.owner == "", "the books stay, and name nobody"
    assert owner.post("team/create", name="Again").problem == "team-too-soon"


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


def at_once(*work: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(max_workers=len(work)) as pool:
        return [future.result() for future in [pool.submit(one) for one in work]]


def test_a_race_for_the_last_seat_has_one_winner() -> None:
    owner = Caller("owner")
    bid = owner.make()
    Caller("guest").join(owner)
    addresses = [f"late-{number}@example.com" for number in range(6)]
    answers = at_once(*(lambda to=to: owner.post("team/invite", address=to) for to in addresses))
    assert sorted(answer.problem for answer in answers) == [""] + ["team-full"] * 5
    found = find_team(bid)
    assert found is not None
    assert found.taken(datetime.now(UTC)) == 3


def test_a_link_that_is_opened_many_times_at_once_makes_one_member() -> None:
    owner, guest, stranger = Caller("owner"), Caller("guest"), Caller("stranger")
    bid = owner.make()
    token = owner.invite("guest")
    answers = at_once(*(lambda who=who: who.post("team/accept", token=token) for who in [guest, guest, stranger] * 2))
    assert [answer.status for answer in answers if answer.json.get("team")] == [200] * 4
    assert {answer.problem for answer in answers} <= {"", "other-address", "invitation-gone"}
    found = find_team(bid)
    assert found is not None
    assert [each.uid for each in found.people] == ["owner", "guest"]
    assert stranger.account.team is None


def test_whoever_wins_between_accepting_and_revoking_team_and_account_agree() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    for _ in range(4):
        token = owner.invite("guest")
        [invited] = owner.state()["invitations"]
        at_once(
            lambda: guest.post("team/accept", token=token),  # noqa: B023
            lambda: owner.post("team/revoke", invitation=invited["id"]),  # noqa: B023
            lambda: guest.post("team/accept", token=token),  # noqa: B023
        )
        found = find_team(bid)
        assert found is not None
        link = guest.account.team
        assert (found.link_of("guest"), found.invitations) == (link, [])
        assert [each.wid for each in stored_in(bid) if each.uid == "guest"] == ([guest.account.wid] if link else [])
        owner.post("team/remove", uid="guest")


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


def test_whoever_is_invited_or_removed_is_told_by_mail_and_the_link_goes_with_the_address() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    owner.make()
    assert not owner.ok("team/invite", address="guest@example.com", language="ko")["mailed"], "no server is set up"
    with environment({"SMTP_EMULATOR_HOST": "127.0.0.1:25"}):
        [invitation] = owner.state()["invitations"]
        answer = owner.ok("team/resend", invitation=invitation["id"])
    assert answer["mailed"]
    now = datetime.now(UTC)
    [mail] = due_mails(now)
    token = answer["link"].partition("#")[2]
    assert (mail.kind, mail.address, mail.language) == (MailKind.INVITATION, "guest@example.com", "ko")
    assert (mail.facts["token"], mail.facts["by"]) == (token, "Owner")
    assert mail.begin(now).sent(now).facts == {}
    guest.ok("team/accept", token=mail.facts["token"])
    owner.ok("team/remove", uid="guest")
    [told] = mails_to("guest")
    assert (told.record.kind, told.record.facts) == (MailKind.REMOVED, {"team": "Ours"})
    guest.join(owner)
    guest.ok("team/leave")
    assert len(mails_to("guest")) == 1, "who leaves knows it"


def test_whoever_was_in_a_team_is_told_by_mail_that_it_was_deleted_except_who_did() -> None:
    owner, guest, payer = Caller("owner"), Caller("guest"), Caller("payer")
    bid = owner.make()
    guest.join(owner)
    payer.join(owner, role="billing")
    owner.ok("team/delete", name="Ours")
    assert mails_to("owner") == []
    for uid, seat in (("guest", "yes"), ("payer", "")):
        [told] = mails_to(uid)
        assert (told.record.kind, told.record.facts) == (MailKind.TEAM_DELETED, {"team": "Ours", "seat": seat})
    tidy_team(bid, datetime.now(UTC))
    assert len(mails_to("guest")) == 1


def test_a_deletion_that_was_left_half_done_tells_each_once_and_nobody_who_is_gone() -> None:
    owner, guest, gone = Caller("owner"), Caller("guest"), Caller("gone")
    bid, now = owner.make(), datetime.now(UTC)
    guest.join(owner)
    gone.join(owner)
    change_team(bid, lambda team, _plan: team.close(now, "owner"))
    account = read(account_ref("gone"), Account)
    assert account is not None
    Commit().change(account_ref("gone"), account, account.record.delete(now)).run()
    for _ in range(2):
        tidy_team(bid, now)
    assert find_team(bid) is None
    assert [len(mails_to(each.uid)) for each in (owner, guest, gone)] == [0, 1, 0]


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


def test_the_only_owner_of_others_is_asked_first_and_an_account_without_a_team_goes() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    owner.make()
    guest.join(owner)
    assert owner.post("account/delete").problem == "last-owner"
    assert owner.account.state == AccountState.ACTIVE
    session = opened(guest)
    guest.ok("account/delete")
    assert (now_of(session).state, now_of(session).reason) == (SessionState.DRAINING, EndReason.DELETED)
    assert [each["uid"] for each in owner.state()["people"]] == ["owner"]
    owner.ok("account/delete")


def test_when_firebase_does_not_know_the_owner_the_longest_member_follows() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    close_and_drain("owner", datetime.now(UTC))
    assert guest.state()["manages"]
    close_and_drain("guest", datetime.now(UTC))
    assert find_team(bid) is None


def test_an_erased_member_is_named_in_no_ledger_and_in_no_team() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    session = opened(guest)
    heartbeat.apply_beat(a_beat(session=session.sid, epoch=session.epoch), session.seen + BEAT)
    end_session(session.sid, session.seen + BEAT)
    wid = guest.account.wid
    guest.ok("team/leave")
    lines = [line.record for line in run(database().collection_group("lines"), LedgerLine)]
    assert [(line.uid, line.ms) for line in lines] == [("guest", 30_000)]
    close_and_drain("guest", datetime.now(UTC))
    anonymise_lines("guest", "e-1")
    texts = str([found.to_dict() for top in ("teams", "storage", "lines") for found in everything_in(top)])
    assert ("'guest'" in texts, wid in texts, "'e-1'" in texts) == (False, False, True)
    assert sum(read_billing(bid).record.used.values()) == 30_000


def test_an_erased_owner_is_not_named_by_an_invitation_which_can_still_be_accepted() -> None:
    owner, other, guest = Caller("canary-owner"), Caller("other"), Caller("guest")
    owner.make()
    other.join(owner)
    token = owner.invite(guest.uid)
    close_and_drain("canary-owner", datetime.now(UTC))
    leave_for_good(owner.account, datetime.now(UTC))
    assert "canary-owner" not in str([found.to_dict() for found in everything_in("teams")])
    assert guest.ok("team/look", token=token)["by"] is None
    guest.ok("team/accept", token=token)


def everything_in(collection: str) -> list[Any]:
    return [*database().collection_group(collection).stream()]


def test_meter_forgets_old_invitations_and_finishes_a_deletion() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    owner.invite("late")
    later = datetime.now(UTC) + timedelta(days=14)
    assert [each.bid for each in due_teams(later - timedelta(hours=1))] == []
    [due] = due_teams(later)
    tidy_team(due.bid, later)
    found = find_team(bid)
    assert found is not None
    assert (found.invitations, [*due_teams(later)]) == ([], [])
    guest.join(owner)
    change_team(bid, lambda team, _plan: team.close(later))
    [due] = due_teams(later)
    tidy_team(due.bid, later)
    assert (find_team(bid), guest.account.team, owner.account.team) == (None, None, None)
