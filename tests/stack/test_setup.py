"""The set-up: each step once, again when its inputs change, and a failure in one line."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from local.problem import Problem
from local.setup.packages import missing
from local.setup.run import prepare
from local.setup.shell import Shell
from local.setup.step import Step
from local.setup.steps import steps
from tests.support.checkout import ROOT
from tests.support.stack.observe import until
from tests.support.stack.processes import descendants, is_alive


class Counted:
    """A step that writes its output, and counts."""

    def __init__(self, root: Path) -> None:
        self.runs = 0
        self.source = root / "source"
        self.output = root / "made"
        self.source.write_text("one")
        self.step = Step("counted", self._run, inputs=[self.source], output=self.output)

    async def _run(self, shell: Shell) -> None:
        self.runs += 1
        await shell.run(["cp", str(self.source), str(self.output)])


def test_a_step_is_done_once_and_again_when_its_input_changes_or_its_output_is_gone(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    for _ in range(2):
        prepare(tmp_path, [counted.step])
    assert counted.runs == 1
    counted.source.write_text("two")
    prepare(tmp_path, [counted.step])
    assert (counted.runs, counted.output.read_text()) == (2, "two")
    counted.output.unlink()
    prepare(tmp_path, [counted.step])
    assert counted.runs == 3


def test_a_step_waits_for_what_it_needs(tmp_path: Path) -> None:
    order = []

    def step(name: str, *needs: str) -> Step:
        async def run(shell: Shell) -> None:
            await shell.run(["true"])
            order.append(name)

        return Step(name, run, needs=needs)

    prepare(tmp_path, [step("last", "middle"), step("middle", "first"), step("first")])
    assert order == ["first", "middle", "last"]


def test_a_failure_is_one_line_with_the_programs_last_words_and_its_log(tmp_path: Path) -> None:
    async def run(shell: Shell) -> None:
        await shell.run(["sh", "-c", "echo much; echo 'no space left'; exit 3"])

    with pytest.raises(Problem, match=r"set-up of wide failed: no space left \(exit code 3; log: .*wide\.log\)"):
        prepare(tmp_path, [Step("wide", run)])
    assert (tmp_path / "build/log/wide.log").read_text() == "much\nno space left\n"


def test_a_step_that_failed_is_done_again(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    counted.output.mkdir()
    (counted.output / "source").mkdir()  # cp cannot write there
    with pytest.raises(Problem):
        prepare(tmp_path, [counted.step])
    (counted.output / "source").rmdir()
    counted.output.rmdir()
    prepare(tmp_path, [counted.step])
    assert counted.runs == 2


def test_a_package_whose_program_is_there_is_not_missing_and_an_unknown_one_is() -> None:
    assert missing(["git"]) == []
    assert missing(["git", "ondol-has-no-such-package"]) == ["ondol-has-no-such-package"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs none")
def test_root_needs_no_subordinate_ids() -> None:
    assert missing(["uidmap"]) == []


HALF_MADE = """
import sys
from pathlib import Path
from local.setup.run import prepare
from local.setup.step import Step
from local.setup.steps import steps
from tests.support.stack.observe import until
from tests.support.stack.processes import descendants, is_alive
from tests.support.checkout import ROOT
root = Path(sys.argv[1])
async def run(shell):
    await shell.run(["sh", "-c", "mkdir made && touch made/half && exec sleep 600"])
prepare(root, [Step("made", run, inputs=[root / "source"], output=root / "made", makes=[root / "made"])])
"""
VENV_ALONE = """
import sys
from dataclasses import replace
from pathlib import Path
from local.setup.run import prepare
from local.setup.steps import steps
root = Path(sys.argv[1])
prepare(root, [replace(steps(root, tests=False)[1], needs=())])
"""


def test_a_step_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("one")
    kill_once(HALF_MADE, tmp_path, tmp_path / "made/half")
    found: list[bool] = []

    async def run(shell: Shell) -> None:
        found.append((tmp_path / "made").exists())
        await shell.run(["mkdir", "made"])

    step = Step("made", run, inputs=[tmp_path / "source"], output=tmp_path / "made", makes=[tmp_path / "made"])
    for _ in range(2):
        prepare(tmp_path, [step])
    assert found == [False]


def test_a_step_that_was_killed_is_not_taken_for_the_one_before_with_the_same_inputs(tmp_path: Path) -> None:
    counted = Counted(tmp_path)
    prepare(tmp_path, [counted.step])

    async def fail(shell: Shell) -> None:
        await shell.run(["sh", "-c", "echo half > made; false"])

    counted.source.write_text("two")
    with pytest.raises(Problem):
        prepare(tmp_path, [replace(counted.step, run=fail)])
    counted.source.write_text("one")
    prepare(tmp_path, [counted.step])
    assert counted.output.read_text() == "one"


def test_who_comes_after_a_set_up_that_was_killed_waits_until_nothing_of_it_is_at_work(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("one")
    # of a step whose program lets SIGTERM pass, as an installer at work does
    stubborn = HALF_MADE.replace("mkdir made &&", "trap '' TERM; mkdir made &&").replace("exec sleep", "sleep")
    left = kill_once(stubborn, tmp_path, tmp_path / "made/half")
    killed, waited = threading.Event(), []

    async def run(shell: Shell) -> None:
        # not whether they are alive: a process that ends lets go of its files a moment before it is gone
        waited.append(killed.is_set())
        await shell.run(["true"])

    def end() -> None:
        killed.set()
        for pid in filter(is_alive, left):
            os.kill(pid, signal.SIGKILL)

    threading.Timer(1, end).start()
    prepare(tmp_path, [Step("after", run)])
    assert len(left) >= 1
    assert waited == [True]
    until(lambda: not any(map(is_alive, left)), "they end")


def test_a_virtual_environment_that_was_half_made_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "workspace-image").mkdir()
    image = ("workspace-image/packages.txt", "workspace-image/build-packages.txt")
    for name in ("requirements.in", "constraints.txt", *image):
        (tmp_path / name).touch()
    python = tmp_path / ".venv/bin/python"
    kill_once(VENV_ALONE, tmp_path, python)
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode, "it was half-made"
    prepare(tmp_path, [replace(steps(tmp_path, tests=False)[1], needs=())])
    assert subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0


def kill_once(program: str, root: Path, there: Path) -> list[int]:
    """Runs the set-up in `program` and kills it as soon as `there` is; what it had started, by their ids."""
    setup = subprocess.Popen([sys.executable, "-c", program, root], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until(lambda: there.exists() or setup.poll() is not None, f"{there} is there")
        assert setup.poll() is None
        return descendants(setup.pid)
    finally:
        setup.kill()
        setup.wait()
