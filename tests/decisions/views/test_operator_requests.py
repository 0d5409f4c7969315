"""What an operator asks for, and the line that it becomes."""

from typing import Any

import msgspec
import pytest
from msgspec import to_builtins

from shared.accounts.audit import Action
from shared.errors import Refused
from shared.views.operator_queries import AccountQuery
from shared.views.operator_requests import (
    Drain,
    EndSession,
    Grant,
    QuarantineSlot,
    RecycleSlot,
    Request,
    Resume,
    SetLimits,
    SetPlan,
    SetPool,
    Suspend,
)
from shared.views.operator_views import line_view
from tests.support.records.factories import NOW


def asking(kind: type[Request], **fields: Any) -> Request:
    return msgspec.convert({"request": "request-1", "note": "why", **fields}, type=kind)


@pytest.mark.parametrize(
    ("asked", "action", "target", "values"),
    [
        (asking(SetPlan, uid="u-1", plan="pro"), Action.PLAN, "u-1", {"plan": "pro"}),
        (asking(Grant, uid="u-1", seconds=60), Action.GRANT, "u-1", {"seconds": 60}),
        (asking(Suspend, uid="u-1"), Action.SUSPEND, "u-1", {}),
        (
            asking(Suspend, uid="u-1", reason="payment", notice={"message": "Card declined.", "contact": None}),
            Action.SUSPEND,
            "u-1",
            {"reason": "payment", "message": "Card declined."},
        ),
        (asking(Resume, uid="u-1"), Action.RESUME, "u-1", {}),
        (asking(EndSession, uid="u-1"), Action.END, "u-1", {}),
        (asking(SetPool, warm=3, max=None), Action.POOL, None, {"warm": 3, "max": None}),
        (asking(Drain), Action.DRAIN, None, {"close": True}),
        (asking(RecycleSlot, slot="ws-1"), Action.RECYCLE, None, {"slot": "ws-1"}),
        (asking(QuarantineSlot, slot="ws-1"), Action.QUARANTINE, None, {"slot": "ws-1"}),
        (asking(SetLimits, open_sessions=None), Action.LIMITS, None, {"open_sessions": None}),
        (
            asking(SetLimits, open_sessions=0, new_sessions=False),
            Action.LIMITS,
            None,
            {"open_sessions": 0, "new_sessions": False},
        ),
    ],
)
def test_each_becomes_a_line_that_says_what_of_whom_and_by_whom(
    asked: Request, action: Action, target: str | None, values: dict[str, Any]
) -> None:
    line = asked.line(by="u-op", email="op@example.com", at=NOW)
    assert (line.request, line.at, line.by, line.email, line.note) == (
        "request-1",
        NOW,
        "u-op",
        "op@example.com",
        "why",
    )
    assert (line.action, line.target, line.asked) == (action, target, values)
    told = to_builtins(line_view(line))
    assert told.pop("at") == NOW.timestamp()
    assert told == {name: value for name, value in to_builtins(line).items() if name not in ("at", "asked")}


@pytest.mark.parametrize(
    "refused",
    [
        asking(SetPlan, uid="u-1", plan="gold"),
        asking(SetPlan, uid="u-1", plan=""),
        asking(SetPlan, uid="a/b", plan="pro"),
        asking(Grant, uid="..", seconds=60),
        asking(Suspend, uid="__x__"),
        asking(SetLimits),
    ],
)
def test_what_can_be_nothing_and_nobody_becomes_none(refused: Request) -> None:
    with pytest.raises(Refused) as said:
        refused.line(by="u-op", email=None, at=NOW)
    assert said.value.answer_status == 400


@pytest.mark.parametrize("which", [AccountQuery(), AccountQuery(uid="u-1", email="a@b"), AccountQuery(uid="a/b")])
def test_whose_account_is_said_once_and_is_somebodys(which: AccountQuery) -> None:
    with pytest.raises(Refused):
        which.check()
    AccountQuery(uid="u-1").check()
    AccountQuery(email="a@b").check()
