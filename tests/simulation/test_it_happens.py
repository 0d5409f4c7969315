"""In random schedules everything happens that the simulation is there for: each of these is seen more than once."""

from collections import Counter
from collections.abc import Mapping
from random import Random

from shared.billing.subscription import Reason
from tests.simulation.conftest import SIZE
from tests.simulation.functions import Loaded
from tests.simulation.losses import Loss
from tests.simulation.provider import Unheard
from tests.simulation.schedule import in_teams, paying, play

SCHEDULES = 300
OF_PAYING = 100
"""So many of them are played once more, with members who pay: they do so in a quarter of the schedules only."""
OF_TEAMS = 100
"""And so many others with members who are in teams."""
OFTEN = 2
TEAM_FUNCTIONS = ("create", "invite", "resend", "revoke", "accept", "leave", "remove", "role", "answer", "delete_team")
REFUSED_LINKS = ("invitation-gone", "other-address", "email-unverified", "in-a-team", "team-unpaid", "no-seat-left")
EVENTS = (
    *(f"ended: {reason}" for reason in ("member", "idle", "allowance", "suspended", "lost", "stopped", "never-opened")),
    "a period turned over in a session",
    "a period was closed",
    "a period was closed while a session was open",
    "a day was rolled up",
    "a day was rolled up while a session was open",
    "work without a browser began",
    "work without a browser was charged",
    "work without a browser ended",
    "the plan of a running session changed",
    "a heartbeat was lost",
    "an answer to a heartbeat was lost",
    "a heartbeat came twice",
    "a heartbeat came again, late",
    "a task came twice",
    "a task came late",
    *(f"task: {loss}" for loss in Loss),
    *(f"commit: {loss}" for loss in Loss),
    "a liar's session was ended by its allowance",
    "a function was killed between two steps",
    "strangers kept a container's CPU on",
    "a member paid on a page",
    "a first payment failed",
    *(f"a payer's plan became {reason}" for reason in Reason if reason != Reason.NOTHING_BOUGHT),
    "an answer was long on its way",
    "an answer came too late, and was asked for again",
    *(f"{unheard}" for unheard in Unheard),
    "an event came twice",
    "an event came days late",
    "an event was lost",
    "events came out of order",
    "an operator's plan replaced a running subscription",
    "a customer was found to be gone",
    "an account was deleted while a subscription ran",
    "who had left was forgotten",
    "a function was killed while it asked about a payer",
    "a payer was due, and asked about by meter",
    "ended: team",
    *(f"team: {function}: done" for function in TEAM_FUNCTIONS),
    *(f"team: accept: {refusal}" for refusal in REFUSED_LINKS),
    *("team: invite: team-full", "team: invite: forbidden", "team: leave: last-owner", "team: create: in-a-team"),
    "somebody joined a team",
    *(f"somebody {how} a team while they worked" for how in ("joined", "left")),
    *(f"somebody left a team: {function}" for function in ("leave", "remove", "delete_account")),
    "somebody left a team that is deleted",
    "somebody opened on a team's time",
    "somebody found no seat in their team",
    "a checkpoint shared a team's storage",
)


def test_everything_happens(functions: Mapping[str, Loaded]) -> None:
    random, happened = Random(0), Counter[str]()  # noqa: S311
    schedules = [random.randbytes(SIZE) for _ in range(SCHEDULES)]
    for schedule in [*schedules, *map(paying, schedules[:OF_PAYING]), *map(in_teams, schedules[-OF_TEAMS:])]:
        happened.update(play(functions, schedule).events.counts)
    assert {what: happened[what] for what in EVENTS if happened[what] < OFTEN} == {}
