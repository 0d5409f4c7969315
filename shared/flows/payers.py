"""One payer, and what follows from the payment provider's answer about them: mails, and the end of who has left."""

from contextlib import suppress
from datetime import datetime

from shared import logs
from shared.billing.account import Billing
from shared.billing.kept_plan import due_notice
from shared.billing.payer import Payer
from shared.billing.provider import Buyer, PaymentProvider, Unreachable
from shared.flows.payments import Now, ask, unreachable
from shared.gcp import tasks
from shared.gcp.store.accounts import find_reader
from shared.gcp.store.billing import read_billing
from shared.gcp.store.database import LostRace
from shared.gcp.store.mails import create_mail
from shared.gcp.store.races import until_won
from shared.gcp.store.subscriptions import commit_payer, delete_payer, read_payer
from shared.gcp.store.teams import find_team
from shared.mail.about_plan import mails_about_plan
from shared.mail.mail import Reader


def follow(provider: PaymentProvider, bid: str, *, base: str, now: Now, compared: bool) -> str:
    """Asks about a payer, or forgets one whose billing account belongs to nobody any more. `compared`: no event had it
    asked. Returns what was done. Raises TryAgain."""
    if read_payer(bid) is None:
        return "nobody pays"
    billing = read_billing(bid).record
    reader = _reader_of(billing)
    if reader is None:
        _forget(provider, bid)
        logs.info("payer-forgotten", billing=bid)
        return "forgotten"
    after = ask(provider, bid, base=base, now=now, compared=compared, of_team=billing.is_teams)
    if after is None:
        return "no customer"
    return f"asked, and {_write(after, reader, now())} mails written"


def _reader_of(billing: Billing) -> Reader | None:
    """Who is told about the payments: the account's owner; of a team, who is there to pay, or else the longest of its
    owners. None if there is nobody any more."""
    if not billing.is_teams:
        return find_reader(billing.owner, billing.zone)
    team = find_team(billing.bid)
    payers = team.payers if team and not team.closed else []
    readers = (find_reader(each.uid, billing.zone) for each in payers)
    return next((reader for reader in readers if reader), None)


def _write(payer: Payer, reader: Reader, now: datetime) -> int:
    """Writes what is due about the plan. Returns how many mails are new."""
    new = [mail for mail in mails_about_plan(payer, reader, now) if create_mail(mail)]
    for mail in new:
        tasks.send_mail(mail.id, now)
    notice = due_notice(payer.standing.kept, payer.told, now) if payer.standing.kept else None
    if notice is not None and (found := read_payer(payer.bid)) is not None:
        with suppress(LostRace):  # the next question finds the same notice, and its mail
            commit_payer(found, found.record.sent(notice.at))
    return len(new)


@until_won()
def _forget(provider: PaymentProvider, bid: str) -> None:
    """The record goes last: as long as it is there, `meter` has this done again."""
    payer = read_payer(bid)
    if payer is None:
        return
    record = payer.record
    try:
        if record.checkout is not None and record.checkout.page is not None:
            provider.close_checkout(record.checkout.page.id)
        if record.customer is not None:
            provider.forget(record.customer)
        if record.asking is not None:  # the answer may have been lost: the same number is the same customer
            provider.forget(provider.create_customer(Buyer(bid=bid, number=record.asking, email=None, language="en")))
    except Unreachable as e:
        raise unreachable() from e
    delete_payer(payer)
