"""Lighthouse's scores of the signed-out page as a phone. That of its speed is a figure of the bench and of no test."""

from pathlib import Path

from tests.support.browser.lighthouse import look
from tests.web.control_plane import Plane

LEAST = 95


def test_the_signed_out_page_scores_at_least_95_as_a_phone(front: str, plane: Plane, tmp_path: Path) -> None:
    seen = look(front, ["accessibility", "best-practices", "seo"], tmp_path)
    assert len(seen.scores) == 3
    assert min(seen.scores.values()) >= LEAST, f"{seen.scores}: {seen.faults}"
