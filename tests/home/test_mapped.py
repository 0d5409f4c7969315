"""Writes through a mapping of a file: only the first write to each page changes the file's times."""

import mmap
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import agent.home.mapped
import pytest
from agent.state.checkpoints import LATER_SECONDS

from tests.home.saving import Saver
from tests.home.test_what_is_due import Home, Live, live

__all__ = ["live"]
PATHS = {
    "work": "data.mdb",
    "settings": ".config/data.mdb",
    "packages": "p/node_modules/a/data.mdb",
    "odd": "a\nb\\012 c",
}


class Mapped:
    """A file that this process has mapped."""

    def __init__(self, path: Path, size: int = 8192) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 0)

    def write(self, at: int, value: int) -> None:
        self.bytes[at] = value

    def close(self) -> None:
        self.bytes.close()


Map = Callable[..., Mapped]


@pytest.fixture
def mapped() -> Iterator[Map]:
    """Closes the file after the test, if the test has not."""
    made: list[Mapped] = []

    def make(path: Path, size: int = 8192) -> Mapped:
        made.append(Mapped(path, size))
        return made[-1]

    yield make
    for each in made:
        each.close()


def settle(saver: Saver) -> None:
    """Saves until nothing changes. Then no file is so new that the next save would pack it again."""
    time.sleep(0.1)
    while saver.save():
        pass


def restored(saver: Saver, path: str) -> bytes:
    saver.restore()
    return (saver.folder / path).read_bytes()


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)
def test_what_was_written_before_the_mapping_was_closed_is_saved(saver: Saver, mapped: Map, path: str) -> None:
    data = mapped(saver.folder / path)
    data.write(0, 1)
    settle(saver)
    data.write(1, 2)
    data.close()
    assert saver.save()
    assert not saver.save(), "once"
    assert restored(saver, path)[:2] == b"\1\2"


def test_what_is_written_while_the_mapping_is_open_is_saved(saver: Saver, mapped: Map) -> None:
    data = mapped(saver.folder / "data")
    data.write(0, 1)
    for at in range(1, 4):
        settle(saver)
        assert not saver.save()
        data.write(at, 1)
        assert saver.save()
    assert restored(saver, "data")[:4] == b"\1\1\1\1"


def test_a_mapped_file_that_nobody_writes_is_packed_once(saver: Saver, mapped: Map) -> None:
    data = mapped(saver.folder / "data")
    data.write(0, 1)
    settle(saver)
    data.write(0, 1)
    assert not saver.save()
    data.close()
    assert not saver.save()
    assert not saver.keeper.held["work"].contents, "it is not compared any more"


def test_a_file_of_holes_and_a_large_one_are_compared_too(saver: Saver, mapped: Map) -> None:
    holes, large = mapped(saver.folder / "holes", 0x800000), mapped(saver.folder / "large", 0x800000)
    with (saver.folder / "holes").open("r+b") as file:
        file.truncate(0)
        file.truncate(0x800000)
    for data in (holes, large):
        data.write(0x500000, 1)
    settle(saver)
    for data in (holes, large):
        data.write(0x500001, 2)
    assert saver.save()
    assert restored(saver, "holes")[0x500000:0x500002] == b"\1\2"
    assert restored(saver, "large")[0x500000:0x500002] == b"\1\2"


def test_all_names_of_a_mapped_file_are_saved(saver: Saver, mapped: Map) -> None:
    data = mapped(saver.folder / "b")
    os.link(saver.folder / "b", saver.folder / "a")
    data.write(0, 1)
    settle(saver)
    data.write(1, 2)
    assert saver.save()
    assert restored(saver, "a")[:2] == b"\1\2"
    assert (saver.folder / "a").samefile(saver.folder / "b")


def test_a_file_too_large_to_be_compared_waits_for_the_last_save_or_the_mappings_end(
    saver: Saver, mapped: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent.home.mapped, "MOST_COMPARED", 4096)
    data = mapped(saver.folder / "data")
    data.write(0, 1)
    settle(saver)
    assert not saver.save(last=True)
    data.write(1, 2)
    assert not saver.save()
    assert saver.save(last=True)
    data.write(2, 3)
    data.close()
    assert saver.save()
    assert not saver.save()
    assert restored(saver, "data")[:3] == b"\1\2\3"


def test_the_index_that_sqlite_builds_anew_is_no_reason(saver: Saver, mapped: Map) -> None:
    data = mapped(saver.folder / "db-shm")
    data.write(0, 1)
    settle(saver)
    data.write(1, 2)
    assert not saver.save()
    data.close()
    assert not saver.save()


def test_what_is_mapped_between_the_two_looks_of_a_save_is_known(saver: Saver, mapped: Map) -> None:
    before = mapped(saver.folder / "before")
    saver.keeper.scan()
    mapped(saver.folder / "between")
    before.close()
    saver.keeper.scan(again=True)
    assert saver.keeper.mapped.paths == {b"between"}


def test_a_program_that_begins_to_map_between_the_two_looks_is_known(saver: Saver, mapped: Map) -> None:
    """A program that had no file of the home mapped before."""
    saver.keeper.scan()
    saver.keeper.scan(again=True)
    mapped(saver.folder / "between")
    saver.keeper.scan(again=True)
    assert saver.keeper.mapped.paths == {b"between"}


def test_a_mapped_file_is_copied_while_programs_stand_still(
    saver: Saver, mapped: Map, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even with an old mtime."""
    data = mapped(saver.folder / "data")
    data.write(0, 1)
    settle(saver)
    (saver.folder / "other").touch()
    monkeypatch.setattr(agent.home.scan, "RECENT_NS", 0)
    data.write(1, 2)
    saver.keeper.scan()
    assert saver.keeper.seen_of("work").recent == {b"data"}


def test_a_mapped_file_that_goes_on_changing_is_saved_each_five_minutes_and_with_others(live: Live) -> None:
    async def act(home: Home) -> None:
        path = home.container.folder / "data"
        data = Mapped(path)
        data.write(0, 1)
        assert await home.saves()
        assert not await home.saves()
        began, saved, times = home.now, list[float](), [path.stat().st_mtime_ns]
        for at in range(1, 61):
            data.write(at, 1)
            times.append(path.stat().st_mtime_ns)
            if await home.saves():
                saved.append(home.now - began)
        assert saved[0] <= 300
        # each time that the disk wrote the mapping back, the file got another time: a change like any other
        expected = 1200 // (LATER_SECONDS + 20)
        assert expected <= len(saved) <= expected + len({*times}) - 1
        home.write("work")
        data.write(100, 1)
        assert await home.saves()
        assert not await home.saves(), "it was taken along"
        data.write(101, 1)
        assert not await home.saves()
        data.close()
        assert await home.saves(), "what is closed is complete"
        assert not await home.saves()

    live(act)


def test_a_mapped_file_that_nobody_writes_makes_no_snapshot(live: Live) -> None:
    async def act(home: Home) -> None:
        data = Mapped(home.container.folder / "data")
        data.write(0, 1)
        assert await home.saves()
        for _ in range(40):
            assert not await home.saves()
        data.close()
        assert not await home.saves()

    live(act)
