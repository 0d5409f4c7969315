"""Processes of a stack, as the system shows them."""

import os
import re
import signal
from pathlib import Path

from tests.support.stack.observe import until
from tests.support.stack.running import Running


def descendants(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [found for child in children for found in (int(child), *descendants(int(child)))]


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def words(pid: int, what: str = "cmdline") -> list[str]:
    """The command line of a process, or its `environ`. None of a process that has ended."""
    try:
        return Path(f"/proc/{pid}/{what}").read_bytes().decode().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


def function_process(stack: Running, name: str) -> int:
    """The first process of a function, whose group is all of it."""
    target = ["--target", name]
    found = [pid for pid in descendants(stack.process.pid) if words(pid)[2:4] == target or words(pid)[1:3] == target]
    return found[0]


def ups_and_downs(output: str, name: str) -> int:
    """1 while a part is up, by what the command has said; 0 after it ended and until it is ready again."""
    return len(re.findall(f"^{name}: ready", output, re.M)) - len(re.findall(f"^{name}: ended by", output, re.M))


def until_up(stack: Running, name: str) -> None:
    """Returns when a function that was killed answers again."""
    output = stack.state / "output"
    until(lambda: ups_and_downs(output.read_text(), name) == 1, f"{name} is up")


def kill_function(stack: Running, name: str) -> int:
    """All of a function's processes at once, by SIGKILL, when it is up; the first one's id, once it is missed."""
    until_up(stack, name)
    pid = function_process(stack, name)
    output = stack.state / "output"
    ended = f"\n{name}: ended by"
    before = output.read_text().count(ended)
    os.killpg(pid, signal.SIGKILL)
    until(lambda: output.read_text().count(ended) > before, f"{name} is missed")
    return pid
