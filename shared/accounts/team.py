"""A team: who is in it, who is invited, and how many seats that takes. Every change is one function of the record."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from shared.accounts.invitation import Invitation, TeamRole, masked
from shared.billing.plans import PLANS, is_shared
from shared.errors import Conflict, Refused

MOST_PEOPLE = 500
"""People and invitations of a team, so that its record stays far below Firestore's limit of 1 MiB."""
INVITATIONS_A_DAY = 50
"""Invitations that a team sends within a day, those that are sent again included. Each is a mail to a stranger."""
FORGET_AFTER = timedelta(days=7)
"""How long an owner sees that an invitation has expired. Then its address is deleted."""
MAKE_AGAIN = timedelta(days=1)
"""A person makes one team within this time: another team has invitations of its own to send."""

TeamName = Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*\Z")]


class TeamLink(Struct, frozen=True):
    """In an account: the team that the person is in."""

    bid: str
    seated: bool
    """Whether the person works on the team's time."""


class Teammate(Struct, frozen=True, kw_only=True):
    uid: str
    role: TeamRole
    joined: datetime
    offered: TeamRole | None = None
    """A role that an owner has offered, and that the person has not answered."""

    @property
    def takes_seat(self) -> bool:
        return self.role.takes_seat or (self.offered is not None and self.offered.takes_seat)


