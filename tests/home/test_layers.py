"""Which layers a tier has after a save."""

from functools import partial

import pytest
from agent.state.layers import MOST_DELTAS, MOST_GONE, MOST_TO_COME, How, how_to_save, replaced
from agent.state.manifest import Layer


def chain(whole: int = 1000, *deltas: int, only: str | None = None) -> tuple[Layer, ...]:
    """Layers of so many bytes each, a whole one first."""
    sizes = [("whole", whole), *(("delta", size) for size in deltas)]
    return tuple(Layer("work", kind, f"{at}", "", size, 0, 0, 0, only) for at, (kind, size) in enumerate(sizes))


@pytest.mark.parametrize(
    ("layers", "known", "complete", "changed", "how"),
    [
        ((), True, True, 10, How.WHOLE),
        (chain(), True, True, 10, How.DELTA),
        (chain(), True, True, 500, How.DELTA),
        (chain(), True, True, 501, How.WHOLE),
        (chain(), False, True, 10, How.WHOLE),
        (chain(1000, 500), True, True, 10, How.DELTA),
        (chain(1000, 501), True, True, 10, How.WHOLE),
        (chain(1000, *[1] * (MOST_DELTAS - 1)), True, True, 10, How.DELTA),
        (chain(1000, *[1] * MOST_DELTAS), True, True, 10, How.MERGED),
        (chain() + chain(only="a"), True, True, 10, How.WHOLE),
        (chain(), True, False, 1000, How.DELTA),
        (chain(1000, 900), True, False, 1000, How.DELTA),
        (chain() + chain(only="a"), True, False, 10, None),
        ((), True, False, 10, How.WHOLE),
    ],
)
def test_how(layers: tuple[Layer, ...], known: bool, complete: bool, changed: int, how: How | None) -> None:
    assert how_to_save(layers, known=known, complete=complete, base=1, bytes=1000, changed_bytes=changed) == how


@pytest.mark.parametrize(("own", "how"), [(0, How.DELTA), (MOST_DELTAS - 1, How.DELTA), (MOST_DELTAS, How.MERGED)])
def test_what_is_still_to_come_is_left_as_it_is(own: int, how: How) -> None:
    *layers, last = chain(1000, 900, 900, *[7] * (own + 1))
    to_come = layers[:3]
    assert how_to_save(layers, known=False, complete=False, base=3, bytes=10, changed_bytes=10) == how
    kept = to_come if how == How.MERGED else layers
    assert replaced(layers, how, last, base=3) == (*kept, last)


@pytest.mark.parametrize(
    ("base", "own", "failed", "how"),
    [
        (9, 7, False, How.DELTA),
        (10, 0, False, How.DELTA),
        (10, 1, False, How.MERGED),
        (MOST_TO_COME - 1, 1, False, How.MERGED),
        (MOST_TO_COME, 0, False, None),
        (MOST_TO_COME, 0, True, How.WHOLE),
    ],
)
def test_where_several_sessions_ended_before_a_tier_came(base: int, own: int, failed: bool, how: How | None) -> None:
    """A manifest names at most 64 layers."""
    layers = chain(1000, *[7] * (base + own - 1))
    chosen = how_to_save(layers, known=False, complete=False, base=base, bytes=10, changed_bytes=10, failed=failed)
    assert chosen == how


def test_what_will_not_come_gives_way_where_nothing_can_be_added() -> None:
    for layers, how in ((chain() + chain(only="a"), How.WHOLE), (chain(), How.DELTA)):
        base = len(layers)
        chosen = how_to_save(layers, known=True, complete=False, base=base, bytes=9, changed_bytes=9, failed=True)
        assert chosen == how


@pytest.mark.parametrize("complete", [True, False])
def test_what_takes_away_more_than_a_reader_keeps_in_mind_is_no_delta(complete: bool) -> None:
    """A path that is not restored yet is not taken away."""
    how = partial(how_to_save, known=True, complete=complete, base=1, bytes=1000, changed_bytes=10)
    for layers in (chain(), chain(1000, *[1] * MOST_DELTAS)):
        fits = how(layers, gone_bytes=MOST_GONE)
        assert fits in (How.DELTA, How.MERGED)
        too_much = how(layers, gone_bytes=MOST_GONE + 1)
        assert too_much == (How.WHOLE if complete else fits)


def test_what_gives_way_to_the_new_one() -> None:
    before, (new,) = chain(1000, 1, 2), chain(7)
    assert replaced(before, How.WHOLE, new, base=1) == (new,)
    assert replaced(before, How.DELTA, new, base=1) == (*before, new)
    assert replaced(before, How.MERGED, new, base=1) == (before[0], new)
