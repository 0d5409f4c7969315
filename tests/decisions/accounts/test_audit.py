"""A request that comes again: the same one, or another under its id."""

from typing import Any

import pytest
from msgspec.structs import replace

from shared.accounts.audit import ERASED, Action, AuditLine
from shared.errors import Conflict
from tests.support.records.factories import NOW, after

LINE = AuditLine(
    request="request-1",
    at=NOW,
    by="u-op",
    email="op@example.com",
    action=Action.GRANT,
    target="u-1",
    asked={"seconds": 60},
    note="why",
)


def test_the_same_request_may_come_later_and_from_another_operator() -> None:
    made = replace(LINE, before={"granted": 0}, after={"granted": 60})
    replace(LINE, at=after(60), by="u-other", email=None).check_repeats(made)


@pytest.mark.parametrize(
    "changed",
    [
        {"action": Action.PLAN},
        {"target": "u-2"},
        {"target": None},
        {"asked": {"seconds": 61}},
        {"asked": {}},
        {"note": "another reason"},
    ],
)
def test_another_one_under_the_same_id_is_told_apart(changed: dict[str, Any]) -> None:
    with pytest.raises(Conflict) as refused:
        replace(LINE, **changed).check_repeats(LINE)
    assert (refused.value.name, refused.value.answer_status) == ("request-reused", 409)
    assert "request-1" in refused.value.detail


def test_what_an_operator_wrote_of_a_person_goes_with_the_person() -> None:
    asked = {"reason": "payment", "message": "Dear Ada, …", "contact": "billing@example.com"}
    line = replace(LINE, action=Action.SUSPEND, asked=asked).anonymous("u-1", "e-1")
    assert (line.target, line.note) == ("e-1", ERASED)
    assert line.asked == {"reason": "payment", "message": ERASED, "contact": ERASED}
