"""The set-up: each step once, again when its inputs change, and a failure in one line."""

import os
from pathlib import Path

import pytest

from local.problem import Problem
from local.setup.packages import missing
from local.setup.run import prepare
from local.setup.shell import Shell
from local.setup.step import Step


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
