"""A process that a test started is ended with the run at the latest, wherever it hides, and makes the run fail."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.descendants import descendants, ending_all
from tests.runner.pytest_in import pytest_in
from tests.support.checkout import ROOT
from tests.support.stack.observe import until
from tests.support.stack.processes import is_alive

CONFTEST = """
from tests.support.left_processes import LeftProcesses

def pytest_configure(config):
    config.pluginmanager.register(LeftProcesses())
"""
LEAVES = """
import subprocess

def test_leaves():
    subprocess.run(["sh", "-c", "setsid sleep 600 <&- >&- 2>&- & echo $! > left"], check=True)

def test_leaves_nothing():
    subprocess.run(["true"], check=True)
"""
HIDES = """
setsid sleep 600 <&- >&- 2>&- &
until grep -q ^sleep /proc/$!/cmdline; do sleep 0.05; done
echo $! > hidden
test -n "$1" && exec sleep 600
"""
"""`hidden` is written once the process has a session of its own: until then it is one of its parent's group."""
STACK = f"""
import asyncio, sys
from pathlib import Path
from local.parts import Part
from local.stack import Stack
folder = Path(sys.argv[1])
part = Part("part", ["sh", "-c", {HIDES!r}, "sh", "stays"], [], {{"PATH": "/usr/bin:/bin"}})
async def main():
    async with Stack([part], folder, folder / "logs", print) as stack:
        await stack.start()
        while not (folder / "hidden").exists() or not (folder / "hidden").read_text():
            await asyncio.sleep(0.05)
asyncio.run(main())
"""


REAPS = """
import asyncio, sys
from pathlib import Path
import local.stack
from local.parts import Part
from local.stack import Stack
folder = Path(sys.argv[1])
local.stack.REAP_EVERY = 0.2
ends = "(sleep 0.1 & echo $! > orphan); exec sleep 600"
part = Part("part", ["sh", "-c", ends], [], {"PATH": "/usr/bin:/bin"})
async def main():
    async with Stack([part], folder, folder / "logs", print) as stack:
        await stack.start()
        watching = asyncio.create_task(stack.watch())
        async with asyncio.timeout(60):
            while not (folder / "orphan").exists() or not (text := (folder / "orphan").read_text()):
                await asyncio.sleep(0.05)
            while Path(f"/proc/{int(text)}").exists():
                await asyncio.sleep(0.05)
        watching.cancel()
asyncio.run(main())
"""


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_process_that_is_left_fails_the_run_and_is_named_and_killed(tmp_path: Path, workers: str) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(LEAVES)
    done = pytest_in(tmp_path, "-n", workers)
    pid = int((tmp_path / "left").read_text())
    try:
        assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
        assert f"{pid}: sleep 600 (started in test_it.py::test_leaves (call))" in done.stdout.splitlines(), done.stdout
        assert not is_alive(pid)
    finally:
        end(pid)
    alone = pytest_in(tmp_path, "-n", workers, "-k", "nothing")
    assert alone.returncode == 0, alone.stdout


def test_what_a_block_starts_ends_with_it_and_nothing_else(tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as earlier:
        with ending_all():
            subprocess.run(["sh", "-c", HIDES], cwd=tmp_path, check=False)
            pid = int((tmp_path / "hidden").read_text())
            assert pid in {each.pid for each in descendants()}
        assert not is_alive(pid)
        assert is_alive(earlier.pid)
        earlier.kill()


def test_what_an_earlier_process_starts_meanwhile_is_not_ended(tmp_path: Path) -> None:
    script = "read line; sleep 600 & echo $! > started; wait"
    with subprocess.Popen(["bash", "-c", script], cwd=tmp_path, stdin=subprocess.PIPE, text=True) as earlier:
        with ending_all():
            assert earlier.stdin is not None
            earlier.stdin.write("go on\n")
            earlier.stdin.flush()
            started = tmp_path / "started"
            pid = until(lambda: started.exists() and int(started.read_text() or 0), "it has started another")
        assert is_alive(pid)
        end(pid)


def test_a_stack_ends_what_a_part_has_hidden(tmp_path: Path) -> None:
    """A part's group is killed when the part ends: what made itself a session of its own is in another one."""
    done = subprocess.run(
        [sys.executable, "-c", STACK, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    pid = int((tmp_path / "hidden").read_text())
    try:
        assert not is_alive(pid)
        assert f"process {pid} (sleep 600)" in done.stderr
    finally:
        end(pid)


def test_a_stack_reaps_orphans_that_have_ended(tmp_path: Path) -> None:
    """Their parent is gone, and nobody else waits for them."""
    command = [sys.executable, "-c", REAPS, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def end(pid: int) -> None:
    """What fails here is not to be left either."""
    if is_alive(pid):
        os.kill(pid, signal.SIGKILL)
        until(lambda: not is_alive(pid), "it ends")
