"""SLOT_IMAGE is changed on a running stack: `pool` is deployed once more, with another image in its settings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.support.checkout import ROOT
from tests.support.members.open_workspace import Workspace
from tests.support.members.operator import operator
from tests.support.members.person import Person, problem
from tests.support.records.factories import IMAGE
from tests.support.stack.function_process import function_alone
from tests.support.stack.google_clients import invoker_token
from tests.support.stack.observe import containers, document, documents, forget_field, objects, until
from tests.support.stack.running import SESSIONS, SHORT, Running, running

NEVER = "36000"
"""Seconds between runs of the schedule. The tests ask for the audits, so that only their SLOT_IMAGE counts."""
LONG = {"IDLE_SECONDS": "600", "IDLE_WARNING_SECONDS": "60"}
LUCK = 360
"""Seconds for a member to meet one of the few slots that try an image, by opening again and again. On a machine that
starts other stacks meanwhile an Open takes seconds, and 120 were not enough."""


@pytest.fixture(scope="module")
def unscheduled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A stack with three images: the installed one, the same by another name, and one whose entrypoint exits. All its
    slots are there: two of them warm, the others cold."""
    state = tmp_path_factory.mktemp("unscheduled")
    broken = state / "images" / "broken"
    broken.mkdir(parents=True)
    (broken / "entrypoint").write_text("#!/bin/sh\nexit 1\n")
    (broken / "entrypoint").chmod(0o755)
    (state / "images" / "second").symlink_to(ROOT / "build/image")
    with running(
        state, *SESSIONS, "admin", "--schedule-every", NEVER, "--writes-per-minute", "600", **(SHORT | LONG)
    ) as started:
        until(lambda: states(started) == ["cold"] * 4 + ["warm"] * 2, "the pool is full")
        yield started


@contextmanager
def deployed(stack: Running, folder: Path, image: str, **settings: str) -> Iterator[Callable[[], None]]:
    """`pool` once more, with another SLOT_IMAGE; asks it for an audit. The stack's own runs for tasks go on."""
    with function_alone("pool", {**stack.env, "SLOT_IMAGE": image, **settings}, folder) as url:

        def audit() -> None:
            bearer = {"Authorization": f"Bearer {invoker_token(stack, 'pool')}"}
            httpx.post(url, json={"audit": True}, headers=bearer, timeout=300).raise_for_status()

        yield audit


def test_an_image_that_does_not_start_is_refused_and_members_open_all_the_while(
    unscheduled: Running, tmp_path: Path
) -> None:
    stack, tried, fewest = unscheduled, set[str](), len(warm(unscheduled))
    with deployed(stack, tmp_path, "broken", SLOT_READY_SECONDS="8", SLOT_TRIAL_SECONDS="2") as audit:

        def done(seen: Callable[[], bool]) -> bool:
            nonlocal fewest
            audit()
            tried.update(slot["name"] for slot in documents(stack, "slots") if slot["image"] == "broken")
            fewest = min(fewest, len(warm(stack)))
            return seen()

        until(lambda: done(lambda: len(tried) == 2), "two slots try it")
        assert fewest == 2
        member = Workspace(stack, Person(stack, "undisturbed"))
        assert image_of(stack, member.slot) == IMAGE
        until(lambda: done(lambda: rollout(stack)["refused"] == "broken"), "it is refused")
        until(lambda: done(lambda: images(stack) == {IMAGE} and len(warm(stack)) == 2), "all is as before")
        until(lambda: done(lambda: all(slot["settled"] for slot in documents(stack, "slots"))), "and settled")
        member.close()
    assert len(tried) == 2, "no other slot has had it"
    assert (rollout(stack)["proven"], rollout(stack)["trying"]) == (IMAGE, None)
    lines = (tmp_path / "pool.log").read_text().splitlines()
    assert sum('"severity": "ERROR", "message": "image-refused"' in line for line in lines) == 1


def test_a_good_image_reaches_every_free_slot_and_a_session_stays_where_it_is(
    unscheduled: Running, tmp_path: Path
) -> None:
    stack = unscheduled
    with (
        Workspace(stack, Person(stack, "at-work")) as member,
        deployed(stack, tmp_path, "second", SLOT_TRIAL_SECONDS="2") as audit,
    ):
        before, container = document(stack, f"slots/{member.slot}"), containers(stack)[member.slot]
        fewest = 2

        def reached() -> bool:
            nonlocal fewest
            audit()
            fewest = min(fewest, len(warm(stack)))
            return images(stack, but=member.slot) == {"second"} and len(warm(stack)) == 2

        until(reached, "every free slot has it")
        assert fewest >= 1, "there was a warm slot for the next member"
        assert rollout(stack)["proven"] == "second"
        assert document(stack, f"slots/{member.slot}") == before
        assert containers(stack)[member.slot] == container
        assert member.record["state"] == "active"
        member.close()

        def follows() -> bool:
            audit()
            return images(stack) == {"second"}

        until(follows, "its slot follows when its session has ended")


