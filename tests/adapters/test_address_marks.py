"""Who deletes their sign-in and comes again goes on with what they used, and stays suspended until that is lifted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from firebase_admin import auth
from msgspec.structs import replace

from shared.accounts.account import Account, AccountState
from shared.accounts.audit import Action, AuditLine
from shared.accounts.operator_limits import check_email
from shared.billing.periods import over_everywhere
from shared.billing.time_allowance import allowance
from shared.errors import Refused
from shared.flows.sign_ins import account_of, mark_of
from shared.gcp.identity import firebase_app
from shared.gcp.store import operators
from shared.gcp.store.accounts import close_account, find_account, leave_billing, mark_ref, read_workspace
from shared.gcp.store.billing import billing_ref, read_billing
from shared.gcp.store.database import Commit
from shared.gcp.store.marks import forget_marks
from tests.adapters.people import come, leave, member, sign_up
from tests.support.stack.environment import environment

NOW = datetime.now(UTC) + timedelta(days=1)  # later than whoever a test signs up, however late that runs
LATER = NOW + timedelta(hours=1)
ADDRESS = "Haneul.Kim@example.com"


@pytest.fixture(autouse=True)
def people(empty_database: None, auth_emulator: dict[str, str]) -> Iterator[None]:
    with environment(auth_emulator):
        auth.delete_users([user.uid for user in auth.list_users(app=firebase_app()).users], app=firebase_app())
        yield


def use(account: Account, seconds: int) -> None:
    before = read_billing(account.bid)
    period = allowance(before.record, NOW).period.id
    used = before.record.used | {period: before.record.used.get(period, 0) + 1000 * seconds}
    Commit().change(billing_ref(account.bid), before, before.record.count(used)).run()


def left(account: Account) -> float:
    current = allowance(read_billing(account.bid).record, NOW)
    assert current.granted is not None and current.left is not None
    return (current.granted - current.left) / 1000


def delete(uid: str) -> None:
    close_account(uid, NOW)
    leave(uid)


def suspend(uid: str, request: str = "request-1") -> None:
    operators.suspend_account(line(request, Action.SUSPEND, uid), uid, NOW)


def line(request: str, action: Action, target: str | None) -> AuditLine:
    return AuditLine(request=request, at=NOW, by="u-op", email=None, action=action, target=target, asked={}, note="why")


def marks() -> list[str]:
    return [mark.id for mark in mark_ref("x").parent.list_documents()]


def test_whoever_comes_again_goes_on_with_what_they_used() -> None:
    first = come("u-1", NOW, ADDRESS)
    use(first, 700)
    delete("u-1")
    second = come("u-2", NOW, ADDRESS.upper())
    assert left(second) == 700
    use(second, 50)
    delete("u-2")
    third = come("u-3", NOW, ADDRESS)
    assert left(third) == 750, "and again, without counting anything twice"
    assert left(come("u-4", NOW, "another@example.com")) == 0


def test_what_a_session_used_after_its_account_was_deleted_counts_too() -> None:
    first = come("u-1", NOW, ADDRESS)
    use(first, 100)
    delete("u-1")
    second = come("u-2", NOW, ADDRESS)
    use(first, 23)  # its session was still open
    assert leave_billing("u-1", "e-1", NOW)
    assert not leave_billing("u-1", "e-1", NOW), "once"
    assert left(second) == 123
    delete("u-2")
    use(second, 7)
    assert leave_billing("u-2", "e-2", NOW)
    assert left(come("u-3", NOW, ADDRESS)) == 130, "also if nobody has come again meanwhile"


def test_who_was_deleted_in_firebase_auth_alone_is_found_by_their_address() -> None:
    first = come("u-1", NOW, ADDRESS)
    use(first, 700)
    leave("u-1")
    second = come("u-2", NOW, ADDRESS)
    assert left(second) == 700
    former = find_account("u-1")
    assert former and (former.state, former.missing) == (AccountState.ACTIVE, NOW), "one answer erases nobody"
    use(first, 23)  # its session was still open
    close_account("u-1", LATER)
    assert left(second) == 723, "each minute once"
    use(first, 4)
    assert leave_billing("u-1", "e-1", LATER)
    assert left(second) == 727
    delete("u-2")
    assert left(come("u-3", NOW, ADDRESS)) == 727


def test_the_suspension_of_who_was_deleted_in_firebase_auth_alone_is_found_too() -> None:
    come("u-1", NOW, ADDRESS)
    suspend("u-1")
    leave("u-1")
    assert come("u-2", NOW, ADDRESS).state == AccountState.SUSPENDED
    close_account("u-1", LATER)
    delete("u-2")
    assert come("u-3", NOW, ADDRESS).state == AccountState.SUSPENDED


def test_who_was_taken_for_gone_by_a_wrong_answer_keeps_account_and_files() -> None:
    first = come("u-1", NOW, ADDRESS)
    use(first, 700)
    leave("u-1")
    come("u-2", NOW, ADDRESS)
    assert read_workspace(first.wid).record.erase_due is None
    assert (left(come("u-1", NOW, "kept@example.com")), left(first)) == (700, 700)


def test_another_account_that_is_there_keeps_its_own() -> None:
    """Where the project lets one address have several accounts."""
    first = come("u-1", NOW, ADDRESS)
    use(first, 700)
    auth.update_user("u-1", email="elsewhere@example.com", app=firebase_app())
    second = come("u-2", NOW, ADDRESS)
    assert (left(first), left(second)) == (700, 0)
    assert find_account("u-1") == replace(first, mark=mark_of(ADDRESS))


def test_a_suspension_outlives_the_account_until_an_operator_lifts_it() -> None:
    come("u-1", NOW, ADDRESS)
    suspend("u-1")
    delete("u-1")
    assert forget_marks(NOW + timedelta(days=4000)) == 0, "it has no end by itself"
    second = come("u-2", NOW, ADDRESS)
    assert second.state == AccountState.SUSPENDED
    assert read_workspace(second.wid).record.suspended
    operators.resume_account(line("request-2", Action.RESUME, "u-2"), "u-2", NOW)
    delete("u-2")
    assert come("u-3", NOW, ADDRESS).state == AccountState.ACTIVE, "and the mark of it is lifted with it"


def test_nobody_escapes_a_suspension_by_another_address() -> None:
    come("u-1", NOW, ADDRESS)
    suspend("u-1")
    assert come("u-1", NOW, "another@example.com").mark == mark_of(ADDRESS)
    delete("u-1")
    assert come("u-2", NOW, ADDRESS).state == AccountState.SUSPENDED


def test_whoever_comes_again_with_the_address_unverified_opens_nothing_on_free_and_is_suspended_once_it_is() -> None:
    come("u-1", NOW, ADDRESS)
    suspend("u-1")
    delete("u-1")
    sign_up("u-2", ADDRESS)
    unverified = replace(member("u-2", NOW, ADDRESS), email_verified=False)
    assert account_of(unverified, NOW).state == AccountState.ACTIVE, "the address may be anybody's until then"
    with pytest.raises(Refused, match="verified"):
        check_email("free", verified=unverified.email_verified)
    assert come("u-2", NOW, ADDRESS).state == AccountState.SUSPENDED


def test_an_operator_lifts_it_by_address_and_the_log_has_no_address() -> None:
    come("u-1", NOW, ADDRESS)
    suspend("u-1")
    delete("u-1")
    mark = mark_of(ADDRESS)
    lifted = operators.lift_suspension(replace(line("request-2", Action.RESUME, None), asked={"mark": mark}), mark, NOW)
    assert (lifted.before, lifted.after) == ({"suspended": True}, {"suspended": False})
    again = operators.lift_suspension(replace(line("request-2", Action.RESUME, None), asked={"mark": mark}), mark, NOW)
    assert again == lifted
    assert come("u-2", NOW, ADDRESS).state == AccountState.ACTIVE
    with pytest.raises(Refused, match="suspended when it was erased"):
        operators.lift_suspension(line("request-3", Action.RESUME, None), mark_of("nobody@example.com"), NOW)


def test_a_mark_is_kept_until_the_period_is_over_and_tells_no_address() -> None:
    first = come("u-1", NOW, ADDRESS)
    use(first, 1)
    delete("u-1")
    [mark] = marks()
    assert mark == mark_of(ADDRESS)
    period = allowance(read_billing(first.bid).record, NOW).period.id
    assert forget_marks(over_everywhere(period) - timedelta(seconds=1)) == 0
    assert (forget_marks(over_everywhere(period)), marks()) == (1, [])


def test_who_used_nothing_leaves_no_mark() -> None:
    come("u-1", NOW, ADDRESS)
    delete("u-1")
    assert marks() == []
