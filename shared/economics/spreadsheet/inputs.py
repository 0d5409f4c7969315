"""The sheet of inputs: everything that a workload says, each with a name that formulas use."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from shared.billing.metering import LINE_SECONDS
from shared.billing.plans import GB, PLANS
from shared.billing.prices import MONTH_DAYS, MONTH_HOURS
from shared.economics.curve import MOST_WARM
from shared.economics.estimate import BACKUPS, BOOST, EVALUATED, HOLDS_AT_ONCE, STARTS_OF_FUNCTIONS
from shared.economics.events import RESTARTS
from shared.economics.peers import STOPS_AFTER_HOURS, WORKSTATION_CPUS
from shared.economics.quantities import COMPARED, COMPARED_AT_ONCE, HOLD_SECONDS
from shared.economics.ranges import Range
from shared.economics.spreadsheet.book import PART, QUANTITY, Book, Place, Sheet, Value, span
from shared.economics.workload import GIB, Engine, PlanWorkload, Workload
from shared.slots.shape import HomeMedium

GIVEN_RANGES = {
    "habits": [
        "changing",
        "layers",
        "page_loads",
        "slot_requests",
        "leaving",
        "egress_of_session",
        "egress_of_hour",
        "documents_of_member",
        "log_of_request",
        "page_of_load",
    ],
    "standing": ["images_gib", "build_minutes", "slot_build_minutes", "probe_part"],
}
"""Fields of the workload's parts that are ranges, by part."""
GIVEN_NUMBERS = {
    "habits": ["ai_tokens_in", "ai_tokens_out"],
    "standing": [
        "audits_a_day",
        "meter_runs_a_day",
        "jobs",
        "waiting_functions",
        "function_gib",
        "secrets",
        "conditions",
    ],
}
CONSTANTS: Mapping[str, Value | Range] = {
    "month_days": MONTH_DAYS,
    "month_hours": MONTH_HOURS,
    "restarts": RESTARTS,
    "boost": BOOST,
    "backups": BACKUPS,
    "evaluated": EVALUATED,
    "function_starts": STARTS_OF_FUNCTIONS,
    "holds_at_once": HOLDS_AT_ONCE,
    "hold_seconds": HOLD_SECONDS,
    "compared": COMPARED,
    "compared_at_once": COMPARED_AT_ONCE,
    "ledger_seconds": Decimal(str(LINE_SECONDS)),
    "stops_after_hours": STOPS_AFTER_HOURS,
    "workstation_cpus": WORKSTATION_CPUS,
}
"""What Ondol's code and the model say, which is no input of an operator's."""
PLAN_FIELDS = (
    "plan members",
    "accounts",
    "price",
    "sessions",
    "hours",
    "background hours",
    "stored low",
    "stored high",
    "idle",
)
PARTS = {"changing", "leaving", "probe_part", "miss_share"}


class Inputs(Struct, frozen=True):
    """Where the sheet of inputs has what formulas of other sheets take."""

    plans: Mapping[str, Sequence[Place]]
    """By field, a cell for each plan, in the order of the plan table."""

    def column(self, field: str) -> str:
        """The range of one field of all plans."""
        return span(self.plans[field][0], self.plans[field][-1])


def complete(workload: Workload) -> Workload:
    """The workload with a row for each plan. Raises ValueError if it has what the sheet has no cell for."""
    pool = workload.pool
    if unknown := workload.plans.keys() - PLANS.keys():
        raise ValueError(f"there is no plan {', '.join(sorted(unknown))}")
    if len(pool.warm) != 1 or pool.kept_hours is not None or pool.starts is not None or workload.counted:
        raise ValueError("the spreadsheet has one number of warm slots, and derives all that could be counted")
    if pool.warm[0] > MOST_WARM:
        raise ValueError(f"the spreadsheet has at most {MOST_WARM} warm slots")
    if workload.arrivals.burst != 1 or len(workload.arrivals.week) != 1:
        raise ValueError("in the spreadsheet members come at all hours alike, and one by one")
    nobody = PlanWorkload(
        members=0, price=Decimal(0), sessions=Decimal(0), hours=Decimal(0), stored=Range(Decimal(0), Decimal(0))
    )
    # without members a plan's own price stays, so that whoever adds some sees what they pay
    rows = {name: replace(nobody, price=None if PLANS[name].price is not None else Decimal(0)) for name in PLANS}
    return replace(workload, plans={name: workload.plans.get(name, rows[name]) for name in PLANS})


def write_inputs(
    book: Book, sheet: Sheet, workload: Workload, *, free_tiers: bool, misses: Decimal, regions: Sequence[str]
) -> Inputs:
    """The sheet. `workload` is complete."""
    return _Writer(book, sheet).write(workload, free_tiers=free_tiers, misses=misses, regions=regions)


