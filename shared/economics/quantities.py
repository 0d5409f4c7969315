"""What one event uses of each service: documents, tasks, operations of Cloud Storage, and functions' time.

tests/adapters/test_costs.py, test_costs_of_requests.py, test_costs_of_ends.py, test_costs_of_holds.py and
test_costs_of_meter.py beside it, and tests/functions/test_limits.py hold the code to the documents.
tests/decisions/economics/test_deployed.py holds what stands still to the table of functions and the deployment.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from shared.economics.ranges import NOTHING, Range, between, exactly


class Use(Struct, frozen=True, kw_only=True):
    """What an event uses."""

    reads: Range = NOTHING
    """Documents, as Firestore bills them: a query without a result is one read."""
    writes: Range = NOTHING
    deletes: Range = NOTHING
    tasks: Range = NOTHING
    """Operations of Cloud Tasks: a task is created and delivered, which are two."""
    class_a: Range = NOTHING
    """Operations of Cloud Storage that create an object or list some."""
    class_b: Range = NOTHING
    """Operations of Cloud Storage that read an object or its metadata."""
    requests: Range = NOTHING
    """Requests to functions."""
    seconds: Range = NOTHING
    """Seconds in which an instance of a function answers, billed in steps of 0.1 s. Other requests may be answered in
    the same seconds, so this is what they cost one by one. Estimates from the benchmark (docs/benchmarks.md)."""


class Event(StrEnum):
    """What happens."""

    PAGE = "page"
    """The page asks who a member is who has been here before."""
    AUTH_CHECK = "auth check"
    """What a request of a member's uses more when Firebase Auth is asked about the member again."""
    OPEN = "open"
    """A slot is claimed for a new session."""
    HELLO = "hello"
    """The slot's container begins the session, and restores the home."""
    HEARTBEAT = "heartbeat"
    CHECKPOINT = "checkpoint"
    """What a heartbeat that brings a checkpoint uses more."""
    LEDGER_LINE = "ledger line"
    """What a heartbeat uses more when a line of the ledger is due."""
    EARLY_CHECK = "early check"
    """A task looks at a session that is not due yet."""
    HOLD = "hold"
    """A request is held open to a container whose job goes on without a browser, and that request ends."""
    END = "end"
    """A session is found idle, saved and ended."""
    RENEWAL = "renewal"
    """The pool's records of a slot that gets a fresh container."""
    POOL_RUN = "pool run"
    """A run of the pool over the unsettled slots."""
    POOL_READ = "pool read"
    """A slot or a session that such a run reads. A query without a result is one."""
    AUDIT = "audit"
    """The pool's run of each minute, without the slots that it reads."""
    METER_RUN = "meter run"
    """The scheduled job that checks the ledger and tidies, without what it finds."""
    SESSION_CHECK = "session check"
    """What such a run uses for an open session: Firebase Auth is asked about its member, its uploads are measured."""
    COMPARISON = "comparison"
    """What such a run uses for each hundred accounts that it compares with Firebase Auth."""
    TIDYING = "tidying"
    """What that job does for a session that has ended: checks its ledger, thins the history, deletes objects. Those
    that are young then it deletes a day later."""


ORDINARY_HEARTBEAT = 4
"""Documents that a heartbeat reads and writes: the session and the billing account, or its shard."""
HEARTBEAT_WITH_A_CHECKPOINT = 6
"""The snapshot too; and a line of the ledger, or else a snapshot that is forgotten."""
OPEN_READS, OPEN_WRITES = 8, 3
"""The account before a claim and the session after it included."""
RUN_OF_THE_POOL = 7
"""Overdue sessions, overdue erasures, which image slots run, the operator's levers, the counter of slots made, how many
slots there are, how many are warm."""
AUDIT_OF_THE_POOL = 5
"""What a run reads without the two counts: an audit reads every slot, and the session of each that is claimed."""
METER_READS = 14
"""A run that finds nothing, without the accounts that it compares with Firebase Auth."""
HOLD_SECONDS = 1500
"""Seconds after which a hold is followed by the next one, unless an operator sets it."""
COMPARED = 1000
"""Accounts that one run of `meter` reads at most (`shared.flows.comparing`)."""
COMPARED_AT_ONCE = 100
"""Accounts after which the run writes how far it has come, and reads that again. Fewer than these are compared without
a write."""

