"""Waits until the pool has its warm slots, by the slots' records, from which `allocate` decides."""

import asyncio
import json
import urllib.error
import urllib.request

from local.environment import PROJECT
from local.ports import Ports
from local.problem import Problem

WITHIN = 120.0  # seconds


async def until_warm(ports: Ports, warm: int, most: int) -> None:
    """Runs the pool's job now, and waits for `warm` warm slots, or for `most` slots that are in use or warm.

    Raises Problem when that takes too long.
    """
    try:
        async with asyncio.timeout(WITHIN):
            await asyncio.to_thread(_run_pool, ports)
            while not await asyncio.to_thread(_is_warm, ports, warm, most):  # noqa: ASYNC110  # not our event
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise Problem(f"the warm pool is not warm after {WITHIN:.0f} s; see the logs of pool and of run") from None


def _run_pool(ports: Ports) -> None:
    url = f"{ports.url('scheduler')}/_standin/run/pool"
    try:
        urllib.request.urlopen(url, data=b"", timeout=WITHIN).close()  # noqa: S310  # our own http address
    except urllib.error.HTTPError as refusal:
        raise Problem(f"the scheduler could not run the pool's job: HTTP {refusal.code}") from None


def _is_warm(ports: Ports, warm: int, most: int) -> bool:
    states = [slot["fields"]["state"]["stringValue"] for slot in _slots(ports)]
    return states.count("warm") >= warm or len([state for state in states if state in ("warm", "claimed")]) >= most


def _slots(ports: Ports) -> list[dict[str, dict[str, dict[str, str]]]]:
    request = urllib.request.Request(  # noqa: S310  # our own http address
        f"{ports.url('firestore')}/v1/projects/{PROJECT}/databases/(default)/documents/slots?pageSize=300",
        headers={"Authorization": "Bearer owner"},  # the emulator's word for an administrator
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # our own http address
        documents: list[dict[str, dict[str, dict[str, str]]]] = json.load(answer).get("documents", [])
        return documents
