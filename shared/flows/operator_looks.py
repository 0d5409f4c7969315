"""What operators look at, read for one view each. Each look costs a bounded number of reads, which tests count."""

from datetime import datetime, timedelta

from shared.accounts.account import Account
from shared.accounts.operator_limits import Limits
from shared.accounts.roles import Role
from shared.billing.payer import Payer, is_for_sale
from shared.billing.plans import PLANS
from shared.billing.subscription import PAYING, Reason
from shared.cursors import Place, cursor, moment, parse_place, place_text
from shared.errors import Refused, bad_request
from shared.flows import warm_slots
from shared.flows.costs_today import cost_now, dear_members
from shared.flows.open_days import days_of
from shared.gcp.store import payers as payers_store
from shared.gcp.store.accounts import read_workspace
from shared.gcp.store.billing import read_billing
from shared.gcp.store.claims import count_refused
from shared.gcp.store.mails import count_mails
from shared.gcp.store.members import list_members
from shared.gcp.store.operators import read_account
from shared.gcp.store.sessions import (
    count_sessions,
    newest_sessions,
    open_sessions,
    read_session,
    sessions_of,
)
from shared.gcp.store.slots import count_in, most_attempts, read_controls, read_slot, slots_page
from shared.gcp.store.subscriptions import read_payer
from shared.gcp.store.teams import find_with_billing
from shared.mail.mail import MailState
from shared.policies import pool_size
from shared.sessions.session import SessionState
from shared.slots.levers import PoolSize
from shared.slots.slot import SlotState
from shared.views.costs import CostsView, costs_view
from shared.views.health import opening_figures, pool_figures
from shared.views.operator_members import (
    AccountDetails,
    MembersView,
    TeamDetails,
    account_view,
    member_row,
    team_details,
)
from shared.views.operator_money import MoneyView, PayersView, money_view, payers_view
from shared.views.operator_now import (
    MailsView,
    OpensView,
    Overview,
    SessionCounts,
    SessionDetails,
    SessionsView,
    SlotDetails,
    SlotsView,
    pool_now,
    session_details,
    session_row,
    slot_details,
    slots_view,
)
from shared.views.operator_queries import MembersQuery, PayersOf, PayersQuery, SessionsQuery, SlotsQuery
from shared.views.operator_views import DaysView, days_view

UNASKED_AFTER = timedelta(days=1)
"""A payer who has been due for so long is shown: `meter` has the provider asked each 15 minutes."""
OPENS_SINCE = timedelta(hours=1)
MOST_OPENS = 100
"""Sessions by which the times to open are shown. A larger sample costs more and says little more."""
SESSIONS_OF_MEMBER = 10
"""Sessions that are shown with an account."""


def overview(role: Role, now: datetime) -> Overview:
    """Twelve reads: two records, a count for each state of slots and sessions, and the slot that fails most. One more
    while the pool is adaptive."""
    set_limits, levers = read_controls()
    limits = set_limits or Limits()
    counts = {state: count_in(state) for state in SlotState}
    sessions = {state: count_sessions(state) for state in SessionState if state != SessionState.ENDED}
    decision, most = warm_slots.decide(levers, now), levers.most(pool_size())
    wanted = PoolSize(warm=min(most, decision.warm), max=most)
    return Overview(
        role=role,
        limits=limits,
        open_sessions=counts[SlotState.CLAIMED],
        sessions=SessionCounts(
            opening=sessions[SessionState.OPENING],
            active=sessions[SessionState.ACTIVE],
            draining=sessions[SessionState.DRAINING],
        ),
        pool=pool_now(counts, levers, wanted, decision, now),
        figures=pool_figures(counts, wanted, most_attempts(), limits.open_sessions),
    )


def opens(now: datetime) -> OpensView:
    since = (now - OPENS_SINCE).replace(second=0, microsecond=0)  # the same answer has the same tag for a while
    sessions = newest_sessions(since, MOST_OPENS)
    # refused Opens are those of the same time as the sample
    sampled = sessions[-1].opened if len(sessions) == MOST_OPENS else since
    return OpensView(since.timestamp(), len(sessions), opening_figures(sessions, count_refused(sampled)))


def members(query: MembersQuery, now: datetime) -> MembersView:
    """Raises Refused."""
    sort = query.order()
    try:
        after = parse_place(query.after) if query.after else None
        page = list_members(
            sort, prefix=(query.email or "").lower(), after=after, descending=query.descending, limit=query.limit
        )
    except ValueError as e:
        raise bad_request(f"after: {e}. Begin with the first page.") from e
    rows = [member_row(each.account, each.billing, each.workspace, now) for each in page.members]
    return MembersView(rows, place_text(page.next) if page.next else None)


