"""What the agent makes of the program that reads and writes a window's files, however that ends."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from agent.window import roaming
from agent.window.roaming import Unavailable

MUCH = b"x" * (1 << 20)
"""More than a pipe holds."""


@pytest.fixture(autouse=True)
def as_oneself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def start(command: Sequence[str], environment: Mapping[str, str], **pipes: Any) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(*command, env=dict(environment), **pipes)

    monkeypatch.setattr(roaming, "start_as_member", start)


def run(monkeypatch: pytest.MonkeyPatch, script: str) -> bytes:
    monkeypatch.setattr(roaming, "PROGRAM", ["/bin/sh", "-c", script])
    return asyncio.run(roaming.run_program("read", text=MUCH))


def test_one_that_is_over_before_it_has_read_its_input_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "exec <&-; echo answer") == b"answer\n"


def test_one_that_fails_before_it_has_read_its_input_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="ended with 3"):
        run(monkeypatch, "exec <&-; exit 3")
