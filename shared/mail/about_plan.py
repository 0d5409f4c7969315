"""What a member is told of a plan that is paid for: that a payment failed, that it ended, that what it kept ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.billing.kept_plan import due_notice
from shared.billing.payer import Payer
from shared.billing.subscription import Reason
from shared.mail.mail import Mail, MailKind, Reader

NEWS_FOR = timedelta(days=2)
"""For this long the end of a plan is news. A mail is forgotten after a longer time, and would then be written again."""


def mails_about_plan(payer: Payer, reader: Reader, now: datetime) -> Iterator[Mail]:
    """The mails that are due. Each is named for what it tells of, so that asking again writes none again."""
    found = payer.standing
    if found.plan is None:
        return
    if found.reason == Reason.RETRYING and found.until is not None:
        facts = {"plan": found.plan, "until": found.until.isoformat()}
        yield Mail.new(_name(payer, found.until), MailKind.PAYMENT_FAILED, reader, facts, now)
    if found.kept is None:
        return
    facts = {"plan": found.kept.plan, "now": found.plan, "until": found.kept.until.isoformat()}
    if now < found.kept.since + NEWS_FOR:
        yield Mail.new(_name(payer, found.kept.since), MailKind.PLAN_ENDED, reader, facts, now)
    notice = due_notice(found.kept, payer.told, now)
    if notice is not None:
        yield Mail.new(_name(payer, notice.at), MailKind.KEPT_ENDS, reader, facts, now)


def _name(payer: Payer, moment: datetime) -> str:
    return f"{payer.bid}-{moment:%Y%m%d%H%M%S}"