class Team(Struct, frozen=True, kw_only=True):
    """`teams/{bid}`: the people who share the billing account `bid`. All that must not race is in this one record."""

    bid: str
    name: str
    created: datetime
    people: list[Teammate]
    """The longest first."""
    invitations: list[Invitation] = []
    """At most one for an address."""
    day: str = ""
    """The day, in UTC, on which invitations were sent last."""
    sent: int = 0
    """Invitations sent on that day."""
    closed: datetime | None = None
    """Since when the team is being deleted: nobody joins, and all leave."""
    closed_by: str | None = None
    """The uid of the owner who deletes it, and need not be told; None if the last who worked in it is gone."""
    due: datetime | None = None
    """When `meter` should look at the team next; None if nothing can change by itself."""

    def find(self, uid: str) -> Teammate | None:
        return next((each for each in self.people if each.uid == uid), None)

    def role_of(self, uid: str) -> TeamRole | None:
        found = self.find(uid)
        return found.role if found else None

    def link_of(self, uid: str) -> TeamLink | None:
        found = self.find(uid)
        return TeamLink(self.bid, found.role.takes_seat) if found else None

    @property
    def payers(self) -> list[Teammate]:
        """Those who pay, the longest first; owners after those who are there to pay."""
        paying = [each for each in self.people if each.role.may_pay]
        return sorted(paying, key=lambda each: each.role == TeamRole.OWNER)

    def is_only_owner(self, uid: str) -> bool:
        """Whether no owner would be left without the person."""
        return [each.uid for each in self.people if each.role == TeamRole.OWNER] == [uid]

    def pays_for(self, uid: str, plan: str) -> bool:
        """Whether the team, on this plan, pays for the person's sessions."""
        return is_shared(plan) and not self.closed and uid in [each.uid for each in self.people if each.role.takes_seat]

    def has_seat(self, uid: str, seats: int | None) -> bool:
        """Whether the person works on the team's time, and is not among those who joined last while the plan has fewer
        `seats` than people."""
        return uid in [each.uid for each in self.people if each.role.takes_seat][:seats]

    def invitation_with(self, token: str, now: datetime) -> Invitation:
        """Raises Refused unless the token is of an open invitation. An invitation that was accepted, replaced, revoked
        or has expired gets the same answer as one that never existed."""
        found = next((each for each in self.invitations if each.is_open(now) and each.has(token)), None)
        if found is None or self.closed:
            raise no_invitation()
        return found

    def invitation_named(self, name: str) -> Invitation:
        """Raises Refused."""
        found = next((each for each in self.invitations if each.id == name), None)
        if found is None:
            detail = "This invitation was accepted, replaced or revoked, or has expired long ago."
            raise Refused("not-found", detail, status=404)
        return found

    def taken(self, now: datetime) -> int:
        """Seats that are taken: by people, by offers of a seat, and by open invitations."""
        invited = sum(each.is_open(now) and each.role.takes_seat for each in self.invitations)
        return sum(each.takes_seat for each in self.people) + invited

    def may_send(self, now: datetime) -> int:
        """How many invitations can still be sent today."""
        return INVITATIONS_A_DAY - (self.sent if self.day == _day(now) else 0)

    def renamed(self, name: str) -> "Team":
        return replace(self, name=name.strip())

    def invite(self, new: Invitation, plan: str, now: datetime) -> "Team":
        """The team with an invitation, which replaces an earlier one to the same address. Raises Conflict and
        Refused."""
        others = [each for each in self.invitations if not each.is_for(new.address)]
        after = _counted(replace(self, invitations=others), now)
        if new.role.takes_seat:
            after.check_seat(plan, now)
        if len(after.people) + len(others) >= MOST_PEOPLE:
            raise Conflict("team-full", f"A team has at most {MOST_PEOPLE} people and invitations.")
        return _settled(replace(after, invitations=[*others, new]), now)

    def send_again(self, name: str, token: str, by: str, plan: str, now: datetime) -> "Team":
        return self.invite(self.invitation_named(name).sent_again(token, by, now), plan, now)

    def revoke(self, name: str, now: datetime) -> "Team":
        gone = self.invitation_named(name)
        return _settled(replace(self, invitations=[each for each in self.invitations if each != gone]), now)

    def join(self, token: str, uid: str, address: str, plan: str, now: datetime) -> "Team":
        """The team after the invitation was accepted by a person with this verified address. The same team if the
        person is in it. Raises Conflict and Refused."""
        if self.find(uid):
            return self
        accepted = self.invitation_with(token, now)
        if not accepted.is_for(address):
            raise other_address(accepted)
        if accepted.role.takes_seat:
            self._check_room(plan)
        left = [each for each in self.invitations if each != accepted]
        person = Teammate(uid=uid, role=accepted.role, joined=now)
        return _settled(replace(self, people=[*self.people, person], invitations=left), now)

    def without(self, uid: str, now: datetime) -> "Team":
        """The team after the person left. Raises Conflict if no owner would be left, unless the team is being deleted.
        The same team if the person is not in it."""
        if self.find(uid) is None:
            return self
        self._check_keeps_owner(uid)
        return _settled(self._left_by(uid), now)

    def without_gone(self, uid: str, now: datetime) -> "Team":
        """The team after a person is gone for good, who can hand over nothing. If no owner is left, the longest of
        those who work in the team becomes one; if there is nobody either, the team is closed."""
        if self.find(uid) is None:
            return self
        after = self._left_by(uid)
        left = after.people
        if self.closed or any(each.role == TeamRole.OWNER for each in left):
            return _settled(after, now)
        heir = next((each for each in left if each.role.takes_seat), None)
        if heir is None:
            return after.close(now)
        return _settled(_with(after, replace(heir, role=TeamRole.OWNER, offered=None)), now)

    def _left_by(self, uid: str) -> "Team":
        """The team names the person nowhere any more, so that nothing of it has to be found when they are erased."""
        return replace(
            self,
            people=[each for each in self.people if each.uid != uid],
            invitations=[each.without_sender(uid) for each in self.invitations],
            closed_by=None if self.closed_by == uid else self.closed_by,
        )

    def offer(self, uid: str, role: TeamRole, plan: str, now: datetime) -> "Team":
        """The team after an owner chose another role for a person. What only takes rights away holds at once. A seat or
        the ownership is offered, and holds once the person accepts it. Raises Conflict and Refused."""
        person = self._person(uid)
        if role == person.role:
            return _with(self, replace(person, offered=None))
        if role != TeamRole.OWNER and (person.role.takes_seat or not role.takes_seat):
            self._check_keeps_owner(uid)
            return _with(self, replace(person, role=role, offered=None))
        if role.takes_seat and not person.takes_seat:
            self.check_seat(plan, now)
        return _with(self, replace(person, offered=role))

    def answer(self, uid: str, *, accept: bool, plan: str) -> "Team":
        """The team after the person answered an offer. Raises Refused and Conflict."""
        person = self._person(uid)
        if person.offered is None:
            raise Refused("not-found", "Nothing is offered to you, or not any more. Reload the page.", status=404)
        if not accept:
            return _with(self, replace(person, offered=None))
        if not person.role.takes_seat:
            self._check_room(plan)
        return _with(self, replace(person, role=person.offered, offered=None))

    def close(self, now: datetime, by: str | None = None) -> "Team":
        """`by`: the uid of an owner who deletes the team."""
        closed_by = self.closed_by if self.closed else by
        return replace(self, closed=self.closed or now, closed_by=closed_by, invitations=[], due=now)

    def tidied(self, now: datetime) -> "Team":
        """The team without invitations that expired long ago."""
        return _settled(self, now)

    def _person(self, uid: str) -> Teammate:
        found = self.find(uid)
        if found is None:
            raise not_in_team()
        return found

    def _check_keeps_owner(self, uid: str) -> None:
        """Raises Conflict if no owner would be left without the person, unless the team is being deleted."""
        if not self.closed and self.is_only_owner(uid):
            detail = "No owner would be left. Offer the ownership to another person first, or delete the team."
            raise Conflict("last-owner", detail)

    def check_seat(self, plan: str, now: datetime) -> None:
        """Raises Conflict unless one more seat can be promised."""
        seats = seats_to_promise(plan)
        if seats is not None and self.taken(now) >= seats:
            detail = (
                f"All {seats} seats are taken, by people and open invitations. Remove a person, revoke an invitation"
            )
            raise Conflict("team-full", f"{detail}, or change to a larger plan.")

    def _check_room(self, plan: str) -> None:
        """Raises Conflict unless one more person can take a seat. Their invitation or offer has its seat already."""
        if not is_shared(plan):
            detail = "This team is not paid for yet. Ask its owner: your invitation stays valid meanwhile."
            raise Conflict("team-unpaid", detail)
        seats = PLANS[plan].seats
        if seats is not None and sum(each.role.takes_seat for each in self.people) >= seats:
            raise Conflict("no-seat-left", "The team's plan has no seat left. Ask an owner for a larger plan.")


