"""The estimate: every line of what a workload costs in a month."""

from decimal import Decimal

from shared.billing.prices import MONTH_HOURS, PriceBook
from shared.economics.costs import Driver, Estimate, Line, Lines, sum_of, without_free
from shared.economics.events import RESTARTS, events_of_members, scheduled_events, scheduled_reads, total
from shared.economics.ranges import Range, between, exactly
from shared.economics.workload import GIB, Engine, Workload
from shared.slots.shape import HomeMedium

AT_WORK = ("run-cpu", "run-memory")
WAITING = ("run-idle-cpu", "run-idle-memory")
BY_INSTANCE = ("run-instance-cpu", "run-instance-memory")
BOOST = between(1, 2)
"""Cloud Run gives a container of one CPU up to two while it starts, and bills what it gives."""
BACKUPS = 7 + 4
"""Daily backups that are kept for a week, and weekly ones for four (deploy/resources/data.py)."""
EVALUATED = 86_400
"""Times in a month that the condition of an alert is evaluated: each 30 s."""
STARTS_OF_FUNCTIONS = between(500, 20_000)
"""In a month, each of which reads the function's secrets: an estimate."""
HOLDS_AT_ONCE = 80
"""Background holds that one instance of a function keeps open at most."""


def estimate(workload: Workload, book: PriceBook, *, free_tiers: bool = False) -> Estimate:
    """What the workload costs in a month, at list prices or with the sellers' free tiers taken off. Raises LookupError
    if the book lacks a price for the region."""
    lines = [*_standing(workload, book), *_of_members(workload, book)]
    return Estimate(tuple(without_free(lines, offers=free_tiers)))


def idle_slot_hour(workload: Workload, book: PriceBook) -> Decimal:
    """US dollars for an hour of a warm slot that nobody has, its disk included."""
    lines = Lines(book, workload.region, Driver.STANDING)
    _add_warm_slots(lines, workload, exactly(MONTH_HOURS))
    return sum_of(lines.made).high / MONTH_HOURS


def _standing(workload: Workload, book: PriceBook) -> list[Line]:
    """What costs the same whether or not anybody works."""
    lines, standing = Lines(book, workload.region, Driver.STANDING), workload.standing
    hours = exactly(workload.pool.warm_hours)
    _add_warm_slots(lines, workload, hours)
    if workload.engine != Engine.INSTANCE_BASED:
        cpu, gib = _shape(workload)
        lines.add_running("probes of warm slots", hours * 3600 * standing.probe_part, cpu, gib, AT_WORK)
    waiting = exactly(standing.waiting_functions * MONTH_HOURS * 3600)
    lines.add_running("waiting functions", waiting, Decimal(1), standing.function_gib, WAITING)
    scheduled = scheduled_events(workload)
    seconds = total(scheduled, "seconds")
    lines.add_running("scheduled functions", seconds, Decimal(1), standing.function_gib, AT_WORK)
    lines.add("documents that scheduled functions read", scheduled_reads(workload), "firestore-read")
    lines.add("documents that scheduled functions write", total(scheduled, "writes"), "firestore-write")
    lines.add("lists that scheduled functions ask for", total(scheduled, "class_a"), "storage-class-a")
    lines.add("scheduled jobs", exactly(standing.jobs), "scheduler-job")
    lines.add("images", standing.images_gib, "registry-storage")
    lines.add("builds of functions", standing.build_minutes, "build-minute")
    lines.add("builds of the slot's image", standing.slot_build_minutes, "build-minute-fast")
    lines.add("alerts", exactly(standing.conditions), "alert-condition")
    series = between("0.3", 1) * (standing.conditions * EVALUATED)
    lines.add("time series of alerts", series, "alert-series")
    lines.add("secrets", exactly(standing.secrets), "secret-version")
    lines.add("reads of secrets", STARTS_OF_FUNCTIONS, "secret-access")
    lines.add("deleted files that are kept", workload.soft_deleted, "storage-soft-deleted")
    if workload.edge:
        lines.add("edge", exactly(1), "edge-plan")
    return lines.made


