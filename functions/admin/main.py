"""What an operator sees and does: the service now, its members, its slots and sessions; changes of each, and the log of
the changes."""

from datetime import datetime

import functions_framework
from msgspec.structs import replace

from shared import logs
from shared.endpoint import AcceptedAnswer, endpoint, routes
from shared.errors import Refused, bad_request
from shared.flows import operator_changes as changes
from shared.flows import operator_looks as looks
from shared.flows.archives import POLL_SECONDS, archive_of
from shared.flows.sign_ins import mark_of
from shared.gcp import emulators
from shared.gcp.identity import Member, RoleHolder, operator, operator_or_auditor, person_by_email
from shared.gcp.store import levers, operators
from shared.gcp.store.snapshots import read_snapshot
from shared.policies import pool_size
from shared.settings import settings
from shared.views.archive import Making, Ready
from shared.views.costs import CostsView
from shared.views.operator_members import AccountDetails, MembersView
from shared.views.operator_money import MoneyView, PayersView
from shared.views.operator_now import (
    MailsView,
    OpensView,
    Overview,
    SessionDetails,
    SessionsView,
    SlotDetails,
    SlotsView,
)
from shared.views.operator_queries import (
    AccountQuery,
    AuditQuery,
    DaysQuery,
    MembersQuery,
    OverviewQuery,
    PayersQuery,
    SessionQuery,
    SessionsQuery,
    SlotQuery,
    SlotsQuery,
)
from shared.views.operator_requests import (
    Announce,
    DownloadHome,
    Drain,
    EndSession,
    Grant,
    QuarantineSlot,
    RecycleSlot,
    Resume,
    SetLimits,
    SetPlan,
    SetPool,
    Suspend,
    TakeBack,
)
from shared.views.operator_views import (
    AuditView,
    DaysView,
    LineView,
    audit_view,
)

OF_CHANGE = {404: ("not-found",), 409: ("account-closed", "request-reused")}
"""Problems that any change of an account may be refused with."""
OF_SLOT = {404: ("not-found",), 409: ("request-reused",)}


@endpoint(operator_or_auditor, OverviewQuery, method="GET")
def overview(caller: RoleHolder, _query: OverviewQuery, now: datetime) -> Overview:
    """The limits and the service now.

    Every endpoint below /admin answers 403 without the custom claim `admin`. With the claim `auditor` those that change
    nothing answer too. Each figure has its healthy range beside it.
    """
    return looks.overview(caller.role, now)


@endpoint(operator_or_auditor, OverviewQuery, method="GET")
def opens(_caller: RoleHolder, _query: OverviewQuery, now: datetime) -> OpensView:
    """How Opens of the last hour went.

    Times by step, misses of the pool and errors, by the newest hundred sessions.
    """
    return looks.opens(now)


@endpoint(operator_or_auditor, OverviewQuery, method="GET")
def mails(_caller: RoleHolder, _query: OverviewQuery, _now: datetime) -> MailsView:
    """Whether mails are sent.

    How many wait, and how many of the last week were not.
    """
    return looks.mails(server=settings().is_mailing or emulators.smtp_endpoint() is not None)


@endpoint(operator_or_auditor, SlotsQuery, method="GET")
def slots(_caller: RoleHolder, query: SlotsQuery, _now: datetime) -> SlotsView:
    """All slots.

    By name, in pages.
    """
    return looks.slots(query)


@endpoint(operator_or_auditor, SlotQuery, refuses={404: ("not-found",)}, method="GET")
def slot(_caller: RoleHolder, query: SlotQuery, _now: datetime) -> SlotDetails:
    """One slot.

    With what was done with it lately, and why.
    """
    return looks.slot(query.slot)


@endpoint(operator_or_auditor, SessionsQuery, method="GET")
def sessions(_caller: RoleHolder, query: SessionsQuery, _now: datetime) -> SessionsView:
    """Sessions.

    All that are open, or those of one member, in pages.
    """
    return looks.sessions(query)


@endpoint(operator_or_auditor, SessionQuery, refuses={404: ("not-found",)}, method="GET")
def session(_caller: RoleHolder, query: SessionQuery, _now: datetime) -> SessionDetails:
    """One session.

    With the steps of its Open, and every decision about it with its rule.
    """
    return looks.session(query.session)


@endpoint(operator_or_auditor, MembersQuery, method="GET")
def members(caller: RoleHolder, query: MembersQuery, now: datetime) -> MembersView:
    """Members.

    Sorted over all of them, in pages. With `email`, those whose address begins with it.
    """
    page = looks.members(query, now)
    logs.info("operator-listed", by=caller.member.uid, sort=query.order(), searched=query.email is not None)
    return page


