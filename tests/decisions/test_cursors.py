"""Pages of what is listed by time."""

from shared.cursors import end_of_page
from tests.support.records.factories import after


def test_a_page_ends_with_all_of_its_last_moment() -> None:
    assert end_of_page([], 2) is None
    assert end_of_page([after(1), after(2)], 2) is None, "it holds all"
    assert end_of_page([after(1), after(3), after(2)], 2) == after(2)
    assert end_of_page([after(2), after(2), after(2)], 2) == after(2), "there may be more behind what was read"