def new_team(bid: str, name: str, uid: str, now: datetime) -> Team:
    owner = Teammate(uid=uid, role=TeamRole.OWNER, joined=now)
    return Team(bid=bid, name=name.strip(), created=now, people=[owner])


def seats_to_promise(plan: str) -> int | None:
    """How many seats a team can promise; None without limit. Before it is paid for: those of the smallest plan that can
    be shared, because whoever pays may have to be invited first."""
    if is_shared(plan):
        return PLANS[plan].seats
    return next((each.seats for each in PLANS.values() if each.seats != 1), 1)


def check_may_make(in_team: bool, made: datetime | None, now: datetime) -> None:
    """Raises Conflict and Refused."""
    if in_team:
        raise in_a_team()
    if made is not None and now < made + MAKE_AGAIN:
        wait = round((made + MAKE_AGAIN - now).total_seconds())
        detail = "You made a team within the last day. Make another one tomorrow."
        raise Refused("team-too-soon", detail, status=429, retry_after=max(1, wait))


def check_may_open_in(team: Team, uid: str, plan: str) -> None:
    """Raises Refused if the plan has fewer seats than people, and the person is among those who joined last. Nobody is
    removed for that, and sessions that are open go on."""
    seats = PLANS[plan].seats
    if not team.has_seat(uid, seats):
        working = sum(each.role.takes_seat for each in team.people)
        detail = f"Your team's plan has {seats} seats, and {working} people work in the team. Your files are kept."
        raise Refused("no-seat", f"{detail} Ask an owner for a larger plan, or leave the team to use your own account.")


def in_a_team() -> Conflict:
    return Conflict("in-a-team", "You are in a team already. Leave it first: a person is in one team at a time.")


def no_invitation() -> Refused:
    detail = "This invitation was replaced, revoked or used, or has expired. Ask the team for another one."
    return Refused("invitation-gone", detail, status=404)


def other_address(invited: Invitation) -> Refused:
    """The address is masked: whoever has the link may be a stranger."""
    detail = f"This invitation is for {masked(invited.address)}. Sign in with that address,"
    return Refused("other-address", f"{detail} or ask the team for an invitation to the address that you use.")


def no_team() -> Refused:
    return Refused("no-team", "You are in no team.", status=404)


def not_in_team() -> Refused:
    return Refused("not-found", "This person is not in the team any more. Reload the page.", status=404)


def _day(now: datetime) -> str:
    return f"{now:%Y-%m-%d}"


def _with(team: Team, person: Teammate) -> Team:
    return replace(team, people=[person if each.uid == person.uid else each for each in team.people])


def _counted(team: Team, now: datetime) -> Team:
    """The team with one more invitation sent today. Raises Refused and Conflict."""
    if team.closed:
        raise no_team()
    left = team.may_send(now)
    if left <= 0:
        detail = f"This team has sent {INVITATIONS_A_DAY} invitations today. Send more from 00:00 UTC on."
        wait = 86400 - int(now.timestamp()) % 86400
        raise Refused("too-many-invitations", detail, status=429, retry_after=wait)
    return replace(team, day=_day(now), sent=INVITATIONS_A_DAY - left + 1)


def _settled(team: Team, now: datetime) -> Team:
    """The team without invitations that expired long ago, due when the next one will have."""
    kept = [each for each in team.invitations if now < each.expires + FORGET_AFTER]
    due = now if team.closed else min((each.expires + FORGET_AFTER for each in kept), default=None)
    return replace(team, invitations=kept, due=due)