@endpoint(operator_or_auditor, OverviewQuery, method="GET")
def money(_caller: RoleHolder, _query: OverviewQuery, now: datetime) -> MoneyView:
    """What members pay now, by plan.

    By what the payment provider last said, at the plan table's prices.
    """
    return looks.money(now)


@endpoint(operator_or_auditor, PayersQuery, method="GET")
def payers(caller: RoleHolder, query: PayersQuery, now: datetime) -> PayersView:
    """Payers who owe, or about whom the payment provider and Ondol disagree.

    In pages, each with the customer's page at the provider.
    """
    logs.info("operator-listed-payers", by=caller.member.uid, of=query.of)
    return looks.payers(query, now)


@endpoint(operator, SetPlan, refuses=OF_CHANGE)
def plan(caller: Member, body: SetPlan, now: datetime) -> LineView:
    """Set an account's plan.

    With `team`, that of the team that the person is in. An open session follows the new plan from its next heartbeat
    on. Subscriptions that ran until now are cancelled, without a refund: `cancels` in `after` names them. The same
    `request` sent again changes nothing and gets the same answer.
    """
    line = changes.asked(caller, body, now)
    return changes.replacing(operators.set_plan(line, body.uid, body.plan, of_team=body.team))


@endpoint(operator, Grant, refuses={**OF_CHANGE, 422: ("no-limit",)})
def grant(caller: Member, body: Grant, now: datetime) -> LineView:
    """Add time to the current period.

    With `team`, of the team that the person is in. Refused on a plan without limit (`no-limit`). Granted time ends with
    its period.
    """
    return changes.logged(
        operators.grant_time(changes.asked(caller, body, now), body.uid, body.seconds, now, of_team=body.team)
    )


@endpoint(operator, Suspend, refuses=OF_CHANGE)
def suspend(caller: Member, body: Suspend, now: datetime) -> LineView:
    """Suspend an account.

    The account's session is saved and ended, the files are kept, and no session can be opened. If the suspension is for
    a missing payment, the member can still see the history and download files. The member's page shows `notice`.
    """
    # The suspension and the beginning of the session's end are one commit. The task only saves the wait until the sweep
    # finds the session.
    return changes.ended(
        operators.suspend_account(changes.asked(caller, body, now), body.uid, now, body.reason, body.notice)
    )


@endpoint(operator, Resume, refuses=OF_CHANGE)
def resume(caller: Member, body: Resume, now: datetime) -> LineView:
    """End a suspension.

    With `uid`, of an existing account. With `email`, of an address whose account was erased while it was suspended: the
    next account with this address is not suspended. The audit log has a keyed mark of the address, and not the address.
    """
    line = changes.asked(caller, body, now)
    if body.uid is not None:
        return changes.logged(operators.resume_account(line, body.uid, now))
    mark = mark_of(body.email or "")
    return changes.logged(operators.lift_suspension(replace(line, asked={"mark": mark}), mark, now))


@endpoint(operator, SetLimits, refuses={409: ("request-reused",)})
def limits(caller: Member, body: SetLimits, now: datetime) -> LineView:
    """Set limits for everybody.

    Limits that are not given stay as they are.
    """
    line = changes.asked(caller, body, now)
    return changes.logged(operators.set_limits(line, line.asked))


@endpoint(operator, EndSession, refuses=OF_CHANGE)
def end(caller: Member, body: EndSession, now: datetime) -> LineView:
    """End a member's session.

    The work is saved, and the member sees that an operator ended the session. They can open another one at once.
    """
    return changes.ended(levers.end_session_of(changes.asked(caller, body, now), body.uid, now))


@endpoint(operator, DownloadHome, refuses={**OF_CHANGE, 422: ("state-broken",)})
def download_home(caller: Member, body: DownloadHome, now: datetime) -> Ready | AcceptedAnswer[Making]:
    """Download a member's home on their behalf.

    The answer is one tar.zst. Send the same request again until the archive is ready: it has one line in the audit log,
    and stays the archive of the snapshot that was the newest at first.
    """
    line = levers.choose_snapshot(changes.asked(caller, body, now), body.uid, body.snapshot)
    logs.info("operator-changed", request=line.request, action=line.action, target=line.target, by=line.by)
    wid, snapshot = str(line.after["workspace"]), str(line.after["snapshot"])
    kept = read_snapshot(wid, snapshot)  # it may be thinned by now, while its archive is still there
    ready = archive_of(wid, snapshot, kept.record.head if kept else None, now)
    return ready or AcceptedAnswer(Making(snapshot), retry_after=POLL_SECONDS)


@endpoint(operator, SetPool, refuses={409: ("request-reused",)})
def set_pool(caller: Member, body: SetPool, now: datetime) -> LineView:
    """Set how many slots are warm and exist.

    One number of warm slots, one for each hour of the week, or as many as the Opens of the last weeks make worthwhile.
    Holds until it is set anew, also over an upgrade. A lower maximum ends no session.
    """
    return changes.audited(levers.set_pool(changes.asked(caller, body, now), pool_size()))


