"""What a member's own processes may try against the container that runs them."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser

from tests.attacks.terminal import terminal
from tests.support.slot.bucket import Bucket
from tests.support.slot.container import Container
from tests.support.slot.container_processes import threads_of_members
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.member import Member, opened
from tests.support.stack.observe import until

STRANGERS = {"entrypoint", "python", "nginx"}
"""Who else is in a container, by the program's name."""
WRITABLE = ["/dev/shm", "/home/member", "/run/member", "/tmp", "/var/tmp"]  # noqa: S108  told, not used
MORE = 500
"""Processes that the fork bomb may add to those that run as the member already, in this container and in others."""

KILL_ON = """
import os, signal
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
while True:
    try:
        os.kill(-1, 9)
    except ProcessLookupError:
        pass"""

# ways to be overlooked when everybody is sent home; each stays as long as nobody ends it
STAYERS = {
    "in the background": "nohup sleep 3000 &",
    "in a session of its own": "setsid sleep 3001 &",
    "of no parent": "(setsid setsid sleep 3002 &) &",
    "deaf": "bash -c 'trap \"\" TERM HUP INT; while :; do sleep 3003; done' &",
    "stopped": "bash -c 'kill -STOP $$; sleep 3004' &",
    "under another name": "bash -c 'exec -a \"nginx: worker process\" sleep 3005' &",
    "without a name": "bash -c 'exec -a \"\" sleep 3006' &",
    "with a memory of the agent's size": "python3 -c 'x = bytearray(50_000_000); import time; time.sleep(3007)' &",
    "returning": "bash -c 'trap \"setsid bash again.sh & exit\" TERM HUP; while :; do sleep 0.1; done' &",
    "in a name space of its own": "unshare --user --pid --fork sleep 3008 &",
    "holding the port of a preview": "python3 -m http.server --bind 127.0.0.1 0 &",
}


def test_a_program_in_the_terminal_can_do_nothing_to_the_container_around_it(member: Member, browser: Browser) -> None:
    member.slot.run_as_root("install -m 600 /dev/null /run/canary")
    with terminal(browser, member) as at_terminal:
        at_terminal.run(f"python3 reach.py {member.slot.port}", "tried everything")
    told: dict[str, Any] = json.loads(member.slot.run("cat reached.json"))
    done = {attack: got for attack, got in told["outcomes"].items() if not got.startswith("refused: ")}
    assert done == {}
    assert set(told["others"].values()) == STRANGERS
    assert len(told["outcomes"]) > 100
    assert told["writable"] == WRITABLE
    assert told["myself"]["Uid"].split() == told["myself"]["Gid"].split() == ["1000"] * 4
    assert told["myself"]["Groups"].strip() == ""
    assert {int(told["myself"][kind], 16) for kind in ("CapEff", "CapPrm", "CapInh")} == {0}
    assert told["myself"]["NoNewPrivs"] == "1"
    assert told["dies first"] == 600
    assert told["niceness"] == [10, "refused"]
    assert told["processes"][1] == 4096
    assert member.get("/_slot/health").status_code == 200
    member.release().raise_for_status()


def test_whoever_forks_without_end_is_bounded_saved_and_ended(
    start: Callable[..., Container], plane: ControlPlane, store: Bucket, browser: Browser
) -> None:
    most = threads_of_members() + MORE
    member = opened(start(MEMBER_PROCESSES=str(most), CHECKPOINT_SECONDS="0.5"), plane)
    with terminal(browser, member) as at_terminal:
        at_terminal.run(f"python3 bomb.py {most}", "bomb.py")
        until(lambda: member.slot.run("cat refused 2>/dev/null || true") == "EAGAIN", "somebody is refused")
        beats = len(plane.beats)
        member.attach(plane.sessions[SID]).raise_for_status()
        assert len(plane.beats) > beats, "the agent works on"
        member.slot.run_as_root("echo precious > kept.txt; chown 1000:1000 kept.txt")
        until(lambda: b"precious" in saved(plane, store), "it is saved while they fork")
    member.release().raise_for_status()
    assert plane.sessions[SID].final
    assert b"precious" in saved(plane, store)
    assert of_member(member.slot) == []


def test_nothing_of_the_member_outlives_the_session(member: Member, plane: ControlPlane, store: Bucket) -> None:
    member.slot.run("echo 'trap \"setsid bash again.sh & exit\" TERM HUP; while :; do sleep 0.1; done' > again.sh")
    for what, command in STAYERS.items():
        before = set(of_member(member.slot))
        member.slot.run(f"({command}) >/dev/null 2>&1 </dev/null")
        until(partial(others_than, before, member.slot), f"somebody stays {what}")
    member.release().raise_for_status()
    assert of_member(member.slot) == []
    assert b"setsid bash again.sh" in saved(plane, store), "their files do"


def test_whoever_kills_everybody_else_without_end_is_ended_and_saved(
    member: Member, plane: ControlPlane, store: Bucket
) -> None:
    member.slot.run("echo precious > kept.txt")
    member.slot.run(f"nohup setsid python3 -c '{KILL_ON}' >/dev/null 2>&1 &")
    until(lambda: not [line for line in of_member(member.slot) if "start.cjs" in line], "the editor is killed")
    member.attach(plane.sessions[SID]).raise_for_status()
    member.release().raise_for_status()
    assert of_member(member.slot) == []
    assert b"precious" in saved(plane, store)


@pytest.mark.parametrize("lost", ["nginx", "python"])
def test_an_agent_or_nginx_that_ends_takes_the_members_programs_with_it(member: Member, lost: str) -> None:
    """No member can end them (above); what does, as the kernel may, leaves no container without its guard."""
    pids = member.slot.processes()
    # not waited for: the container may end before the script has
    member.slot.run_as_root(f"(sleep 0.2; pkill -KILL -o -x {lost}) >/dev/null 2>&1 &")
    until(member.slot.ended, "the container ends")
    assert [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie"] == []


def saved(plane: ControlPlane, store: Bucket) -> bytes:
    """Everything that is in the head."""
    head = plane.sessions[SID].head
    return store.unpacked(head) if head else b""


def others_than(before: set[str], slot: Container) -> bool:
    return bool(set(of_member(slot)) - before)


def of_member(slot: Container) -> list[str]:
    """The member's processes in the container: number and command line."""
    listed = slot.run_as_root("ps -U 1000 -o pid=,stat=,args= || true").splitlines()
    processes = [line.split(maxsplit=2) for line in listed]
    return [f"{pid} {command}" for pid, state, command in processes if not state.startswith("Z")]
