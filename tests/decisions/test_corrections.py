"""A request whose process was found to have a wrong clock begins anew, more than once, and never without end."""

from datetime import datetime

import pytest

from shared.endpoint import CORRECTIONS, by_the_right_time
from shared.errors import TryAgain
from shared.gcp.store.clock import Corrected


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_request_begins_anew_until_the_clock_is_right(wrong: int) -> None:
    begun = list[datetime]()

    def handle(now: datetime) -> str:
        begun.append(now)
        if len(begun) <= wrong:
            raise Corrected
        return "done"

    assert (by_the_right_time(handle), len(begun)) == ("done", wrong + 1)


def test_a_clock_that_is_never_right_is_an_answer_and_not_the_end_of_the_process() -> None:
    begun = list[datetime]()

    def handle(now: datetime) -> str:
        begun.append(now)
        raise Corrected

    with pytest.raises(TryAgain):
        by_the_right_time(handle)
    assert len(begun) == CORRECTIONS
