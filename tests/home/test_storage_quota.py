"""What is left out of a home larger than the plan's storage: as little as possible, dependencies first, and the same in
each save."""

from agent.home.storage_quota import ENTRY_BYTES, Need, Thing, keep_apart, leave_out
from hypothesis import given
from hypothesis import strategies as st

LIMIT, MOST = 100, 125


def a_thing(name: str, bytes: int, need: Need = Need.WORK) -> Thing:
    return Thing(name.encode(), bytes, need)


def things_of(sizes: list[tuple[int, Need]]) -> list[Thing]:
    return [a_thing(f"t{at}", size, need) for at, (size, need) in enumerate(sizes)]


HOMES = st.lists(st.tuples(st.integers(0, 160), st.sampled_from(list(Need))), max_size=12).map(things_of)


def total(things: list[Thing], out: dict[bytes, int], *needs: Need) -> int:
    return sum(it.bytes for it in things if it.name not in out and it.need in (needs or tuple(Need)))


def test_a_home_that_fits_is_saved_whole() -> None:
    assert leave_out([a_thing("a", 100), a_thing("b", 25)], LIMIT, MOST, {}) == {}


def test_dependencies_go_before_work_and_the_largest_first() -> None:
    home = [
        a_thing("small.txt", 1),
        a_thing("clip.mp4", 60),
        a_thing("node_modules", 90, Need.DEPENDENCIES),
        a_thing("venv", 40, Need.DEPENDENCIES),
    ]
    assert leave_out(home, LIMIT, MOST, {}) == {b"node_modules": 90}
    assert leave_out([*home, a_thing("film.mp4", 70)], LIMIT, MOST, {}) == {
        b"node_modules": 90,
        b"film.mp4": 70,
    }, "the smaller folder has room again"


def test_one_file_larger_than_the_plan_takes_nothing_with_it() -> None:
    home = [a_thing("small.txt", 1), a_thing("clip.mp4", 157), a_thing("node_modules", 90, Need.DEPENDENCIES)]
    assert leave_out(home, LIMIT, MOST, {}) == {b"clip.mp4": 157}


def test_settings_are_left_out_last_of_all() -> None:
    home = [a_thing(".ssh/id", 8, Need.SETTINGS), *(a_thing(f"w{at}", 30) for at in range(9))]
    assert b".ssh/id" not in leave_out(home, LIMIT, MOST, {})


def test_what_was_left_out_stays_out_until_there_is_room_under_the_limit() -> None:
    out = leave_out([a_thing("a", 70), a_thing("b", 60)], LIMIT, MOST, {})
    assert out == {b"a": 70}
    assert leave_out([a_thing("a", 70), a_thing("b", 54)], LIMIT, MOST, out) == out, "the grace is no room to come back"
    assert leave_out([a_thing("a", 70), a_thing("b", 30)], LIMIT, MOST, out) == {}


def test_what_its_member_has_made_small_comes_back_within_the_grace() -> None:
    out = {b"a": 70}
    assert leave_out([a_thing("a", 20), a_thing("b", 100)], LIMIT, MOST, out) == {}
    assert leave_out([a_thing("a", 0), a_thing("b", 125)], LIMIT, MOST, out) == {}


def test_what_is_still_to_come_has_its_room() -> None:
    assert leave_out([a_thing("a", 40), a_thing("b", 5)], LIMIT, MOST, {}, taken=100) == {b"a": 40}


@given(HOMES)
def test_the_rest_always_fits_and_nothing_more_would(things: list[Thing]) -> None:
    out = leave_out(things, LIMIT, MOST, {})
    assert total(things, out) <= MOST
    for thing in things:
        if thing.name in out:
            more_needed = [need for need in Need if need <= thing.need]
            assert total(things, out, *more_needed) + thing.bytes > MOST


@given(HOMES)
def test_no_dependency_is_kept_in_place_of_the_members_own(things: list[Thing]) -> None:
    own = [thing for thing in things if thing.need != Need.DEPENDENCIES]
    out = leave_out(things, LIMIT, MOST, {})
    assert {name: size for name, size in out.items() if name in {thing.name for thing in own}} == leave_out(
        own, LIMIT, MOST, {}
    )


@given(HOMES, st.dictionaries(st.sampled_from([f"t{at}".encode() for at in range(12)]), st.integers(0, 160)))
def test_the_same_home_again_is_the_same_decision(things: list[Thing], before: dict[bytes, int]) -> None:
    out = leave_out(things, LIMIT, MOST, before)
    assert total(things, out) <= MOST
    assert leave_out(things, LIMIT, MOST, out) == out


@given(HOMES, st.lists(st.integers(-5, 5), min_size=12, max_size=12))
def test_little_changes_let_nothing_come_back(things: list[Thing], changes: list[int]) -> None:
    out = leave_out(things, LIMIT, MOST, {})
    moved = [Thing(it.name, max(0, it.bytes + change), it.need) for it, change in zip(things, changes, strict=False)]
    if sum(it.bytes for it in moved if it.name not in out) <= MOST:
        after = leave_out(moved, LIMIT, MOST, out)
        came_back = [it for it in moved if it.name in out and it.name not in after]
        assert total(moved, after) <= LIMIT or all(2 * it.bytes <= out[it.name] for it in came_back)


@given(HOMES, st.integers(0, 8 * ENTRY_BYTES))
def test_what_is_kept_apart_has_room_there_and_own_work_comes_first(things: list[Thing], room: int) -> None:
    kept = keep_apart(things, room)
    assert sum(it.bytes + ENTRY_BYTES for it in things if it.name in kept) <= room
    lost = [it for it in things if it.name not in kept]
    assert not any(
        it.need == Need.DEPENDENCIES and it.name in kept and it.bytes + ENTRY_BYTES >= own.bytes + ENTRY_BYTES
        for it in things
        for own in lost
        if own.need != Need.DEPENDENCIES
    )
