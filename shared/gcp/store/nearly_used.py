"""Tells by mail, in the commit that charges it, that a plan's time is nearly used."""

from collections.abc import Iterator
from datetime import datetime

from shared.accounts.account import Account
from shared.accounts.team import Team
from shared.billing.account import Billing
from shared.billing.time_allowance import nearly_used
from shared.gcp.store.accounts import account_ref, find_account
from shared.gcp.store.database import Commit, document, read, read_all
from shared.gcp.store.mails import add_mail
from shared.mail.about_time import mail_about_time
from shared.mail.mail import Mail


def tell_nearly_used(commit: Commit, billing: Billing, now: datetime) -> Billing:
    """The account, and in the commit the mails that are due. Once in a period this reads the owner's account, or the
    team and the accounts of its people; at any other time nothing."""
    after = nearly_used(billing, now)
    if after is None:
        return billing
    for mail in _mails(billing, now):
        add_mail(commit, mail)
    return after


def _mails(billing: Billing, now: datetime) -> Iterator[Mail]:
    """To the owner; of a team to everybody in it, because all are refused once the time is used up."""
    if not billing.is_teams:
        account = find_account(billing.owner)
        mail = mail_about_time(billing, account, "", now, pays=True) if account else None
        if mail:
            yield mail
        return
    found = read(document("teams", billing.bid), Team)
    if found is None:
        return
    team: Team = found.record
    people = read_all([(account_ref(each.uid), Account) for each in team.people]) if team.people else []
    for person, read_account in zip(team.people, people, strict=True):
        if read_account is None:
            continue
        mail = mail_about_time(billing, read_account.record, team.name, now, pays=person.role.may_pay)
        if mail:
            yield mail
