"""A busy program where there is CPU for open requests only: in the Cloud Run stand-in, with the real image."""

import os
import signal
import time
from pathlib import Path

from agent.activity.presence import ARRIVING_SECONDS

from tests.support.slot.container import FOLDER, RUNTIME, SLOT, Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member, held
from tests.support.stack.observe import until
from tests.support.standins.cloud_run import cloud_run

NAME = "kneading"
BUSY = f"(exec -a {NAME} bash -c 'while :; do :; done' &) >/dev/null 2>&1"
QUIET = 12.0
TICKS = os.sysconf("SC_CLK_TCK")


def test_a_busy_program_runs_on_without_a_browser_while_a_request_is_held(tmp_path: Path, plane: ControlPlane) -> None:
    plane.lease = 9.0
    environment = {
        "CONTROL_PLANE_KEY": plane.signer.public_pem,
        "PAGE_ORIGIN": PAGE_ORIGIN,
        "CHECKPOINT_SECONDS": "3600",
    }
    with cloud_run(tmp_path / "state", "--runtime", RUNTIME, image=FOLDER) as run:
        run.create(SLOT, minimum=1, env=environment, timeout=3600)
        found = run.instance(SLOT)
        log = run.state / "logs" / f"{found['revision']}-{found['number']}.log"
        member = Member(Container(found["pid"], run.ingress_port, log), plane)
        member.attach(plane.open()).raise_for_status()
        member.enter()
        with member.open_websocket():
            member.slot.run(BUSY)
            program = until(lambda: find(member.slot), "it runs")
            until(lambda: plane.beats[-1].connected, "a browser is there")
            left = time.monotonic()
        run.frozen(SLOT)
        until(lambda: state(program) == "T", "it stands still")
        # until then a browser that came and left counts as one that is loading the page
        until(lambda: time.monotonic() > left + ARRIVING_SECONDS + 1, "nobody is on the way any more")

        with held(member, quiet=QUIET) as answer:
            before, told = cpu(program), len(plane.beats)
            # more work than it could do before a container that takes it for idle lets go
            until(lambda: cpu(program) > before + QUIET + 2, "it does its work")
            assert not answer.done()
            assert not plane.beats[-1].connected
            during = [beat.signals.process or 0 for beat in plane.beats[told:]]
            assert during[-1] > during[0], "the control plane hears that it is at work"

            os.kill(program, signal.SIGKILL)
            told = len(plane.beats)
            assert answer.result().json()["why"] == "quiet"
            assert len(plane.beats) > told
        run.frozen(SLOT)


def find(slot: Container) -> int | None:
    """The busy program, as this machine numbers it."""
    for pid in slot.processes():
        try:
            if Path(f"/proc/{pid}/cmdline").read_bytes().startswith(NAME.encode()):
                return pid
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


def state(pid: int) -> str:
    return _fields(pid)[0]


def cpu(pid: int) -> float:
    """Seconds that it has had."""
    return (int(_fields(pid)[11]) + int(_fields(pid)[12])) / TICKS


def _fields(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
