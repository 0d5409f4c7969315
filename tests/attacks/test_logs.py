"""No log carries a token: a session is lived through, and all that the stack wrote is searched for what it used."""

import re
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

import httpx

from local.functions import load
from tests.support.checkout import ROOT
from tests.support.members.person import Person, call
from tests.support.slot.control_plane import SID, ControlPlane
from tests.support.slot.endpoints import UPGRADE, send
from tests.support.slot.member import COOKIE, Member, open_websocket
from tests.support.stack.observe import document, documents, until
from tests.support.stack.running import Running

TOKEN = re.compile(rb"eyJ[\w-]{10,}\.[\w-]{10,}")
"""Any JWT, of whatever kind: Firebase's, Google's or Ondol's own."""
KEYS = ("keys/signing.pem", "keys/window.key", "tasks/oidc.pem", "stack.json")
"""Where the local stack keeps what it signs by; not logs."""
EVENTS = (
    "slot-claimed",
    "hello-accepted",
    "session-ended",
    "slot-ready",
    "session-serving",
    "session-released",
    "enter-refused",
    "POST /api/",
)
"""What the logs say of the session that is lived through here: they are the right ones."""


def content_of(files: Iterable[Path]) -> dict[Path, bytes]:
    """A stack that runs renames and deletes files meanwhile: what is gone holds nothing."""
    contents = {}
    for file in files:
        with suppress(FileNotFoundError):
            contents[file] = file.read_bytes()
    return contents


def found(contents: Mapping[Path, bytes], words: Iterable[str]) -> list[str]:
    """Which secret is in which file, by the name of both; any JWT is one."""
    seen = []
    for file, content in contents.items():
        seen += [f"{file}: {word[:12]}..." for word in words if word.encode() in content]
        seen += [f"{file}: {token[:24]!r}..." for token in TOKEN.findall(content)]
    return seen


def test_no_file_that_the_stack_writes_holds_a_token_but_its_own_keys(stack: Running, tmp_path: Path) -> None:
    canary = f"canary-{secrets.token_hex(16)}"
    person = Person(stack, "logged")
    entry = person.open()
    entered = person.enter(entry)
    cookie = entered.cookies[COOKIE]
    url = httpx.URL(entry["enter_url"])
    slot, host = f"http://127.0.0.1:{url.port}", url.netloc.decode()
    answers = []
    with httpx.Client(headers={"Host": host}, timeout=60) as browser:
        own = {"Cookie": f"{COOKIE}={cookie}"}
        for path in ("/?folder=/home/member", "/proxy/3/", "/absproxy/3/", "/no/such/thing"):
            answers.append(browser.get(slot + path, headers=own))
            answers.append(browser.get(slot + path, headers={"Cookie": f"{COOKIE}={canary}"}))
        answers.append(browser.get(slot, headers={**own, **UPGRADE, "Origin": "https://evil.example"}))
        for token in (canary, entry["enter_token"], person.token):
            bearer = {"Authorization": f"Bearer {token}"}
            answers.append(browser.post(f"{slot}/_slot/enter", data={"token": token}, headers={"Origin": stack.url}))
            names = ("attach", "release", "background-hold")
            answers += [browser.post(f"{slot}/_slot/{name}", json={}, headers=bearer) for name in names]
    for name in [function.name for function in load(ROOT)]:
        for token in (canary, entry["enter_token"], f"{person.token}x"):
            answers.append(
                httpx.post(stack.at(name), json={}, headers={"Authorization": f"Bearer {token}"}, timeout=60)
            )
    answers.append(call(stack, "login", {"token": "x"}, {"Authorization": f"Bearer {person.token}"}))
    with open_websocket(host, cookie):
        until(lambda: (document(stack, f"sessions/{entry['session']}") or {})["seq"] >= 3, "heartbeats were sent")
    person.post("release", {"session": entry["session"]})
    until(lambda: (document(stack, f"sessions/{entry['session']}") or {})["state"] == "ended", "the session ended")

    [key] = [line for line in stack.env["SIGNING_KEY"].splitlines() if "PRIVATE" not in line]
    words = (canary, cookie, person.token, entry["enter_token"], key)
    written = (file for file in stack.state.rglob("*") if file.is_file())
    logs = content_of(file for file in written if str(file.relative_to(stack.state)) not in KEYS)
    said = b"".join(logs.values())
    assert [event for event in EVENTS if event.encode() not in said] == [], "these are not all the logs"
    assert found(logs, words) == []
    assert [answer.text for answer in answers if any(word in answer.text for word in words)] == []
    kept = documents(stack, "sessions") + documents(stack, "slots") + documents(stack, "accounts")
    assert [word for word in words if word in str(kept)] == [] == TOKEN.findall(str(kept).encode())
    # and the search does find what is there
    planted = tmp_path / "log"
    planted.write_text(f"{canary} {person.token}")
    assert len(found(content_of([planted, stack.state / "keys/signing.pem"]), words)) == 4


def test_a_slots_log_holds_no_token_whatever_it_could_not_do(member: Member, plane: ControlPlane) -> None:
    member.get("/?folder=/home/member")
    sent = [plane.attach_token(plane.sessions[SID])]
    again = {"Authorization": f"Bearer {sent[0]}"}
    member.post("attach", headers=again, json={"heartbeat_url": plane.url}).raise_for_status()
    member.slot.run("echo work > note")
    plane.refuse_checkpoints = 1
    plane.reachable = False
    release = {"Authorization": f"Bearer {plane.release_token()}"}
    sent.append(release["Authorization"].removeprefix("Bearer "))
    assert member.post("release", headers=release, json={}).status_code == 502
    plane.reachable = True
    member.post("release", headers=release, json={}).raise_for_status()
    # what no program can read is quoted by none that tried
    unreadable = {"Authorization": f"Bearer {sent[0]}\x01".encode(), "Cookie": f"{COOKIE}={member.cookie}\x01".encode()}
    for path in ("/_slot/attach", "/_slot/enter", "/?folder=/home/member"):
        assert send(member.slot, "POST", path, unreadable) in (400, 401), path
    words = [*sent, plane.storage_token, member.cookie or ""]
    assert member.slot.events("request-refused") and member.slot.events("session-released")
    assert found(content_of([member.slot.log]), words) == []
