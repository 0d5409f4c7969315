"""What people send about their team, and what they are answered."""

from typing import Annotated

from msgspec import Meta, Struct

from shared.accounts.invitation import Address, InvitationId, Language, TeamRole, Token
from shared.accounts.team import TeamName
from shared.views.team import EffectsView, TeamView

Uid = Annotated[str, Meta(min_length=1, max_length=128)]


class Nothing(Struct, forbid_unknown_fields=True):
    """No fields: the team is the caller's."""


class MakeTeam(Struct, forbid_unknown_fields=True):
    name: TeamName


class RenameTeam(Struct, forbid_unknown_fields=True):
    name: TeamName


class Invite(Struct, forbid_unknown_fields=True):
    address: Address
    role: TeamRole = TeamRole.MEMBER
    """Any but `owner`: the ownership is offered to somebody who is in the team."""
    language: Language = "en"
    """Of the mail that brings the invitation."""


class OneInvitation(Struct, forbid_unknown_fields=True):
    invitation: InvitationId


class WithToken(Struct, forbid_unknown_fields=True):
    token: Token
    """What the link has behind its `#`."""


class Effects(Struct, forbid_unknown_fields=True):
    uid: Uid | None = None
    """Whose; None: the caller's. An owner can ask about everybody in the team."""


class OnePerson(Struct, forbid_unknown_fields=True):
    uid: Uid


class GiveRole(Struct, forbid_unknown_fields=True):
    uid: Uid
    role: TeamRole


class Reply(Struct, forbid_unknown_fields=True):
    accept: bool


class DeleteTeam(Struct, forbid_unknown_fields=True):
    name: TeamName
    """The team's name, as the owner has typed it: so nobody deletes a team by mistake."""


class TeamAnswer(Struct):
    """The caller's team; None without one."""

    team: TeamView | None


class InviteAnswer(Struct):
    """The team with the invitation, and the link that accepts it."""

    team: TeamView
    invitation: InvitationId
    link: Annotated[str, Meta(extra_json_schema={"format": "uri"})]
    """Ondol stores only its hash, so it is shown once. It works for the address alone to which it was sent."""
    mailed: bool
    """Whether a mail with the link is on its way. If not, the owner passes it on."""


class EffectsAnswer(Struct):
    """What leaving the team does."""

    effects: EffectsView | None
    """None if the person does not work on the team's time, so that nothing changes for their work."""
    last_owner: bool
    """Whether no owner would be left. Then the ownership has to be handed over first."""
