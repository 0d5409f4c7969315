"""What happens to who pays, one function for each thing: members at the provider's pages, its events, an operator."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from shared.billing.plans import PLANS, is_shared
from shared.billing.subscription import Subscription, SubscriptionState
from shared.errors import Problem
from shared.gcp.identity import Member
from shared.views.operator_requests import SetPlan
from tests.simulation.people import Person
from tests.simulation.processes import Process
from tests.simulation.provider import ANSWERED, SIGNATURE, Customer, Event, Unheard
from tests.simulation.world import World

FOR_SALE = [name for name, plan in PLANS.items() if plan.price and not is_shared(name)]
"""To one person: what happens to them here happens to no team."""
GIVEN = ("free", "team", "enterprise")
DAYS = (0.05, 0.96, 2.0, 6.9, 7.1, 14.0, 30.1, 60.0, 91.0)
A_MOMENT = timedelta(seconds=1)
LONG_AGO = timedelta(days=1)
S = SubscriptionState


def buy(world: World, whom: int) -> None:
    """A member opens the page on which a plan is paid for; every other time nothing comes between, and they pay."""
    person = world.people[(whom & 3) % len(world.people)]
    process = order_page(world, person, FOR_SALE[(whom >> 2 & 31) % len(FOR_SALE)])
    if whom & 128:
        while not process.done:
            world.pass_time(world.now + A_MOMENT)
            world.hub.go_on(process)
        pay(world, whom)


def order_page(world: World, person: Person, plan: str, *, of_team: bool = False) -> Process:
    body = world.functions["billing"].module.Buy(plan=plan, team=of_team)
    process = world.call("checkout", world.member(person), body)

    def answered(process: Process) -> None:
        world.events.note(None if isinstance(process.result, Problem | None) else "a page to pay on was opened")

    process.on_end = answered
    return process


def pay(world: World, whom: int) -> None:
    """A member pays on a page that is open; one time in four the first payment fails."""
    if pages := world.provider.payable():
        page = pages[(whom >> 2) % len(pages)]
        world.paying.pays(page.order.bid)
        world.provider.pay(page, succeeds=bool(whom & 3))
        world.events.note("a member paid on a page" if whom & 3 else "a first payment failed")


def occur(world: World, whom: int) -> None:
    """Something happens to a subscription that runs: its member, its card, or the provider's operator."""
    if running := world.provider.running():
        customer, each = running[(whom & 3) % len(running)]
        act = ACTS[(whom >> 2) % len(ACTS)]
        after = act(each, customer, world.now.replace(microsecond=0))
        if after != each:
            world.provider.becomes(customer, after)
            world.events.note(f"at the provider: {act.__name__}")


def upgrade(each: Subscription, _customer: Customer, _now: datetime) -> Subscription:
    larger = FOR_SALE[FOR_SALE.index(each.plan) + 1 :] if each.plan in FOR_SALE else []
    return replace(each, plan=larger[0], next_plan=None) if larger and each.state == S.ACTIVE else each


def downgrade(each: Subscription, _customer: Customer, _now: datetime) -> Subscription:
    smaller = FOR_SALE[: FOR_SALE.index(each.plan)] if each.plan in FOR_SALE else []
    return replace(each, next_plan=smaller[-1]) if smaller and each.state == S.ACTIVE else each


def fail_to_pay(each: Subscription, customer: Customer, now: datetime) -> Subscription:
    customer.card_works = False
    return replace(each, state=S.PAST_DUE, unpaid_since=now) if each.state == S.ACTIVE else each


def give_up_trying(each: Subscription, _customer: Customer, _now: datetime) -> Subscription:
    return replace(each, state=S.UNPAID) if each.state == S.PAST_DUE else each


def pay_what_is_open(each: Subscription, customer: Customer, _now: datetime) -> Subscription:
    customer.card_works = True
    return replace(each, state=S.ACTIVE, unpaid_since=None, stopped=None)


def pause(each: Subscription, _customer: Customer, now: datetime) -> Subscription:
    return replace(each, state=S.PAUSED, stopped=now) if each.state == S.ACTIVE else each


def cancel(each: Subscription, _customer: Customer, _now: datetime) -> Subscription:
    """At the period's end; or the member thinks again."""
    return replace(each, cancel_at=None if each.cancel_at else each.period_end) if each.state == S.ACTIVE else each


def end_at_once(each: Subscription, _customer: Customer, now: datetime) -> Subscription:
    return each if each.state == S.INCOMPLETE else replace(each, state=S.ENDED, stopped=now)


ACTS: Sequence[Callable[[Subscription, Customer, datetime], Subscription]] = (
    upgrade, downgrade, fail_to_pay, fail_to_pay, give_up_trying, give_up_trying, pay_what_is_open, pause, cancel,
    end_at_once,
)  # fmt: skip


def delete_customer(world: World, whom: int) -> None:
    """The provider's operator does."""
    customers = [each for each in world.provider.customers.values() if not each.gone]
    if customers:
        world.provider.delete(customers[whom % len(customers)])


def hear(world: World, whom: int) -> None:
    """An event is delivered: one of those that were not, or one more time one that was."""
    waiting, heard = world.provider.undelivered, world.heard
    if whom & 1 and heard and not whom & 2:
        world.events.note("an event came twice")
        tell(world, heard[(whom >> 2) % len(heard)])
    elif waiting:
        number = (whom >> 2) % len(waiting)
        world.events.note("events came out of order" if number else None)
        event = waiting.pop(number)
        heard.append(event)
        tell(world, event)


def tell(world: World, event: Event) -> Process:
    world.events.note("an event came days late" if world.now - event.at > LONG_AGO else None)
    return world.call("payment_events", (event.body, SIGNATURE), None)


def ask(world: World, whom: int) -> None:
    """A task asks about somebody who is a customer, at once; or its answer is long on its way."""
    payers = [bid for bid, payer in world.paying.payers.items() if payer.customer is not None]
    if payers:
        body = world.functions["payer"].module.AskAbout(billing=payers[(whom >> 1) % len(payers)])
        process = world.call("payer", "tasks", body)
        while not (process.done or (whom & 1 and process.at == ANSWERED)) and process.runnable:
            world.hub.go_on(process, through=False)
        world.events.note("an answer was long on its way" if process.at == ANSWERED and not process.done else None)


def lose_event(world: World, whom: int) -> None:
    if waiting := world.provider.undelivered:
        world.events.note("an event was lost")
        waiting.pop(whom % len(waiting))


def not_hear(world: World, whom: int) -> None:
    """The provider's next answer, or the question, is lost."""
    world.provider.unheard = list(Unheard)[whom % 2]


def give_plan(world: World, whom: int) -> None:
    """An operator sets a plan by hand."""
    person = world.people[(whom & 3) % len(world.people)]
    request = f"given-{len(world.firestore.documents)}-{whom}"
    body = SetPlan(request=request, note="so that it happens", uid=person.uid, plan=GIVEN[(whom >> 2) % len(GIVEN)])
    world.call("plan", Member("operator", None, None, email_verified=True), body)


def leave_for_good(world: World, whom: int) -> None:
    """A member deletes their account."""
    person = world.people[whom % len(world.people)]
    world.events.note("an account was deleted while a subscription ran" if world.provider.running(person.bid) else None)
    world.delete_account(person)


def weeks(world: World, whom: int) -> None:
    """Nobody comes, and nothing happens but at the provider."""
    world.pass_time(world.now + timedelta(days=DAYS[whom % len(DAYS)]))
