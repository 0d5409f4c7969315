"""Saved state that does not verify: Open says so, and does not lead in circles."""

import httpx

from tests.support.members.person import Person, problem
from tests.support.stack.observe import document, objects, until
from tests.support.stack.running import Running


def wid_of(stack: Running, person: Person) -> str:
    wid: str = (document(stack, f"accounts/{person.uid}") or {})["wid"]
    return wid


def test_state_that_does_not_verify_is_told_and_nothing_is_lost(stack: Running) -> None:
    person = Person(stack, "damaged")
    person.post("release", {"session": person.open()["session"]})
    until(lambda: person.me()["session"] is None, "the first session was saved")
    names = objects(stack, f"workspaces/{wid_of(stack, person)}/")
    [layer, *_] = [name for name in names if name.endswith(".tar.zst")]
    upload = f"{stack.env['STORAGE_EMULATOR_HOST']}/upload/storage/v1/b/{stack.env['STATE_BUCKET']}/o"
    httpx.post(upload, params={"uploadType": "media", "name": layer}, content=b"bit rot").raise_for_status()
    for _ in range(2):
        answer = person.try_to_open()
        assert (answer.status_code, problem(answer)) == (500, "state-broken")
    assert objects(stack, f"workspaces/{wid_of(stack, person)}/") == names
    assert person.me()["session"] is None
