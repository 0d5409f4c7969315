"""Events of the payment provider. An event is a hint: it says about whom the provider is asked, and nothing else of it
is believed."""

from collections.abc import Mapping
from datetime import datetime

import functions_framework
from msgspec import Struct

from shared import logs
from shared.billing.provider import Hint
from shared.endpoint import webhook
from shared.flows.payments import hint_in, payments_off
from shared.gcp import tasks
from shared.gcp.store.subscriptions import create_event
from shared.payments import chosen

MOST_BYTES = 256 * 1024
"""Of an event. One that is larger is not believed; the payer is asked about within a day all the same."""


class EventAnswer(Struct):
    """The event was noted."""

    first: bool
    """False if it was delivered before."""


def signed(body: bytes, headers: Mapping[str, str]) -> Hint:
    """The hint in an event that the provider signed. Raises Refused and TryAgain."""
    provider = chosen.verifying()
    if provider is None:
        raise payments_off()
    return hint_in(provider, body, headers)


@functions_framework.http
@webhook(signed, most_bytes=MOST_BYTES)
def payment_events(hint: Hint, now: datetime) -> EventAnswer:
    """Note the event, and have the provider asked about its customer.

    Also at a second delivery: the first may have ended between the two.
    """
    first = create_event(hint.event, hint.kind, hint.customer, now)
    if hint.customer is not None:
        tasks.ask_about_customer(hint.customer)
    logs.info("payment-event", id=hint.event, kind=hint.kind, customer=hint.customer, first=first)
    return EventAnswer(first)
