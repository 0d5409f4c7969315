"""What a member is told of a session that left something out, and how seldom."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.mail.about_session import AGAIN, is_due, mail_about_left_out
from shared.mail.mail import Reader
from shared.snapshots.checkpoint import Head
from shared.snapshots.left_out import KEPT
from shared.snapshots.storage_quota import LISTED, LeftOut, LeftOutEntry, LeftOutKind, OwnLeftOut
from tests.support.records.factories import a_head

NOW = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
READER = Reader(uid="u-1", language="ko", zone="Asia/Seoul")
CLIP = LeftOutEntry("proj/clip.mp4", 9000, LeftOutKind.FILE, True)
PACKAGES = LeftOutEntry("proj/node_modules", 500, LeftOutKind.DEPENDENCIES, False)


def test_it_is_due_for_the_members_own_and_at_most_once_a_day() -> None:
    own = LeftOut(1, 9000, 0, [CLIP], OwnLeftOut(1, 9000))
    assert is_due(own, None, NOW)
    assert not is_due(None, None, NOW)
    assert not is_due(own, NOW, NOW + AGAIN - timedelta(seconds=1))
    assert is_due(own, NOW, NOW + AGAIN)


def test_what_a_tool_makes_again_is_no_loss() -> None:
    assert not is_due(LeftOut(1, 500, 500, [PACKAGES]), None, NOW)
    assert not is_due(LeftOut(900, 450_000, 0, [PACKAGES] * LISTED), None, NOW), "also where not all are listed"
    assert is_due(LeftOut(2, 9500, 500, [CLIP, PACKAGES], OwnLeftOut(1, 9000)), None, NOW)


def test_it_has_counts_and_sizes_and_until_when_the_rest_is_kept_but_no_name() -> None:
    left_out = LeftOut(23, 19500, 1500, [CLIP, PACKAGES], OwnLeftOut(2, 11000, 1000))
    told = mail_about_left_out("s-1", left_out, a_head(at=NOW), READER, NOW)
    until = (NOW + KEPT).isoformat()
    assert told.facts == {"count": "2", "bytes": "11000", "kept": "10000", "until": until}
    assert "clip" not in repr(told)


@pytest.mark.parametrize(
    ("own", "apart"),
    [(OwnLeftOut(1, 9000), None), (OwnLeftOut(1, 9000, 9000), a_head(at=NOW))],
    ids=["nothing was packed", "only dependencies were"],
)
def test_where_nothing_of_the_members_own_is_kept_no_day_is_named(own: OwnLeftOut, apart: Head | None) -> None:
    told = mail_about_left_out("s-1", LeftOut(2, 9500, 0, [CLIP, PACKAGES], own), apart, READER, NOW)
    assert (told.facts["kept"], told.facts["until"]) == ("0", "")
