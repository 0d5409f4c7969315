"""Entries that are swapped during a save: every layer can be unpacked, and no path counts as saved that is in no
layer."""

import ctypes
import os
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle
from pathlib import Path
from threading import Event, Thread

import agent.home.pack
import pytest
from agent.home.index import UNSURE
from agent.home.tiers import WORK
from agent.state.layers import How

from tests.home.saving import Saver
from tests.home.test_scan import make
from tests.home.tree_contents import contents_of

LIBC = ctypes.CDLL(None, use_errno=True)
HERE, EXCHANGE = -100, 2
SAVES = 100


@pytest.fixture
def home(saver: Saver, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A saved home with `d`, a folder, and `e`, a link to it."""
    # a file that was written just now would be saved again in any case
    monkeypatch.setattr(agent.home.pack, "RACY_NS", 0)
    make(saver.folder, "d/inner/a", "d/inner/b", *(f"d/f{at}" for at in range(10)), "z", content="first")
    (saver.folder / "e").symlink_to("d")
    saver.save()
    assert saver.save() == {}
    return saver.folder


def exchange(folder: Path, one: str, other: str) -> None:
    """Swaps the two in one step, so that both exist at every moment."""
    if LIBC.renameat2(HERE, bytes(folder / one), HERE, bytes(folder / other), EXCHANGE) != 0:
        raise OSError(ctypes.get_errno(), "no exchange")


def once(monkeypatch: pytest.MonkeyPatch, owner: object, name: str, *, before: bool, do: Callable[[], object]) -> None:
    """Calls `act` before or after the next call of a function."""
    original = getattr(owner, name)

    def call(*arguments: object, **named: object) -> object:
        monkeypatch.setattr(owner, name, original)
        if before:
            do()
        result = original(*arguments, **named)
        if not before:
            do()
        return result

    monkeypatch.setattr(owner, name, call)


def save(saver: Saver, how: How, meanwhile: Callable[[], None]) -> None:
    """A layer of the work tier, with a change between the scan and the packing."""
    saver.keeper.scan()
    meanwhile()
    new = saver.pack(WORK, how)
    saver.keeper.adopt([WORK])
    saver.shelf.layers[WORK] = (new,) if how == How.WHOLE else (*saver.shelf.layers[WORK], new)


def check_unpacks(saver: Saver, folder: Path) -> None:
    """A layer of the present content, whatever it is."""
    (folder / "unpacked").mkdir()
    other = Saver(folder / "unpacked", saver.shelf)
    other.restore()
    assert (other.folder / "z").read_text() == "first"
    other.close()


def check(saver: Saver, folder: Path) -> None:
    """The present content is restored."""
    saver.save(How.DELTA)
    restored = folder / "restored"
    restored.mkdir()
    other = Saver(restored, saver.shelf)
    other.restore()
    assert contents_of(restored).things == contents_of(saver.folder).things
    other.close()


@pytest.mark.parametrize("how", [How.WHOLE, How.DELTA])
def test_a_folder_that_was_a_link_for_a_moment(
    saver: Saver, home: Path, folder: Path, how: How, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The swap comes between the scan and the folder's entry; the folder's content is packed after the folder is
    back."""

    def swap() -> None:
        exchange(home, "d", "e")
        once(monkeypatch, os, "readlink", before=False, do=lambda: exchange(home, "d", "e"))

    make(home, "d/new", "d/f1", "d/inner/a", content="changed")
    save(saver, how, swap)
    assert not (home / "d").is_symlink()
    check_unpacks(saver, folder)
    check(saver, folder)


def test_a_folder_that_was_gone_for_a_moment(
    saver: Saver, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier layer has a link in the folder's place: no entry can lie below a link."""
    exchange(home, "d", "e")
    saver.save(How.DELTA)
    exchange(home, "d", "e")

    def hide() -> None:
        (home / "d").rename(home / "hidden")
        once(monkeypatch, os, "readlink", before=True, do=lambda: (home / "hidden").rename(home / "d"))

    save(saver, How.DELTA, hide)
    check_unpacks(saver, folder)
    check(saver, folder)


def test_a_file_that_is_a_folder_when_it_is_opened(
    saver: Saver, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "z").write_text("changed")
    once(monkeypatch, agent.home.pack, "open_unmoved", before=True, do=lambda: exchange(home, "z", "d"))
    saver.keeper.scan()
    saver.pack(WORK, How.DELTA)
    assert saver.keeper.written[WORK].marks[b"z"] == UNSURE
    check(saver, folder)


def test_what_could_not_be_read_is_tried_again(
    saver: Saver, home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise PermissionError(13, "not now")

    (home / "z").write_text("changed")
    save(saver, How.DELTA, lambda: once(monkeypatch, agent.home.pack, "open_unmoved", before=True, do=refuse))
    check(saver, folder)


def test_every_save_unpacks_while_folders_and_links_change_places(saver: Saver, home: Path, folder: Path) -> None:
    ended, count = Event(), 0

    def swap() -> None:
        nonlocal count
        while not ended.is_set():
            exchange(home, "d", "e")
            with suppress(OSError):  # `d` is the link at times
                exchange(home, "d/inner", "d/f1")
            count += 1

    (folder / "other").mkdir()
    other = Saver(folder / "other", saver.shelf)
    swapping = Thread(target=swap)
    swapping.start()
    try:
        for how, at in zip(cycle(How), range(SAVES), strict=False):
            (home / "z").write_text(str(at))
            saver.save(how)
            other.restore()
            assert (other.folder / "z").read_text() == str(at)
    finally:
        ended.set()
        swapping.join()
    assert count > SAVES
    check(saver, folder)
    other.close()
