"""Ask the payment provider about one payer, and follow its answer.

The task is a reminder: what is decided follows from the answer alone (docs/payments.md).
"""

from datetime import datetime
from functools import partial
from typing import Annotated

import functions_framework
from msgspec import Meta, Struct

from shared import logs
from shared.endpoint import endpoint
from shared.errors import bad_request
from shared.flows.payers import follow
from shared.gcp.identity import invoker
from shared.gcp.store import clock
from shared.gcp.store.subscriptions import find_payer
from shared.payments import chosen
from shared.settings import settings


class AskAbout(Struct, forbid_unknown_fields=True):
    """One of the two."""

    customer: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,255}\Z")] | None = None
    """The provider's id of who pays."""
    billing: Annotated[str, Meta(pattern=r"^b-[a-z0-9-]{1,40}\Z")] | None = None
    """The billing account that is paid for."""


class PayerAnswer(Struct):
    """What was done."""

    outcome: str


@functions_framework.http
@endpoint(partial(invoker, function="payer"), AskAbout, task=True)
def payer(_caller: str, body: AskAbout, _now: datetime) -> PayerAnswer:
    """Ask the payment provider about a payer, and write the mails that follow.

    If the billing account belongs to nobody any more, a person or a team, the subscriptions are ended and the customer
    is forgotten instead.
    """
    provider = chosen.asking()
    if provider is None:
        return PayerAnswer("nothing is sold here")
    bid = _paid_for(body)
    if bid is None:
        logs.info("customer-unknown", customer=body.customer)
        return PayerAnswer("nobody's customer")
    compared = body.customer is None  # `meter` names the billing account, an event the customer
    return PayerAnswer(follow(provider, bid, base=settings().first_plan, now=clock.now, compared=compared))


def _paid_for(body: AskAbout) -> str | None:
    if (body.customer is None) == (body.billing is None):
        raise bad_request("Send `customer` or `billing`.")
    if body.customer is None:
        return body.billing
    found = find_payer(body.customer)
    return found.bid if found else None