@endpoint(operator, Announce, refuses={409: ("request-reused",)})
def announce(caller: Member, body: Announce, now: datetime) -> LineView:
    """Announce members who will come together.

    The request's id is the announcement's. It is forgotten when it is over.
    """
    return changes.audited(levers.announce(changes.asked(caller, body, now), body.at, body.members, pool_size(), now))


@endpoint(operator, TakeBack, refuses=OF_SLOT)
def take_back(caller: Member, body: TakeBack, now: datetime) -> LineView:
    """Take an announcement back."""
    return changes.audited(levers.take_back_announcement(changes.asked(caller, body, now), body.announcement))


@endpoint(operator, Drain, refuses={409: ("request-reused",)})
def drain(caller: Member, body: Drain, now: datetime) -> LineView:
    """End all open sessions, for an upgrade.

    Each is saved, and its member sees that an operator ended it. With `close`, new sessions are closed first, by the
    same commit.
    """
    return changes.audited(levers.drain_all(changes.asked(caller, body, now), now, close=body.close))


@endpoint(operator, RecycleSlot, refuses=OF_SLOT)
def recycle(caller: Member, body: RecycleSlot, now: datetime) -> LineView:
    """Replace a slot's container.

    A session in it is saved and ended first. A slot that was taken out of use comes back.
    """
    return changes.replaced(levers.recycle_slot(changes.asked(caller, body, now), body.slot, now))


@endpoint(operator, QuarantineSlot, refuses=OF_SLOT)
def quarantine(caller: Member, body: QuarantineSlot, now: datetime) -> LineView:
    """Take a slot out of use.

    Nobody gets it, and its container is left as it is, to be looked into. A session in it is saved and ended first.
    """
    return changes.replaced(levers.quarantine_slot(changes.asked(caller, body, now), body.slot, now))


@endpoint(operator_or_auditor, AccountQuery, refuses={404: ("not-found",), 409: ("account-closed",)}, method="GET")
def account(caller: RoleHolder, query: AccountQuery, now: datetime) -> AccountDetails:
    """One account.

    Found by `uid` or by `email`; give one of them.
    """
    # Each look-up is logged with the operator and the account, because it connects an address with a person.
    uid = _uid_of(query)
    logs.info("operator-looked", by=caller.member.uid, target=uid, given="email" if query.uid is None else "uid")
    if uid is None:
        raise Refused("not-found", "No account has this address.", status=404)
    return looks.account(uid, now)


@endpoint(operator_or_auditor, AuditQuery, refuses={404: ("not-found",)}, method="GET")
def audit(_caller: RoleHolder, query: AuditQuery, _now: datetime) -> AuditView:
    """The log of what operators did."""
    before = operators.read_audit(query.before) if query.before else None
    if query.before and before is None:
        raise Refused(
            "not-found",
            "The audit log has no such request. Leave out `before` to start with the newest line.",
            status=404,
        )
    return audit_view(operators.audit_lines(before, query.limit, query.target))


@endpoint(operator_or_auditor, DaysQuery, method="GET")
def used(_caller: RoleHolder, query: DaysQuery, now: datetime) -> DaysView:
    """Time used by plan, on each day of a month (UTC).

    With today, and with yesterday until it is summed up, an hour after midnight.
    """
    return looks.days(query.month, now)


@endpoint(operator_or_auditor, OverviewQuery, refuses={404: ("not-found",), 500: ("prices-wrong",)}, method="GET")
def costs(_caller: RoleHolder, _query: OverviewQuery, now: datetime) -> CostsView:
    """What this month costs.

    So far and to its end, by line of the model of costs, with the margin of each plan and the dearest members.
    """
    return looks.costs(now)


admin = functions_framework.http(
    routes(
        {
            "": overview,
            "admin": overview,
            "opens": opens,
            "mails": mails,
            "slots": slots,
            "slot": slot,
            "sessions": sessions,
            "session": session,
            "members": members,
            "money": money,
            "payers": payers,
            "plan": plan,
            "grant": grant,
            "suspend": suspend,
            "resume": resume,
            "limits": limits,
            "end": end,
            "download": download_home,
            "pool": set_pool,
            "announce": announce,
            "take-back": take_back,
            "drain": drain,
            "recycle": recycle,
            "quarantine": quarantine,
            "account": account,
            "audit": audit,
            "usage": used,
            "costs": costs,
        },
        "admin",
    )
)


def _uid_of(query: AccountQuery) -> str | None:
    query.check()
    if query.uid is not None:
        return query.uid
    try:
        holder = person_by_email(query.email or "")
    except ValueError as e:
        raise bad_request("email: This is not an address.") from e
    return holder.uid if holder else None
