"""The history as a member has it: back to a snapshot, one path as it was, all of it as one file; no container asked."""

import subprocess
from pathlib import Path

import httpx

from shared.gcp.emulators import reachable
from tests.support.members.open_workspace import Workspace
from tests.support.members.person import Person
from tests.support.stack.observe import until
from tests.support.stack.running import Running

FIRST = """
mkdir -p app/src app/node_modules/x && echo 1 > app/src/main && echo 1 > app/node_modules/x/index && echo 1 > notes
ln app/src/main app/src/same; ln -s main app/src/link; chmod 700 app/src; echo 1 > .rc
"""
SECOND = """
rm -r app/src/same app/node_modules; echo 2 > app/src/main; echo 2 > app/src/more; echo 2 > notes; echo 2 > .rc
"""
LOOK = "cat app/src/main app/src/more app/node_modules/x/index notes .rc 2>/dev/null || true; stat -c %h app/src/main"


def session(stack: Running, person: Person, script: str) -> str:
    """What LOOK shows after a session in which the script ran."""
    with Workspace(stack, person) as workspace:
        workspace.container.run(script)
        seen = workspace.container.run(LOOK)
        workspace.close()
    until(lambda: workspace.record["state"] == "ended", "the session ends")
    return " ".join(seen.split())


def test_a_member_goes_back_brings_a_path_back_and_takes_everything_home(stack: Running, tmp_path: Path) -> None:
    person = Person(stack, "historian")
    assert session(stack, person, FIRST) == "1 1 1 1 2"
    [first] = [each for each in history(person) if each["current"]]
    assert session(stack, person, SECOND) == "2 2 2 2 1"
    [second] = [each for each in history(person) if each["current"]]

    brought = person.post("snapshots/restore", {"snapshot": first["snapshot"], "path": "app"})
    assert brought.status_code == 200, brought.text
    assert session(stack, person, "true") == "1 1 2 2 2", "the folder as it was, in every tier; the rest as it is"

    assert person.post("snapshots/restore", {"snapshot": second["snapshot"]}).status_code == 200
    assert session(stack, person, "true") == "2 2 2 2 1"

    downloaded = tmp_path / "home.tar.zst"
    downloaded.write_bytes(download(person, first["snapshot"]))
    subprocess.run(["tar", "--zstd", "-xf", downloaded, "-C", tmp_path], check=True)
    assert (tmp_path / "app/src/main").read_text() == (tmp_path / "notes").read_text() == "1\n"
    assert (tmp_path / "app/src/main").stat().st_nlink == 2
    assert not (tmp_path / "app/src/more").exists()


def history(person: Person) -> list[dict[str, object]]:
    answer = person.get("snapshots")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["snapshots"]
    return found


def download(person: Person, snapshot: object) -> bytes:
    def ready() -> str | None:
        answer = person.post("snapshots/download", {"snapshot": snapshot})
        assert answer.status_code in (200, 202), answer.text
        return answer.json()["url"] if answer.status_code == 200 else None

    url, headers = reachable(until(ready, "the download is ready"))
    return httpx.get(url, headers=headers, timeout=60).raise_for_status().content
