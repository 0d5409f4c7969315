"""Who is in a team, through its functions: invited, joining, leaving, handing over, erased; and all of it at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import normalize

import pytest

from shared.accounts.account import Account, AccountState
from shared.billing.metering import LedgerLine
from shared.billing.plans import PLANS
from shared.flows.sign_ins import close_and_drain
from shared.gcp.store.accounts import account_ref
from shared.gcp.store.anonymous import anonymise_lines
from shared.gcp.store.billing import read_billing
from shared.gcp.store.database import Commit, database, read, run
from shared.gcp.store.mails import due_mails, mails_to
from shared.gcp.store.sessions import end_session
from shared.gcp.store.team_storage import stored_in
from shared.gcp.store.teams import change_team, due_teams, find_team, leave_for_good, tidy_team
from shared.mail.mail import MailKind
from shared.sessions.session import EndReason, SessionState
from tests.adapters.team_calls import Caller
from tests.adapters.team_sessions import BEAT, now_of, opened
from tests.support.records.factories import a_beat
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # they read their settings when they are imported
    from functions.heartbeat import main as heartbeat

pytestmark = pytest.mark.usefixtures("people_call")


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


def test_a_team_is_deleted_with_its_name() -> None:
    owner, guest = Caller("owner"), Caller("guest")
    bid = owner.make()
    guest.join(owner)
    session = opened(guest)
    assert owner.post("team/delete", name="ours").problem == "other-name"
    owner.ok("team/rename", name=normalize("NFD", "우리"))
    owner.ok("team/delete", name=normalize("NFC", "우리"))
    assert (now_of(session).reason, find_team(bid)) == (EndReason.TEAM, None)
    assert (owner.account.team, guest.account.team, stored_in(bid)) == (None, None, [])
    assert read_billing(bid).record.owner == "", "the books stay, and name nobody"
    assert owner.post("team/create", name="Again").problem == "team-too-soon"


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
