"""What the formulas of quantities are: of what drives them, of events, and of the lines of the costs.

A name is an input, or a row of the sheet of quantities. `name~` and `[low|high]` differ between the low column and the
high one.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from shared.economics.costs import Driver
from shared.economics.quantities import Event
from shared.economics.spreadsheet.book import Bound

NAME = re.compile(r"\b([a-z][a-z_]*)(~?)")
EITHER = re.compile(r"\[([^|\]]+)\|([^\]]+)\]")

DRIVERS: Mapping[str, str] = {
    "worked_hours": "hours+background_hours",
    "claimed_hours": "worked_hours+waiting_hours",
    "open_at_once": "claimed_hours/month_hours",
}
"""What follows from the sums over plans."""

EVENTS: Mapping[Event, str] = {
    Event.PAGE: "page_loads~*sessions",
    Event.AUTH_CHECK: "[0|1]*sessions",
    Event.OPEN: "sessions",
    Event.HELLO: "sessions",
    Event.HEARTBEAT: "changing~*worked_hours*3600/save_seconds+(1-changing~)*worked_hours*3600/heartbeat_seconds",
    Event.CHECKPOINT: "changing~*worked_hours*3600/save_seconds",
    Event.LEDGER_LINE: "worked_hours*3600/ledger_seconds+sessions",
    Event.EARLY_CHECK: "sessions+checks",
    Event.HOLD: "[1|2]*background_hours*3600/hold_seconds",
    Event.END: "sessions",
    Event.RENEWAL: "sessions",
    Event.POOL_RUN: "refill~*[0.5|1]*restarts*sessions",
    Event.POOL_READ: "[1|3]*pool_run",
    Event.TIDYING: "sessions",
}
SCHEDULED: Mapping[Event, str] = {
    Event.AUDIT: "audits_a_day*month_days",
    Event.METER_RUN: "meter_runs_a_day*month_days",
    Event.SESSION_CHECK: "open_at_once*meter_run",
    Event.COMPARISON: "MIN(members,compared)/compared_at_once*meter_run",
}


class LineRow(Struct, frozen=True):
    """A line of the costs."""

    name: str
    driver: Driver
    quantity: str
    price: str
    by_instance: str | None = None
    """The price with the engine that is billed by instance, if it is another one."""


def _running(name: str, driver: Driver, seconds: str, prices: tuple[str, str], instance: bool) -> list[LineRow]:
    """The two lines of slots that run."""
    cpu, memory = ("run-instance-cpu", "run-instance-memory") if instance else (None, None)
    return [
        LineRow(f"{name}: CPU", driver, f"({seconds})*cpu", prices[0], cpu),
        LineRow(f"{name}: memory", driver, f"({seconds})*memory_gib", prices[1], memory),
    ]


def _functions(name: str, driver: Driver, seconds: str, kind: str = "run") -> list[LineRow]:
    return [
        LineRow(f"{name}: CPU", driver, seconds, f"{kind}-cpu"),
        LineRow(f"{name}: memory", driver, f"({seconds})*function_gib", f"{kind}-memory"),
    ]


IDLE, WORK = ("run-idle-cpu", "run-idle-memory"), ("run-cpu", "run-memory")
STANDING, USE = Driver.STANDING, Driver.USE
READS = "scheduled_reads+(slots_at_most+open_at_once)*audit"
PROBED = "IF(by_instance=1,0,warm_slots*month_hours*3600*probe_part~)"
LINES: Sequence[LineRow] = (
    *_running("warm slots", STANDING, "warm_slots*month_hours*3600", IDLE, True),
    LineRow("disks of warm slots", STANDING, "on_disk*warm_slots*month_hours*home_gib", "run-disk"),
    *_running("probes of warm slots", STANDING, PROBED, WORK, False),
    *_functions("waiting functions", STANDING, "waiting_functions*month_hours*3600", "run-idle"),
    *_functions("scheduled functions", STANDING, "scheduled_seconds"),
    LineRow("documents that scheduled functions read", STANDING, READS, "firestore-read"),
    LineRow("documents that scheduled functions write", STANDING, "scheduled_writes", "firestore-write"),
    LineRow("lists that scheduled functions ask for", STANDING, "scheduled_class_a", "storage-class-a"),
    LineRow("scheduled jobs", STANDING, "jobs", "scheduler-job"),
    LineRow("images", STANDING, "images_gib~", "registry-storage"),
    LineRow("builds of functions", STANDING, "build_minutes~", "build-minute"),
    LineRow("builds of the slot's image", STANDING, "slot_build_minutes~", "build-minute-fast"),
    LineRow("alerts", STANDING, "conditions", "alert-condition"),
    LineRow("time series of alerts", STANDING, "[0.3|1]*conditions*evaluated", "alert-series"),
    LineRow("secrets", STANDING, "secrets", "secret-version"),
    LineRow("reads of secrets", STANDING, "function_starts~", "secret-access"),
    LineRow("deleted files that are kept", STANDING, "soft_deleted~", "storage-soft-deleted"),
    LineRow("edge", STANDING, "edge", "edge-plan"),
    *_running("slots at work", USE, "worked_hours*3600", WORK, True),
    *_running("slots without a browser", USE, "waiting_hours*3600", IDLE, True),
    LineRow("starts of containers: CPU", USE, "starting~*restarts*sessions*boost~*cpu", "run-cpu", "run-instance-cpu"),
    LineRow(
        "starts of containers: memory", USE, "starting~*restarts*sessions*memory_gib", WORK[1], "run-instance-memory"
    ),
    LineRow("disks of members' slots", USE, "on_disk*claimed_hours*home_gib", "run-disk"),
    *_functions("functions", USE, "seconds"),
    *_functions("functions that hold slots", USE, "[1/holds_at_once|1]*background_hours*3600"),
    LineRow("requests", USE, "requests+slot_requests~*sessions", "run-request"),
    LineRow("documents read", USE, "reads", "firestore-read"),
    LineRow("documents written", USE, "writes", "firestore-write"),
    LineRow("documents deleted", USE, "deletes", "firestore-delete"),
    LineRow("documents kept", USE, "documents_of_member~*members", "firestore-storage"),
    LineRow("documents of the last week", USE, "documents_of_member~*members", "firestore-recovery"),
    LineRow("backups of documents", USE, "documents_of_member~*members*backups", "firestore-backup"),
    LineRow("tasks", USE, "tasks", "tasks-operation"),
    LineRow("members' files", USE, "stored", "storage"),
    LineRow("objects created or listed", USE, "class_a", "storage-class-a"),
    LineRow("objects read", USE, "class_b+layers~*sessions", "storage-class-b"),
    LineRow("egress", USE, "egress_of_session~*sessions+egress_of_hour~*hours", "egress"),
    LineRow("page", USE, "page_of_load~*page_loads~*sessions", "hosting-transfer"),
    LineRow("logs", USE, "log_of_request~*(requests+slot_requests~*sessions)", "logging"),
    LineRow("sign-ins", USE, "members", "auth-member"),
    LineRow("requests to the edge", USE, "edge*slot_requests~*sessions", "edge-request"),
    LineRow("AI tokens in", USE, "ai_tokens_in*members", "ai-token-in"),
    LineRow("AI tokens out", USE, "ai_tokens_out*members", "ai-token-out"),
)
"""In the order of the model, whose lines of one price share what is free of it."""


def row_name(event: Event) -> str:
    """The name of an event's row in formulas."""
    return event.value.replace(" ", "_")


def filled(formula: str, bound: Bound, row: Callable[[str], str | None]) -> str:
    """The formula of one column. `row(name)` is the column's cell of a row, or None for an input."""

    def named(found: re.Match[str]) -> str:
        name, differs = found.groups()
        return row(name) or (f"{name}_{bound}" if differs else name)

    return NAME.sub(named, EITHER.sub(lambda found: found.group(1 if bound == "low" else 2), formula))
