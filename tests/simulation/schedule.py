"""A schedule: bytes that say what happens next. Zeros are nothing, so that hypothesis can leave out what matters not.

The first ones say who there is, when it begins, and which kinds of faults there are at all: with all of them in every
schedule, few sessions would come to live long enough for anything to happen to them. Then each two bytes are a step:
what happens, and to whom of those that there are at that moment.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from shared.billing.account import Billing
from shared.billing.plans import PLANS
from tests.simulation.ending import finish
from tests.simulation.functions import Loaded, living_in
from tests.simulation.granting import granted
from tests.simulation.overshoot import check_allowances
from tests.simulation.processes import Violation
from tests.simulation.steps import PLAN_NAMES, ZONES, table_of
from tests.simulation.team_steps import begin_team
from tests.simulation.world import CLOCK, World
from tests.support.records.factories import a_billing

REPLAY = ".venv/bin/python -m tests.simulation.replay"
"""Plays one schedule again, in another process, and tells each step."""
HEADER = 6
PAYS_AT, PAYS = 4, 0b110
"""Both bits of this byte: in a quarter of the schedules members pay, fail to, and leave for good."""
IN_TEAMS = 0b11000
"""Two other bits of the same byte: in a quarter of the schedules there are four members, who make teams."""
BEGINS_AT = 2
"""Unless the lowest bits of this byte are 0, there is a team at the beginning, which the next ones tell more of."""
GROWS = 8_000_000_000
"""Bytes by which a checkpoint is larger than the one before, where members share a team's storage."""
LEFT = (0.5, 1.0, 60.0, 200.0, 1800.0)
"""Seconds of an allowance that a schedule begins with."""
STARTS = (
    datetime(2026, 11, 29, 9, tzinfo=UTC),
    datetime(2026, 11, 29, 23, 57, tzinfo=UTC),  # midnight in UTC
    datetime(2026, 11, 30, 14, 58, tzinfo=UTC),  # month's end in Seoul
    datetime(2026, 11, 1, 3, 56, tzinfo=UTC),  # a day of 25 hours begins in New York
)


def play(
    functions: Mapping[str, Loaded],
    schedule: bytes,
    *,
    faults: bool = True,
    heed: str = "",
    tell: Callable[[str], None] | None = None,
) -> World:
    """All of it, and then an end in peace. Without `faults` everything happens in time, and nothing is lost.

    Raises AssertionError with what does not hold, if it has `heed` in its words. `tell` is given all that happens, a
    line for each.
    """
    header, steps = schedule[:HEADER].ljust(HEADER, b"\0"), schedule[HEADER:]
    pays = faults and header[PAYS_AT] & PAYS == PAYS
    teams = faults and header[PAYS_AT] & IN_TEAMS == IN_TEAMS
    billings = _billings(header, STARTS[header[3] % len(STARTS)], pays=pays, teams=teams)
    world = World(functions, STARTS[header[3] % len(STARTS)], billings, heed, tell)
    world.fleet.throttles = bool(header[4] & 1)
    world.fleet.grows = GROWS if teams else 0
    table = table_of(header[5] if faults else None, pays=pays, teams=teams)
    with living_in(world):
        try:
            world.throttle()
            for person in world.people[2:3] if teams else ():
                person.verified = False
            if teams and header[BEGINS_AT] & 3:
                begin_team(world, header[BEGINS_AT] >> 2)
            for what, whom in _pairs(steps):
                if tell:
                    tell(f"{world.now:{CLOCK}} -- {table[what].__name__}:{whom}")
                table[what](world, whom)
                if not faults:
                    world.exhaust()
                world.check()
            if not faults:
                check_allowances(world)
            finish(world)
        except Violation as e:
            failure = AssertionError(str(e))
            failure.add_note(" ".join(f"{table[what].__name__}:{whom}" for what, whom in _pairs(steps) if what))
            failure.add_note(f"{REPLAY} {schedule.hex()}{'' if faults else ' --in-peace'}")
            raise failure from e
        finally:
            world.hub.end()
    return world


def paying(schedule: bytes) -> bytes:
    """The same, but that members pay in it."""
    return bytes([*schedule[:PAYS_AT], schedule[PAYS_AT] | PAYS, *schedule[PAYS_AT + 1 :]])


def in_teams(schedule: bytes) -> bytes:
    """The same, but that there are teams in it."""
    return bytes([*schedule[:PAYS_AT], schedule[PAYS_AT] | IN_TEAMS, *schedule[PAYS_AT + 1 :]])


def _pairs(steps: bytes) -> Iterator[tuple[int, int]]:
    return zip(steps[::2], steps[1::2], strict=False)


def _billings(header: bytes, now: datetime, *, pays: bool, teams: bool) -> list[Billing]:
    """One or two accounts, three members at most. Where members pay, or are in teams, each has their own."""
    plan, zone = PLAN_NAMES[header[0] % len(PLAN_NAMES)], ZONES[header[2] % len(ZONES)]
    first = _billing("b-1", plan, LEFT[header[1] % len(LEFT)], zone, now)
    members = 3 if teams else (header[0] >> 4) % 3
    if pays or teams:
        own = [_billing(f"b-{n}", plan, LEFT[header[1] % len(LEFT)], zone, now) for n in range(members + 1)]
        return [replace(each, owner=f"u-{n}") for n, each in enumerate(own)]
    other = _billing("b-2", PLAN_NAMES[(header[1] >> 4) % len(PLAN_NAMES)], 100.0, zone, now)
    return [first, first, other][: members + 1] if header[2] & 128 else [first, *[first] * members]


def _billing(bid: str, plan: str, left: float, zone: str, now: datetime) -> Billing:
    """An operator has taken from it all but so much of what this plan grants."""
    billing = a_billing(plan, bid=bid, time_zone=zone)
    seconds = PLANS[plan].seconds
    return billing if seconds is None else granted(billing, now, min(0, round((left - seconds) * 1000)))
