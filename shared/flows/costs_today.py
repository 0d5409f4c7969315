"""What the running month costs, and which members cost most: read from counters, and never from all members."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from shared import logs
from shared.billing.own_prices import price_book
from shared.billing.payer import Payer
from shared.billing.reconciliation import DayUse
from shared.billing.subscription import PAYING
from shared.economics.today import Accounts, CostOfMonth, cost_of_month, dear_member, plans_of, workload_of
from shared.economics.workload import PoolWorkload, Workload
from shared.flows import warm_slots
from shared.flows.open_days import days_of
from shared.gcp.store.billing import most_used
from shared.gcp.store.database import read_all
from shared.gcp.store.owners import read_owners
from shared.gcp.store.payers import count_accounts, count_payers
from shared.gcp.store.slots import read_controls
from shared.gcp.store.subscriptions import payer_ref
from shared.policies import pool_size, slot_shape
from shared.record import Versioned
from shared.settings import settings
from shared.views.costs import DearRow

MOST_DEAR = 10
"""Members of plans by the month who are shown, of plans by the day, and of plans without limit. Each costs two reads,
or three if it is a team's; without limit there are 17 more, and one for each shard by which they are found."""


def cost_now(now: datetime) -> CostOfMonth:
    """Some hundred reads: the days of the month, those that are not summed up, and counts of accounts by plan."""
    now = now.astimezone(UTC)
    begins = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    summed, not_over = days_of(f"{now:%Y-%m}", now)
    days = [*summed, *not_over]
    so_far = Decimal(max(1.0, (now - begins) / timedelta(hours=1))) / 24
    base = _without_members(_pool(now))
    workload = workload_of(days, so_far, _accounts(plans_of(days)), base, _stored(days))
    return cost_of_month(workload, so_far, monthrange(now.year, now.month)[1], price_book())


def dear_members(now: datetime) -> list[DearRow]:
    """Those with the most time in the present month, dearest first: of each kind of plan the first."""
    used = most_used(f"{now.astimezone(UTC):%Y-%m}", MOST_DEAR)
    payers: list[Versioned[Payer] | None] = read_all([(payer_ref(each.bid), Payer) for each, _ in used]) if used else []
    base = _without_members(PoolWorkload(warm=(0,), most=0))
    dear = list[DearRow]()
    owners = read_owners([account for account, _ in used])
    for (account, ms), payer, owner in zip(used, payers, owners, strict=True):
        pays = payer is not None and payer.record.standing.is_paid
        cost = dear_member(account.plan, ms, base, price_book(), pays=pays)
        dear.append(DearRow(account.bid, owner, account.plan, ms, cost))
    return sorted(dear, key=lambda each: each.member.costs.high, reverse=True)


def warn_of_dear_members(now: datetime) -> int:
    """Logs each of the dearest members who pays and costs more than that, in the month of the day that ended last.
    Returns how many: none in a region without prices."""
    try:
        beyond = [each for each in dear_members(now - timedelta(days=1)) if each.member.is_loss]
    except LookupError as e:
        logs.info("prices-missing", detail=str(e))
        return 0
    for each in beyond:
        costs = each.member.costs
        logs.warning(
            "member-costs-more",
            billing=each.billing,
            plan=each.plan,
            pays=str(each.member.pays),
            costs=f"{costs.low:.2f} to {costs.high:.2f}",
        )
    return len(beyond)


def _pool(now: datetime) -> PoolWorkload:
    """The pool as an operator has set it now, as if it had been so all the time; without those who are announced."""
    _, levers = read_controls()
    most = levers.most(pool_size())
    return PoolWorkload(warm=tuple(min(most, each) for each in warm_slots.week(levers, now)), most=most)


def _without_members(pool: PoolWorkload) -> Workload:
    """What the model takes from the settings."""
    config = settings()
    save = min(config.checkpoint, config.heartbeat)  # the model knows no save that comes with a later heartbeat
    return Workload(
        region=config.region,
        plans={},
        pool=pool,
        shape=slot_shape(),
        heartbeat=Decimal(str(config.heartbeat)),
        save=Decimal(str(save or config.heartbeat)),
    )


def _accounts(plans: Sequence[str]) -> Mapping[str, Accounts]:
    return {
        plan: Accounts(count_accounts(plan), sum(count_payers(reason, plan) for reason in PAYING)) for plan in plans
    }


def _stored(days: list[DayUse]) -> int:
    return next((day.stored for day in reversed(days) if day.stored is not None), 0)
