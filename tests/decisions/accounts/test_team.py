"""A team: seats are never exceeded, an owner is always there; an invitation is for one address, once, for a week."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.accounts.invitation import Invitation, TeamRole, invitation, masked
from shared.accounts.team import (
    FORGET_AFTER,
    INVITATIONS_A_DAY,
    MOST_PEOPLE,
    Team,
    TeamLink,
    Teammate,
    check_may_make,
    check_may_open_in,
    new_team,
    seats_to_promise,
)
from shared.billing.account import Billing
from shared.billing.kept_plan import Kept
from shared.billing.plans import PLANS
from shared.billing.subscription import PaidFor, Reason
from shared.errors import Conflict, Problem, Refused
from shared.views.plan import PaidForView, plan_view
from shared.views.team import team_view

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
OWNER, MEMBER, PAYING, BILLING = TeamRole
SEATS = PLANS["team"].seats or 0
OTHERS = ["u-2", "u-3", "u-4", "u-5"]


def a_team(*members: str, now: datetime = NOW) -> Team:
    team = new_team("b-1", "Ours", "u-1", now)
    people = [Teammate(uid=uid, role=MEMBER, joined=now) for uid in members]
    return replace(team, people=[*team.people, *people])


def an_invitation(uid: str = "u-2", role: TeamRole = MEMBER, now: datetime = NOW, token: str = "") -> Invitation:
    return invitation(f"i-{uid}", token or f"token-{uid}", f"{uid}@example.com", role, "en", "u-1", now)


def refusal(error: pytest.ExceptionInfo[Problem]) -> str:
    return error.value.name


def test_an_invitation_takes_its_seat_and_gives_it_to_who_accepts() -> None:
    team = a_team().invite(an_invitation(), "team", NOW)
    assert team.taken(NOW) == 2
    joined = team.join("token-u-2", "u-2", "u-2@example.com", "team", NOW)
    assert (joined.taken(NOW), joined.invitations, joined.role_of("u-2")) == (2, [], MEMBER)
    assert joined.link_of("u-2") == TeamLink("b-1", True)


def test_who_accepts_twice_gets_the_team() -> None:
    joined = a_team().invite(an_invitation(), "team", NOW).join("token-u-2", "u-2", "u-2@example.com", "team", NOW)
    assert joined.join("token-u-2", "u-2", "u-2@example.com", "team", NOW) is joined


@pytest.mark.parametrize("address", ["U-2@Example.COM", " u-2@example.com"])
def test_an_address_may_be_spelled_as_mail_services_allow(address: str) -> None:
    team = a_team().invite(an_invitation(), "team", NOW)
    assert team.join("token-u-2", "u-2", address, "team", NOW).find("u-2")


@pytest.mark.parametrize(
    ("token", "later", "problem"),
    [
        ("token-u-3", timedelta(), "invitation-gone"),
        ("token-u-2", timedelta(days=7), "invitation-gone"),
        ("", timedelta(), "invitation-gone"),
    ],
)
def test_a_token_that_is_not_an_open_invitations_opens_nothing(token: str, later: timedelta, problem: str) -> None:
    team = a_team().invite(an_invitation(), "team", NOW)
    with pytest.raises(Refused) as refused:
        team.join(token, "u-2", "u-2@example.com", "team", NOW + later)
    assert refusal(refused) == problem


def test_another_address_is_told_only_a_masked_one() -> None:
    team = a_team().invite(an_invitation(), "team", NOW)
    with pytest.raises(Refused) as refused:
        team.join("token-u-2", "u-9", "u-9@example.com", "team", NOW)
    assert refusal(refused) == "other-address"
    assert "u***@example.com" in refused.value.detail
    assert "u-2@" not in refused.value.detail


@pytest.mark.parametrize(
    ("address", "shown"), [("ann@example.com", "a***@example.com"), ("b@x.kr", "b***@x.kr"), ("é@x.kr", "é***@x.kr")]
)
def test_a_masked_address_has_its_first_letter_and_its_domain(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_who_is_invited_again_has_one_invitation_and_only_its_newest_link() -> None:
    team = a_team().invite(an_invitation(), "team", NOW).invite(an_invitation(token="newer"), "team", NOW)
    assert len(team.invitations) == 1
    sent = team.send_again("i-u-2", "newest", "u-1", "team", NOW + DAY)
    assert sent.invitations[0].expires == NOW + 8 * DAY
    for old in ("token-u-2", "newer"):
        with pytest.raises(Refused):
            sent.invitation_with(old, NOW + DAY)
    assert sent.invitation_with("newest", NOW + DAY).id == "i-u-2"


def test_a_revoked_invitation_gives_its_seat_back() -> None:
    full = a_team("u-2").invite(an_invitation("u-3"), "team", NOW)
    with pytest.raises(Conflict) as refused:
        full.invite(an_invitation("u-4"), "team", NOW)
    assert refusal(refused) == "team-full"
    after = full.revoke("i-u-3", NOW).invite(an_invitation("u-4"), "team", NOW)
    assert [each.id for each in after.invitations] == ["i-u-4"]
    with pytest.raises(Refused):
        after.invitation_with("token-u-3", NOW)


def test_an_expired_invitation_takes_no_seat_and_is_forgotten_after_a_week() -> None:
    full = a_team("u-2").invite(an_invitation("u-3"), "team", NOW)
    later = NOW + 7 * DAY
    assert full.taken(later) == 2
    assert full.due == later + FORGET_AFTER
    assert full.tidied(later) == full
    gone = full.tidied(later + FORGET_AFTER)
    assert (gone.invitations, gone.due) == ([], None)


def test_before_it_is_paid_for_a_team_invites_and_only_who_pays_can_join() -> None:
    team = a_team().invite(an_invitation("u-2"), "free", NOW).invite(an_invitation("u-3"), "free", NOW)
    team = team.invite(an_invitation("u-4", BILLING), "free", NOW)
    with pytest.raises(Conflict) as refused:
        team.invite(an_invitation("u-5"), "free", NOW)
    assert refusal(refused) == "team-full"
    with pytest.raises(Conflict) as refused:
        team.join("token-u-2", "u-2", "u-2@example.com", "free", NOW)
    assert refusal(refused) == "team-unpaid"
    paying = team.join("token-u-4", "u-4", "u-4@example.com", "free", NOW)
    assert paying.link_of("u-4") == TeamLink("b-1", False)
    assert [each.uid for each in paying.payers] == ["u-4", "u-1"]
    assert paying.join("token-u-2", "u-2", "u-2@example.com", "team", NOW).find("u-2")


def test_fifty_invitations_a_day_resent_ones_included() -> None:
    team = a_team().invite(an_invitation(), "team", NOW)
    for number in range(INVITATIONS_A_DAY - 1):
        team = team.send_again("i-u-2", f"token-{number}", "u-1", "team", NOW)
    assert team.may_send(NOW) == 0
    with pytest.raises(Refused) as refused:
        team.send_again("i-u-2", "more", "u-1", "team", NOW)
    assert (refusal(refused), refused.value.retry_after) == ("too-many-invitations", 15 * 3600)
    assert team.revoke("i-u-2", NOW).may_send(NOW) == 0, "revoking sends nothing less"
    assert team.send_again("i-u-2", "more", "u-1", "team", NOW + DAY).may_send(NOW + DAY) == INVITATIONS_A_DAY - 1


def test_a_team_without_limit_of_seats_is_bounded_too() -> None:
    team = a_team(*(f"m-{number}" for number in range(MOST_PEOPLE - 1)))
    with pytest.raises(Conflict) as refused:
        team.invite(an_invitation(), "enterprise", NOW)
    assert refusal(refused) == "team-full"


def test_the_last_owner_stays() -> None:
    team = a_team("u-2")
    with pytest.raises(Conflict) as refused:
        team.without("u-1", NOW)
    assert refusal(refused) == "last-owner"
    with pytest.raises(Conflict) as refused:
        team.offer("u-1", MEMBER, "team", NOW)
    assert refusal(refused) == "last-owner"
    assert (team.is_only_owner("u-1"), team.is_only_owner("u-2")) == (True, False)


def test_the_ownership_is_offered_and_holds_once_accepted() -> None:
    offered = a_team("u-2").offer("u-2", OWNER, "team", NOW)
    assert (offered.role_of("u-2"), offered.is_only_owner("u-1")) == (MEMBER, True)
    assert offered.answer("u-2", accept=False, plan="team") == a_team("u-2")
    accepted = offered.answer("u-2", accept=True, plan="team")
    assert (accepted.role_of("u-2"), accepted.is_only_owner("u-1")) == (OWNER, False)
    assert accepted.without("u-1", NOW).role_of("u-2") == OWNER
    with pytest.raises(Refused):
        accepted.answer("u-2", accept=True, plan="team")


def test_a_seat_is_offered_and_kept_for_who_only_pays() -> None:
    team = replace(a_team("u-2"), people=[*a_team("u-2").people, Teammate(uid="u-3", role=BILLING, joined=NOW)])
    assert team.taken(NOW) == 2
    offered = team.offer("u-3", PAYING, "team", NOW)
    assert (offered.taken(NOW), offered.link_of("u-3")) == (3, TeamLink("b-1", False))
    with pytest.raises(Conflict):
        offered.invite(an_invitation("u-4"), "team", NOW)
    with pytest.raises(Conflict) as refused:
        offered.answer("u-3", accept=True, plan="free")
    assert refusal(refused) == "team-unpaid"
    assert offered.answer("u-3", accept=True, plan="team").link_of("u-3") == TeamLink("b-1", True)
    assert team.offer("u-2", BILLING, "team", NOW).link_of("u-2") == TeamLink("b-1", False), "a seat is taken at once"


def test_a_full_team_offers_no_seat() -> None:
    full = a_team("u-2", "u-3")
    team = replace(full, people=[*full.people, Teammate(uid="u-4", role=BILLING, joined=NOW)])
    with pytest.raises(Conflict) as refused:
        team.offer("u-4", MEMBER, "team", NOW)
    assert refusal(refused) == "team-full"


def test_after_a_smaller_plan_whoever_accepts_is_told_that_the_plan_has_no_seat_left() -> None:
    smaller = a_team("u-2", "u-3").invite(an_invitation("u-4"), "enterprise", NOW)
    with pytest.raises(Conflict) as refused:
        smaller.join("token-u-4", "u-4", "u-4@example.com", "team", NOW)
    assert refusal(refused) == "no-seat-left"


def test_when_the_only_owner_is_gone_the_longest_member_follows() -> None:
    team = replace(a_team("u-2", "u-3"))
    team = replace(team, people=[Teammate(uid="u-0", role=BILLING, joined=NOW), *team.people])
    after = team.without_gone("u-1", NOW)
    assert {each.uid: each.role for each in after.people} == {"u-0": BILLING, "u-2": OWNER, "u-3": MEMBER}
    two = a_team("u-2").offer("u-2", OWNER, "team", NOW).answer("u-2", accept=True, plan="team")
    assert two.without_gone("u-1", NOW).people == two.people[1:]


def test_an_invitation_does_not_name_a_sender_who_has_left() -> None:
    team = a_team("u-2").invite(an_invitation("u-9"), "team", NOW)
    two = team.offer("u-2", OWNER, "team", NOW).answer("u-2", accept=True, plan="team")
    for after in (team.without_gone("u-1", NOW), two.without("u-1", NOW)):
        assert [(each.address, each.by) for each in after.invitations] == [("u-9@example.com", "")]
        assert after.invitation_with("token-u-9", NOW), "it can still be accepted"
        assert "u-1" not in str(after)
    assert two.without("u-2", NOW).invitations == team.invitations


def test_a_team_that_nobody_works_in_is_closed() -> None:
    alone = a_team().invite(an_invitation(), "team", NOW).without_gone("u-1", NOW)
    assert (alone.closed, alone.people, alone.invitations, alone.due) == (NOW, [], [], NOW)
    payer = replace(a_team(), people=[*a_team().people, Teammate(uid="u-2", role=BILLING, joined=NOW)])
    closed = payer.without_gone("u-1", NOW)
    assert (closed.closed, [each.uid for each in closed.people]) == (NOW, ["u-2"])


def test_a_closed_team_takes_nobody_and_lets_all_go() -> None:
    closed = a_team("u-2").invite(an_invitation("u-3"), "team", NOW).close(NOW)
    with pytest.raises(Refused):
        closed.invite(an_invitation("u-4"), "team", NOW)
    with pytest.raises(Refused):
        closed.join("token-u-3", "u-3", "u-3@example.com", "team", NOW)
    assert closed.without("u-1", NOW).without("u-2", NOW).people == []
    assert not closed.pays_for("u-1", "team")


def test_after_a_smaller_plan_the_newest_open_no_session_and_nobody_is_removed() -> None:
    team = a_team("u-2", "u-3", "u-4")
    check_may_open_in(team, "u-3", "team")
    with pytest.raises(Refused) as refused:
        check_may_open_in(team, "u-4", "team")
    assert refusal(refused) == "no-seat"
    check_may_open_in(team, "u-4", "enterprise")
    check_may_open_in(team.without("u-2", NOW), "u-4", "team")
    assert [team.pays_for(uid, plan) for uid, plan in (("u-4", "team"), ("u-4", "free"), ("u-9", "team"))] == [
        True,
        False,
        False,
    ]


def test_a_person_makes_one_team_a_day_and_is_in_one() -> None:
    check_may_make(False, None, NOW)
    check_may_make(False, NOW - DAY, NOW)
    with pytest.raises(Refused) as refused:
        check_may_make(False, NOW - DAY + timedelta(seconds=9), NOW)
    assert (refusal(refused), refused.value.retry_after) == ("team-too-soon", 9)
    with pytest.raises(Conflict) as conflict:
        check_may_make(True, None, NOW)
    assert refusal(conflict) == "in-a-team"


def an_account() -> Account:
    return Account(
        uid="u-1", bid="b-0", wid="w-1", state=AccountState.ACTIVE, email=None, name=None, locale=None, created=NOW
    )


def test_an_account_remembers_the_teams_whose_time_it_used() -> None:
    account = an_account()
    paid = account.in_team(TeamLink("b-1", False))
    assert (paid.works_in, paid.teams) == (None, [])
    worked = paid.in_team(TeamLink("b-1", True)).in_team(None).in_team(TeamLink("b-1", True))
    assert (worked.works_in, worked.teams, worked.in_team(None).teams) == ("b-1", ["b-1"], ["b-1"])


ACTS = ["invite", "again", "revoke", "join", "leave", "gone", "role", "yes", "no", "wait", "plan"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(ACTS), st.sampled_from(["u-1", *OTHERS]), st.sampled_from([*TeamRole]), st.integers(0, 9)
        ),
        max_size=40,
    )
)
@settings(max_examples=300, deadline=None)
def test_whatever_happens_seats_are_not_exceeded_and_an_owner_is_there(
    acts: list[tuple[str, str, TeamRole, int]],
) -> None:
    team, plan, now = a_team(), "team", NOW
    for act, uid, role, number in acts:
        working = sum(each.role.takes_seat for each in team.people)
        taken = team.taken(now)
        after, token = team, f"token-{uid}"
        try:
            match act:
                case "invite":
                    after = team.invite(an_invitation(uid, role, now), plan, now)
                case "again":
                    after = team.send_again(f"i-{uid}", token, "u-1", plan, now)
                case "revoke":
                    after = team.revoke(f"i-{uid}", now)
                case "join":
                    after = team.join(token, uid, f"{uid}@example.com", plan, now)
                case "leave":
                    after = team.without(uid, now)
                case "gone":
                    after = team.without_gone(uid, now)
                case "role":
                    after = team.offer(uid, role, plan, now)
                case "yes" | "no":
                    after = team.answer(uid, accept=act == "yes", plan=plan)
                case "wait":
                    now += timedelta(days=number)
                    taken = team.taken(now)
                case _:
                    plan = ["free", "team", "enterprise"][number % 3]
        except Problem:
            pass
        seats = seats_to_promise(plan)
        if seats is not None:
            assert after.taken(now) <= max(seats, taken)
            assert sum(each.role.takes_seat for each in after.people) <= max(seats, working)
        assert after.closed or any(each.role == OWNER for each in after.people)
        assert len({each.uid for each in after.people}) == len(after.people)
        addresses = [each.address for each in after.invitations]
        assert len({*addresses}) == len(addresses)
        assert after.may_send(now) >= 0
        if after.closed:
            return
        team = after


def test_what_was_kept_when_somebody_left_a_team_is_kept_for_ninety_days_whatever_is_left_later() -> None:
    account = an_account()
    large, small, lost = (
        Billing(bid="b-1", owner="", plan=plan, time_zone=None, kept=kept)
        for plan, kept in (("enterprise", None), ("team", None), ("free", Kept(plan="team", since=NOW)))
    )
    after = account.lose(large, NOW).lose(small, NOW + 60 * DAY)
    assert after.lost_plans == [Kept(plan="enterprise", since=NOW), Kept(plan="team", since=NOW + 60 * DAY)]
    assert account.lose(lost, NOW + 10 * DAY).lost_plans == [Kept(plan="team", since=NOW)]
    assert account.lose(lost, NOW + 90 * DAY).lost_plans == []
    again = replace(lost, plan="team", kept=None, lost=[Kept(plan="team", since=NOW)])
    assert account.lose(again, NOW + DAY).lost_plans == [*again.lost, Kept(plan="team", since=NOW + DAY)]


def test_that_a_payment_is_missing_is_told_to_those_alone_who_may_pay() -> None:
    team = replace(a_team("u-2"), people=[*a_team("u-2").people, Teammate(uid="u-3", role=BILLING, joined=NOW)])
    paid_for = PaidFor(reason=Reason.RETRYING, until=NOW + DAY, subscribed=True)
    billing = Billing(bid="b-1", owner="", plan="team", time_zone=None, paid_for=paid_for)
    told = [team_view(team, uid, billing, {}, NOW).paid_for for uid in ("u-1", "u-2", "u-3")]
    until = (NOW + DAY).timestamp()
    assert told == [PaidForView(plan_view("team"), Reason.RETRYING, until, True), None, told[0]]