USES: Mapping[Event, Use] = {
    # account, billing account, workspace and the last session; the open one, the team, and what the others in it store
    Event.PAGE: Use(reads=between(4, 7), requests=exactly(1), seconds=between("0.1", "0.3")),
    Event.AUTH_CHECK: Use(reads=exactly(1), writes=exactly(1)),
    Event.OPEN: Use(
        reads=between(6, OPEN_READS),
        writes=exactly(OPEN_WRITES),
        tasks=exactly(4),
        requests=exactly(1),
        seconds=between("0.2", 3),
    ),
    Event.HELLO: Use(
        reads=exactly(1), writes=exactly(1), class_b=exactly(1), requests=exactly(1), seconds=between("0.1", "0.3")
    ),
    Event.HEARTBEAT: Use(reads=exactly(2), writes=exactly(2), requests=exactly(1), seconds=between("0.1", "0.2")),
    # one layer for each of three tiers, and the manifest; the control plane reads the manifest and each layer's size
    Event.CHECKPOINT: Use(
        writes=exactly(1), deletes=exactly(1), class_a=between(2, 4), class_b=between(2, 4), seconds=between(0, "0.2")
    ),
    Event.LEDGER_LINE: Use(writes=exactly(1)),
    Event.EARLY_CHECK: Use(reads=exactly(1), tasks=exactly(2), requests=exactly(1), seconds=between("0.1", "0.2")),
    # the session and the billing account, at both of its ends; the first charges nothing, unless an earlier hold was
    # left behind. Its seconds are a line of their own
    Event.HOLD: Use(reads=exactly(4), writes=between(3, 4), tasks=exactly(2), requests=exactly(1)),
    # of a team's member what the others store is read, and what this one stores is written; with an open browser the
    # last seconds are charged
    Event.END: Use(
        reads=between(11, 12),
        writes=between(8, 10),
        tasks=exactly(4),
        class_a=between(0, 4),
        class_b=between(0, 4),
        requests=between(3, 5),
        seconds=between(1, 10),
    ),
    # a cold slot, or a warm one and the one that is warmed in its place; and one more if a container starts twice
    Event.RENEWAL: Use(writes=between(3, 5)),
    Event.POOL_RUN: Use(
        reads=exactly(RUN_OF_THE_POOL),
        tasks=exactly(2),
        requests=exactly(1),
        seconds=between("0.2", 1),
    ),
    Event.POOL_READ: Use(reads=exactly(1)),
    Event.AUDIT: Use(reads=exactly(AUDIT_OF_THE_POOL), requests=exactly(1), seconds=between("0.3", 2)),
    Event.METER_RUN: Use(
        reads=exactly(METER_READS), class_a=exactly(1), requests=exactly(1), seconds=between("0.5", 5)
    ),
    Event.SESSION_CHECK: Use(reads=exactly(2), class_a=exactly(1)),
    Event.COMPARISON: Use(reads=exactly(COMPARED_AT_ONCE + 1), writes=exactly(1)),
    # a first session that saved once; one after many on the plan that keeps most snapshots. Each snapshot is read twice
    # or three times, and once more a day later
    Event.TIDYING: Use(
        reads=between(9, 317),
        writes=between(2, 4),
        class_a=between(1, 2),
        class_b=between(1, 100),
        seconds=between("0.2", 1),
    ),
}
"""Documents that are exact are what a test counts. Tasks, requests and operations of Cloud Storage were counted in the
code, by reading it. A range goes from the ordinary case to the worst."""


class FixedQuantities(Struct, frozen=True, kw_only=True):
    """What a deployment has whether or not anybody works."""

    audits_a_day: int = 1440
    meter_runs_a_day: int = 96
    jobs: int = 2
    """Jobs of Cloud Scheduler."""
    waiting_functions: int = 1
    """Instances of functions that wait for requests."""
    function_gib: Decimal = Decimal("0.5")
    """Memory of an instance of a function. Each has one CPU."""
    secrets: int = 8
    conditions: int = 16
    """Conditions of all alerts."""
    images_gib: Range = between(1, 12)
    """GiB of images: the ten newest of the slot and of each function, which share layers."""
    build_minutes: Range = between(20, 200)
    """A deployment or two, of all functions."""
    slot_build_minutes: Range = between(30, 80)
    """The slot's image is built anew each week, on a machine of 8 CPUs."""
    probe_part: Range = between(0, "0.01")
    """The part of its idle time in which a waiting container answers the readiness probe: 0.1 s of 10."""


STANDING = FixedQuantities()