def _add_warm_slots(lines: Lines, workload: Workload, hours: Range) -> None:
    """What waiting costs, without what is asked of a slot meanwhile."""
    cpu, gib = _shape(workload)
    prices = BY_INSTANCE if workload.engine == Engine.INSTANCE_BASED else WAITING
    lines.add_running("warm slots", hours * 3600, cpu, gib, prices)
    _add_disks(lines, "disks of warm slots", hours, workload)


def _of_members(workload: Workload, book: PriceBook) -> list[Line]:
    """What members cause, in proportion to what they do."""
    lines, habits = Lines(book, workload.region, Driver.USE), workload.habits
    events = events_of_members(workload)
    _add_slots(lines, workload)
    seconds = total(events, "seconds")
    memory = workload.standing.function_gib
    lines.add_running("functions", seconds, Decimal(1), memory, AT_WORK)
    held = between(Decimal(1) / HOLDS_AT_ONCE, 1) * (workload.background_hours * 3600)
    lines.add_running("functions that hold slots", held, Decimal(1), memory, AT_WORK)
    requests = total(events, "requests")
    to_slots = habits.slot_requests * workload.sessions
    lines.add("requests", requests + to_slots, "run-request")
    lines.add("documents read", total(events, "reads"), "firestore-read")
    lines.add("documents written", total(events, "writes"), "firestore-write")
    lines.add("documents deleted", total(events, "deletes"), "firestore-delete")
    documents = habits.documents_of_member * workload.members
    lines.add("documents kept", documents, "firestore-storage")
    lines.add("documents of the last week", documents, "firestore-recovery")
    lines.add("backups of documents", documents * BACKUPS, "firestore-backup")
    lines.add("tasks", total(events, "tasks"), "tasks-operation")
    _add_storage(lines, workload)
    egress = habits.egress_of_session * workload.sessions + habits.egress_of_hour * workload.hours
    lines.add("egress", egress, "egress")
    loads = habits.page_of_load * habits.page_loads * workload.sessions
    lines.add("page", loads, "hosting-transfer")
    lines.add("logs", habits.log_of_request * (requests + to_slots), "logging")
    lines.add("sign-ins", exactly(workload.members), "auth-member")
    if workload.edge:
        lines.add("requests to the edge", to_slots, "edge-request")
    for name, tokens in (("in", habits.ai_tokens_in), ("out", habits.ai_tokens_out)):
        if tokens:
            lines.add(f"AI tokens {name}", exactly(tokens * workload.members), f"ai-token-{name}")
    return lines.made


def _add_slots(lines: Lines, workload: Workload) -> None:
    """What slots cost while members have them."""
    cpu, gib = _shape(workload)
    by_instance = workload.engine == Engine.INSTANCE_BASED
    running = BY_INSTANCE if by_instance else AT_WORK
    at_work = exactly(workload.worked_hours * 3600)
    lines.add_running("slots at work", at_work, cpu, gib, running)
    waiting, idle = workload.waiting_hours * 3600, running if by_instance else WAITING
    lines.add_running("slots without a browser", waiting, cpu, gib, idle)
    counted = workload.pool.starts
    starting = workload.pool.starting * (RESTARTS * workload.sessions if counted is None else counted)
    lines.add("starts of containers: CPU", starting * BOOST * cpu, running[0])
    lines.add("starts of containers: memory", starting * gib, running[1])
    _add_disks(lines, "disks of members' slots", workload.claimed_hours, workload)


def _add_storage(lines: Lines, workload: Workload) -> None:
    events, layers = events_of_members(workload), workload.habits.layers * workload.sessions
    stored = exactly(0)
    for plan in workload.plans.values():
        stored += plan.stored * plan.members
    lines.add("members' files", stored, "storage")
    lines.add("objects created or listed", total(events, "class_a"), "storage-class-a")
    lines.add("objects read", total(events, "class_b") + layers, "storage-class-b")


def _add_disks(lines: Lines, name: str, hours: Range, workload: Workload) -> None:
    if workload.shape.home_medium == HomeMedium.DISK:
        lines.add(name, hours * (Decimal(workload.shape.home) / GIB), "run-disk")


def _shape(workload: Workload) -> tuple[Decimal, Decimal]:
    """CPUs and GiB of memory of a slot."""
    return Decimal(workload.shape.cpu), Decimal(workload.shape.memory) / GIB
