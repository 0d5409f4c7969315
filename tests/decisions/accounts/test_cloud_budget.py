"""When a month's cost closes new sessions."""

from datetime import UTC, datetime

import msgspec
import pytest

from shared.accounts.cloud_budget import BUDGET, Cost, budget_spent

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MESSAGE = {
    "budgetDisplayName": "ondol",
    "alertThresholdExceeded": 1.0,
    "costAmount": 201.5,
    "costIntervalStart": "2026-11-01T07:00:00Z",
    "budgetAmount": 200.0,
    "budgetAmountType": "SPECIFIED_AMOUNT",
    "currencyCode": "USD",
}
"""As Google's documentation shows one."""


def cost(**changed: object) -> Cost:
    return msgspec.json.decode(msgspec.json.encode(MESSAGE | changed), type=Cost)


def test_a_month_that_costs_as_much_as_its_budget_closes_new_sessions() -> None:
    line = budget_spent(cost(costAmount=200.0), NOW)
    assert line and (line.by, line.target, line.asked) == (BUDGET, None, {"new_sessions": False})
    assert line.note == "The month's budget of 200 USD is spent."


def test_a_month_that_costs_less_closes_nothing_whatever_threshold_is_passed() -> None:
    assert budget_spent(cost(costAmount=199.99, alertThresholdExceeded=0.9), NOW) is None


def test_the_same_month_and_amount_are_the_same_change_and_others_are_not() -> None:
    first = budget_spent(cost(), NOW)
    later = budget_spent(cost(costAmount=240.0), NOW.replace(hour=15))
    assert first and later and later.request == first.request
    later.check_repeats(first)
    raised = budget_spent(cost(budgetAmount=300.0, costAmount=301.0), NOW)
    december = budget_spent(cost(costIntervalStart="2026-12-01T08:00:00Z"), NOW)
    assert raised and december and len({first.request, raised.request, december.request}) == 3


@pytest.mark.parametrize(
    "changed", [{"budgetAmount": 0}, {"costAmount": -1}, {"costIntervalStart": "November"}, {"currencyCode": "$"}]
)
def test_what_is_no_figure_of_a_budget_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        cost(**changed)