class _Writer:
    def __init__(self, book: Book, sheet: Sheet) -> None:
        self._book, self._sheet, self._row = book, sheet, 3

    def write(self, workload: Workload, *, free_tiers: bool, misses: Decimal, regions: Sequence[str]) -> Inputs:
        sheet, shape, pool = self._sheet, workload.shape, workload.pool
        sheet.title("inputs title", "inputs about")
        sheet.widths(44, 13, 13, 13, 13, 13, 13, 13, 13)
        plans = self._plans(workload)
        self._section("deployment")
        self._one("region", workload.region, regions)
        self._one("free_tiers", int(free_tiers), (0, 1))
        self._one("engine", workload.engine.value, [each.value for each in Engine])
        self._one("edge", int(workload.edge), (0, 1))
        self._one("heartbeat_seconds", workload.heartbeat)
        self._one("save_seconds", workload.save)
        self._range("soft_deleted", workload.soft_deleted)
        self._section("slots")
        self._one("cpu", shape.cpu)
        self._one("memory_gib", Decimal(shape.memory) / GIB)
        self._one("home_gb", Decimal(shape.home_bytes) / GB)
        self._one("home_medium", shape.home_medium.value, [each.value for each in HomeMedium])
        self._one("warm", pool.warm[0])
        self._one("most", pool.most)
        self._range("refill", pool.refill)
        self._range("starting", pool.starting)
        self._one("miss_share", misses)
        for part in ("habits", "standing"):
            self._section(part)
            for field in GIVEN_RANGES[part]:
                self._range(field, getattr(getattr(workload, part), field))
            for field in GIVEN_NUMBERS[part]:
                self._one(field, getattr(getattr(workload, part), field))
        self._section("constants")
        for name, value in CONSTANTS.items():
            self._range(name, value) if isinstance(value, Range) else self._one(name, value)
        self._section("derived")
        self._derived(
            "by_instance", f'IF(engine="{Engine.INSTANCE_BASED}",1,0)', _is(workload.engine, Engine.INSTANCE_BASED)
        )
        self._derived("on_disk", f'IF(home_medium="{HomeMedium.DISK}",1,0)', _is(shape.home_medium, HomeMedium.DISK))
        held = "home_gb*10^9/2^30"
        self._derived("home_gib", f"IF(on_disk=1,{held},MIN({held},memory_gib/2))", Decimal(shape.home) / GIB)
        sheet.freeze(3, 1)
        return Inputs(plans)

    def _plans(self, workload: Workload) -> Mapping[str, Sequence[Place]]:
        self._sheet.section(self._row, "plans of members")
        self._sheet.heads(self._row + 1, ["plan", *PLAN_FIELDS])
        self._row += 2
        columns: dict[str, list[Place]] = {"members": [], "accounts": [], "price": [], "sessions": [], "hours": []}
        columns |= {"background_hours": [], "stored_low": [], "stored_high": [], "idle": []}
        for name, plan in workload.plans.items():
            self._sheet.text(self._row, 0, PLANS[name].title)
            listed = PLANS[name].price
            price = plan.price if plan.price is not None else Decimal(str(listed))
            row: Sequence[Value] = (plan.members, plan.payers, price, plan.sessions, plan.hours, plan.background_hours)
            more: Sequence[Value] = (plan.stored.low, plan.stored.high, Decimal(str(PLANS[name].idle)))
            for column, (cells, value) in enumerate(zip(columns.values(), (*row, *more), strict=True), 1):
                cells.append(self._sheet.given(self._row, column, value))
            self._row += 1
        return columns

    def _section(self, key: str) -> None:
        self._sheet.section(self._row + 1, key)
        self._sheet.heads(self._row + 2, ["input", "low", "high"])
        self._sheet.heads(self._row + 2, ["name in formulas"], at=3)
        self._row += 3

    def _one(self, name: str, value: Value, choices: Sequence[Value] = ()) -> None:
        self._sheet.text(self._row, 0, self._sheet.say(f"in {name}"))
        self._book.name(name, self._sheet.given(self._row, 1, value, PART if name in PARTS else QUANTITY, choices))
        self._called(name)

    def _range(self, name: str, value: Range) -> None:
        self._sheet.text(self._row, 0, self._sheet.say(f"in {name}"))
        form = PART if name in PARTS else QUANTITY
        self._book.name(f"{name}_low", self._sheet.given(self._row, 1, value.low, form))
        self._book.name(f"{name}_high", self._sheet.given(self._row, 2, value.high, form))
        self._called(f"{name}_low, {name}_high")

    def _derived(self, name: str, formula: str, value: Value) -> None:
        self._sheet.text(self._row, 0, self._sheet.say(f"in {name}"))
        self._book.name(name, self._sheet.formula(self._row, 1, formula, value))
        self._called(name)

    def _called(self, names: str) -> None:
        self._sheet.text(self._row, 3, names, font_color="#6e7781", font_name="Consolas")
        self._row += 1


def _is(one: str, other: str) -> int:
    return int(one == other)
