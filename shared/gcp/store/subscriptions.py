"""Payers with their subscriptions, and events of payment providers.

A payment provider's answer is committed under the guard of the payer that was read before the provider was asked. So no
answer is committed over a newer one, in whatever order they come back.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from msgspec import Struct

from shared.billing.payer import Payer, Provider, with_payer
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit, LostRace, database, document, read, run_paged, run_readable
from shared.gcp.store.races import until_won
from shared.record import Versioned

KEPT_FOR = timedelta(days=60)
"""How long an event's id is kept. Stripe delivers an event again for three days, and an operator can have it delivered
again for 30 (https://docs.stripe.com/webhooks/process-undelivered-events)."""
AT_ONCE = 400
"""Events that one run deletes."""


class OutdatedAnswer(Exception):
    """Somebody has changed the payer since it was read. The provider has to be asked again."""


class ProviderEvent(Struct, frozen=True, kw_only=True):
    """`stripe_events/{id}`: an event that was delivered. It decides nothing: it says that the provider was asked."""

    id: str
    kind: str
    customer: str | None
    at: datetime
    expires: datetime


def payer_ref(bid: str) -> firestore.DocumentReference:
    return document("payers", bid)


def event_ref(event: str) -> firestore.DocumentReference:
    return document("stripe_events", event)


def read_payer(bid: str) -> Versioned[Payer] | None:
    return read(payer_ref(bid), Payer)


def find_payer(customer: str) -> Payer | None:
    """The payer who is this customer at the provider; None if there is none."""
    matching = database().collection("payers").where(filter=FieldFilter("customer", "==", customer)).limit(1)
    found, _unreadable = run_readable(matching, Payer)
    return found[0].record if found else None


def due_payers(now: datetime) -> Iterator[Payer]:
    """The readable payers about whom the provider should be asked, longest due first."""
    due = database().collection("payers").where(filter=FieldFilter("due", "<=", now)).order_by("due")
    for payer in run_paged(due, Payer, readable=True):
        yield payer.record


def all_payers() -> Iterator[Payer]:
    """All readable payers."""
    for payer in run_paged(database().collection("payers"), Payer, readable=True):
        yield payer.record


@until_won()
def ensure_payer(bid: str, provider: Provider) -> Versioned[Payer]:
    """The billing account's payer, which is created if there is none. Raises LookupError without such an account."""
    if (payer := read_payer(bid)) is not None:
        return payer
    read_billing(bid)
    Commit().create(payer_ref(bid), Payer(bid=bid, provider=provider)).run()
    made = read_payer(bid)
    if made is None:
        raise LostRace("the payer was deleted in between")
    return made


def commit_payer(before: Versioned[Payer], after: Payer) -> None:
    """Commits a change that leaves the plan as it is. Raises LostRace."""
    Commit().change(payer_ref(after.bid), before, after).run()


@until_won()
def hurry_payer(bid: str, now: datetime) -> bool:
    """Has the payer asked about now, and again until it is done. Returns whether there is a payer."""
    payer = read_payer(bid)
    if payer is not None and not payer.record.is_due(now):
        commit_payer(payer, payer.record.hurry(now))
    return payer is not None


def delete_payer(payer: Versioned[Payer]) -> None:
    """Raises LostRace."""
    Commit().delete(payer_ref(payer.record.bid), payer).run()


@until_won()
def commit_answer(before: Versioned[Payer], after: Payer) -> None:
    """Commits what the provider has answered, and the plan that follows. `before` was read before the provider was
    asked. Raises OutdatedAnswer.

    The billing account is written by the heartbeats of its members. Who loses a race against one of those reads only
    the account again, and need not ask the provider again.
    """
    billing = read_billing(after.bid)
    commit = Commit().change(payer_ref(after.bid), before, after)
    changed = with_payer(billing.record, after)
    if changed != billing.record:
        commit.change(billing_ref(after.bid), billing, changed)
    try:
        commit.run()
    except LostRace as e:
        now = read_payer(after.bid)
        if now is None or now.version != before.version:
            raise OutdatedAnswer(str(e)) from e
        raise


def create_event(event: str, kind: str, customer: str | None, now: datetime) -> bool:
    """Notes that an event was delivered. Returns False if it was delivered before."""
    record = ProviderEvent(id=event, kind=kind, customer=customer, at=now, expires=now + KEPT_FOR)
    try:
        Commit().create(event_ref(event), record).run()
    except LostRace:
        return False
    return True


def forget_events(now: datetime) -> int:
    """Deletes at most AT_ONCE events whose time is over. Returns how many."""
    over = database().collection("stripe_events").where(filter=FieldFilter("expires", "<=", now)).limit(AT_ONCE)
    count = 0
    for forgotten in run_readable(over, ProviderEvent)[0]:
        try:
            Commit().delete(event_ref(forgotten.record.id), forgotten).run()
        except LostRace:
            continue
        count += 1
    return count
