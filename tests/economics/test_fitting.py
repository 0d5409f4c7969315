"""A month that is fitted to exports of `usage`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from economics.fitting import fitted
from shared.sessions.session import EndReason
from shared.views.usage_report import SessionUse, as_csv

MONDAY = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


def an_export(path: Path, opened: list[datetime], minutes: int, reason: EndReason) -> Path:
    """What `usage` answers a member with so many sessions."""
    uses = [
        SessionUse(
            sid=f"s-{number}", opened=at, ended=at + timedelta(hours=1), ms=minutes * 60_000, background_ms=0,
            pending=False, plan="pro", reason=reason, decision=None, idle=None,
        )
        for number, at in enumerate(opened)
    ]  # fmt: skip
    path.write_text(as_csv(uses, "UTC"), newline="")
    return path


def test_sessions_hours_and_habits_are_those_of_the_files(tmp_path: Path) -> None:
    often = [MONDAY + timedelta(days=day) for day in range(7)]
    files = [
        an_export(tmp_path / "ada.csv", often, 30, EndReason.MEMBER),
        an_export(tmp_path / "bo.csv", [MONDAY], 30, EndReason.IDLE),
        an_export(tmp_path / "cy.csv", [], 0, EndReason.IDLE),
    ]
    month = fitted(files)
    assert (month.members, month.plan, month.class_share) == (3, "pro", 0)
    assert month.sessions == pytest.approx(8 / 3)
    assert month.hours == pytest.approx(4 / 3)
    assert month.length_spread == pytest.approx(0, abs=1e-9)
    assert month.stops == pytest.approx(7 / 8)
    assert month.walks_away == pytest.approx(0.1)
    assert [hour for hour, weight in enumerate(month.day) if weight] == [9]
    assert month.weekend == pytest.approx((2 / 2) / (6 / 5))
    assert month.activity_spread > 0


def test_a_file_of_something_else_and_no_session_at_all_are_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("day,rain\n1,2\n")
    with pytest.raises(ValueError, match="lacks columns of a usage export"):
        fitted([wrong])
    with pytest.raises(ValueError, match="no session to fit"):
        fitted([an_export(tmp_path / "cy.csv", [], 0, EndReason.IDLE)])