@pytest.mark.timeout(1200)
def test_members_with_damaged_saves_have_no_image_refused_unless_the_proven_one_serves_them(
    unscheduled: Running, tmp_path: Path
) -> None:
    """A damaged save is told from an image that can't restore by the same save with another image."""
    stack = unscheduled
    until(lambda: all(slot["settled"] for slot in documents(stack, "slots")), "the pool is at rest")
    wanted = IMAGE if rollout(stack)["proven"] != IMAGE else "second"
    people = [Person(stack, name) for name in ("damaged-one", "damaged-two")]
    often = {"request": "rollout-00000001", "note": "they open until they meet the slot", "opens_an_hour": 240}
    operator(stack, "generous").post("admin/limits", often).raise_for_status()
    for person in people:
        close_of(person, Workspace(stack, person))
    with deployed(stack, tmp_path, wanted, SLOT_TRIAL_SECONDS="3600") as audit:

        def meets_a_slot_that_tries_it(person: Person) -> bool:
            before = len(rollout(stack)["unserved"])
            audit()
            assert problem(person.try_to_open()) == "state-broken"
            audit()
            return len(rollout(stack)["unserved"]) > before

        for person in people:
            with damaged(stack, person):
                until(partial(meets_a_slot_that_tries_it, person), "it can't be opened", LUCK)
        assert (rollout(stack)["trying"], rollout(stack)["failures"]) == (wanted, [])

        def is_served_by_the_proven_one(person: Person) -> bool:
            with damaged(stack, person):
                until(partial(meets_a_slot_that_tries_it, person), "it can't be opened", LUCK)
            before = len(rollout(stack)["failures"])
            member = Workspace(stack, person)
            audit()
            close_of(person, member)
            return len(rollout(stack)["failures"]) > before or rollout(stack)["refused"] == wanted

        until(lambda: is_served_by_the_proven_one(people[0]), "the image is to blame", LUCK)
        assert len(rollout(stack)["failures"]) == 1
        until(lambda: is_served_by_the_proven_one(people[1]), "the image is to blame", LUCK)
        assert rollout(stack)["refused"] == wanted


def close_of(person: Person, workspace: Workspace) -> None:
    workspace.close()
    until(lambda: person.me()["session"] is None, "it is saved")


@contextmanager
def damaged(stack: Running, person: Person) -> Iterator[None]:
    """Nothing that the person has saved can be restored meanwhile."""
    wid = (document(stack, f"accounts/{person.uid}") or {})["wid"]
    bucket = f"storage/v1/b/{stack.env['STATE_BUCKET']}/o"
    there = f"{stack.env['STORAGE_EMULATOR_HOST']}/{bucket}"
    layers = [name for name in objects(stack, f"workspaces/{wid}/") if name.endswith(".tar.zst")]
    kept = {name: httpx.get(f"{there}/{quote(name, safe='')}", params={"alt": "media"}).content for name in layers}

    def put(name: str, content: bytes) -> None:
        upload = f"{stack.env['STORAGE_EMULATOR_HOST']}/upload/{bucket}"
        httpx.post(upload, params={"uploadType": "media", "name": name}, content=content).raise_for_status()

    for name in layers:
        put(name, b"bit rot")
    try:
        yield
    finally:
        for name, content in kept.items():
            put(name, content)


def test_slots_whose_records_are_from_before_the_field_have_the_proven_image(
    unscheduled: Running, tmp_path: Path
) -> None:
    stack = unscheduled
    until(lambda: all(slot["settled"] for slot in documents(stack, "slots")), "the pool is at rest")
    names, before = [slot["name"] for slot in documents(stack, "slots")], states(stack)
    for name in names:
        forget_field(stack, f"slots/{name}", "image")
    with deployed(stack, tmp_path, str(rollout(stack)["proven"])) as audit:
        audit()
    assert [slot["name"] for slot in documents(stack, "slots") if "image" not in slot] == names, "nothing changed"
    assert states(stack) == before
    Person(stack, "unaware").open()


def states(stack: Running) -> list[str]:
    return sorted(slot["state"] for slot in documents(stack, "slots"))


def rollout(stack: Running) -> dict[str, Any]:
    return document(stack, "pool/rollout") or {}


def images(stack: Running, but: str = "") -> set[str]:
    return {slot["image"] for slot in documents(stack, "slots") if slot["name"] != but}


def image_of(stack: Running, name: str) -> str:
    image: str = (document(stack, f"slots/{name}") or {})["image"]
    return image


def warm(stack: Running) -> list[str]:
    return [slot["name"] for slot in documents(stack, "slots") if slot["state"] == "warm"]