def mails(*, server: bool) -> MailsView:
    """Three counts."""
    unsent = sum(map(count_mails, (MailState.REFUSED, MailState.GIVEN_UP)))
    return MailsView(server=server, waiting=count_mails(MailState.PENDING), unsent=unsent)


def money(now: datetime) -> MoneyView:
    """A count for each plan and for each plan that is sold and reason, and three more."""
    sold = [plan for plan in PLANS if is_for_sale(plan)]
    return money_view(
        {plan: payers_store.count_accounts(plan) for plan in PLANS},
        {(plan, reason): payers_store.count_payers(reason, plan) for plan in sold for reason in PAYING},
        unpaid=payers_store.count_payers(Reason.UNPAID),
        disagreeing=payers_store.count_disagreeing(),
        unasked=payers_store.count_unasked(now - UNASKED_AFTER),
    )


def payers(query: PayersQuery, now: datetime) -> PayersView:
    """Raises Refused."""
    try:
        after = parse_place(query.after) if query.after else None
        page = _payers(query, after, now)
    except ValueError as e:
        raise bad_request(f"after: {e}. Begin with the first page.") from e
    return payers_view(page.payers, place_text(page.next) if page.next else None)


def _payers(query: PayersQuery, after: Place | None, now: datetime) -> payers_store.PayersPage:
    """Raises ValueError for a cursor of another list."""
    match query.of:
        case PayersOf.RETRYING:
            return payers_store.payers_by_reason(Reason.RETRYING, after, query.limit)
        case PayersOf.UNPAID:
            return payers_store.payers_by_reason(Reason.UNPAID, after, query.limit)
        case PayersOf.DISAGREEING:
            return payers_store.disagreeing_payers(after, query.limit)
        case PayersOf.UNASKED:
            return payers_store.unasked_payers(now - UNASKED_AFTER, after, query.limit)


def account(uid: str, now: datetime) -> AccountDetails:
    """Raises what read_account does."""
    shown = read_account(uid).record
    billing, workspace = read_billing(shown.bid).record, read_workspace(shown.wid).record
    newest = sessions_of(uid, None, SESSIONS_OF_MEMBER)
    session = next((each for each in newest if each.sid == workspace.session), None)
    payer, team = _payer_of(shown.bid), _team_of(shown, now)
    return account_view(shown, billing, payer, team, workspace, session, newest, now)


def _payer_of(bid: str) -> Payer | None:
    found = read_payer(bid)
    return found.record if found else None


def _team_of(shown: Account, now: datetime) -> TeamDetails | None:
    """Three reads for who is in a team."""
    found = find_with_billing(shown.team.bid) if shown.team else None
    if found is None:
        return None
    team, billing = found
    return team_details(team.record, billing, _payer_of(billing.bid), now)


def sessions(query: SessionsQuery) -> SessionsView:
    """Raises Refused."""
    if query.uid is None:
        found = open_sessions(query.after, query.limit)
        following = found[-1].sid if len(found) == query.limit else None
    else:
        try:
            before = moment(int(query.after)) if query.after else None
        except ValueError as e:
            raise bad_request("after: this is no cursor. Begin with the first page.") from e
        found = sessions_of(query.uid, before, query.limit)
        following = str(cursor(found[-1].opened)) if len(found) == query.limit else None
    return SessionsView([session_row(each) for each in found], following)


def session(sid: str) -> SessionDetails:
    """Raises Refused."""
    found = read_session(sid)
    if found is None:
        raise Refused("not-found", "There is no such session.", status=404)
    return session_details(found.record)


def days(month: str, now: datetime) -> DaysView:
    """Reads as days_of does."""
    return days_view(*days_of(month, now))


def costs(now: datetime) -> CostsView:
    """Reads as cost_now and dear_members do. Raises Refused if the price list lacks the region, and Permanent
    if the operator's own prices can't be read."""
    try:
        return costs_view(cost_now(now), dear_members(now))
    except LookupError as e:
        raise Refused("not-found", f"The price list does not have this region: {e}.", status=404) from e


def slots(query: SlotsQuery) -> SlotsView:
    return slots_view(slots_page(query.state, query.after, query.limit), query.limit)


def slot(name: str) -> SlotDetails:
    """Raises Refused."""
    found = read_slot(name)
    if found is None:
        raise Refused("not-found", "There is no such slot. Perhaps it was replaced: load the list again.", status=404)
    return slot_details(found.record)
