"""The window that roams: who may read and change it, and what a member can do to its files."""

import gzip
import json
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

import httpx
import pytest
from agent.window.entries import MOST_DELETED, MOST_ENTRIES, MOST_LINE, MOST_WHOLE, Entries, Entry, Name, Unreadable
from agent.window.routes import MOST_CHANGES

from tests.support.checkout import ROOT
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, SID, ControlPlane
from tests.support.slot.member import COOKIE, Member, opened
from tests.support.stack.observe import until

FOLDER = "/home/member/.local/share/code-server/window"
VERSION = json.loads((ROOT / "workspace-image/package.json").read_text())["dependencies"]["code-server"]
OURS = f"{'.'.join(VERSION.split('.')[:2])}.jsonl.gz"
SECRET = ["local", "secrets.provider", "the-sign-in-to-github"]


def test_what_one_browser_reports_another_is_given(member: Member) -> None:
    assert report(member, [["global", "a", "1"], ["workspace:/home/member", "tabs", "ü\ud800"], SECRET]) == 204
    assert report(member, [["global", "b", "2"], ["global", "a", None]]) == 204
    assert stores(member) == {
        "global": {"a": None, "b": "2"},
        "workspace:/home/member": {"tabs": "ü\ud800"},
        "local": {"secrets.provider": "the-sign-in-to-github"},
    }


def test_a_browser_without_the_cookie_gets_nothing(standing: Member) -> None:
    for cookie in (None, "guessed"):
        stranger = Member(standing.slot, standing.plane)
        stranger.cookie = cookie
        assert script(stranger).status_code == 401
        assert report(stranger, [["global", "a", "1"]]) == 401
    assert stores(standing) == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another slot's page
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Dest": "iframe"},
        {"Referer": ""},
        {"Referer": "http://evil.example/"},
        {"Referer": "{origin}/proxy/3000/"},
        {"Referer": "{origin}/absproxy/3000/"},
        {"Referer": "{origin}/proxy/3000/?/"},
        {"Referer": "{origin}:1/"},
        {"Referer": "http://[/"},
    ],
    ids=str,
)
def test_no_page_but_the_editors_reads_or_changes_it(standing: Member, headers: dict[str, str]) -> None:
    headers = {name: value.format(origin=f"http://{standing.slot.host}") for name, value in headers.items()}
    assert script(standing, **headers).status_code == 403
    assert report(standing, [["global", "a", "1"]], **headers) == 403
    assert stores(standing) == {}


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Content-Type": "text/plain"}],
    ids=str,
)
def test_no_form_or_page_of_another_origin_changes_it(standing: Member, headers: dict[str, str]) -> None:
    assert report(standing, [["global", "a", "1"]], **headers) == 403
    assert stores(standing) == {}


def test_the_script_is_on_the_editors_page_and_on_no_preview(member: Member) -> None:
    assert '<head><script src="/_slot/window.js">' in member.get("/?folder=/home/member").text
    port = member.serve_echo()
    member.slot.run("mkdir -p site; echo '<head></head>' > site/index.html")
    assert "window.js" not in member.get(f"/proxy/{port}/").text


def test_a_report_that_is_none_is_refused_with_a_reason(standing: Member) -> None:
    wrong: list[object] = [
        {},
        "x",
        [["global", "a"]],
        [["global", "a", 1]],
        [["global", 1, "a"]],
        [1],
        [["a", "b", "c", "d"]],
    ]
    for changes in wrong:
        answer = post(standing, json.dumps(changes).encode())
        assert answer.status_code == 400
        assert answer.json()["type"].endswith("/bad-request")
    assert post(standing, b"{").status_code == 400
    assert post(standing, b"[" * 100_000).status_code == 400
    assert post(standing, b"\xff").status_code == 400
    assert post(standing, b"[" + b" " * 7_500_000 + b"]").status_code == 413
    assert standing.get("/_slot/window").status_code == 405


def test_a_report_of_more_changes_than_are_taken_at_once_is_refused(member: Member) -> None:
    many = [["global", str(at), None if at % 2 else "x"] for at in range(MOST_CHANGES + 1)]
    answer = post(member, json.dumps(many).encode())
    assert answer.status_code == 413
    assert answer.json()["detail"] == f"Send at most {MOST_CHANGES} changes at once."
    assert stores(member) == {}
    assert report(member, many[1:]) == 204
    assert len(stores(member)["global"]) == MOST_CHANGES // 2 + MOST_DELETED


def test_what_is_too_large_does_not_roam_and_is_said_once(member: Member) -> None:
    assert report(member, [["global", "large", "x" * 1_000_001], ["global", "k" * 2_001, "x"]]) == 204
    assert report(member, [["global", "large", "x" * 1_000_001], ["global", "small", "x"]]) == 204
    assert stores(member) == {"global": {"small": "x"}}
    assert len(member.slot.events("window-too-large")) == 1


def test_folders_left_longest_ago_make_room(member: Member) -> None:
    for folder in "abcde":
        assert report(member, [[f"workspace:/{folder}", "tabs", folder * 900_000]]) == 204
    assert set(stores(member)) == {f"workspace:/{folder}" for folder in "bcde"}


def test_a_sign_in_is_in_the_home_but_not_in_clear(member: Member) -> None:
    report(member, [SECRET, ["global", "secret://{}", "another-sign-in"], ["global", "plain", "in-the-clear"]])
    text = saved(member.slot, "in-the-clear", "secrets.provider", "secret://{}")
    assert "sign-in" not in text
    assert member.slot.run(f"stat -c %U:%a {FOLDER}/{OURS}").strip() == "member:600"


def test_it_comes_back_on_another_slot_with_another_workspaces_key_the_sign_in_does_not(
    start: Callable[..., Container], plane: ControlPlane
) -> None:
    first = Member(start(), plane)
    first.attach(plane.open()).raise_for_status()
    first.enter()
    report(first, [SECRET, ["global", "a", "1"], ["global", "gone", None]])
    first.release().raise_for_status()
    head = plane.sessions[SID].head

    back = Member(start(), plane)
    back.attach(plane.open(SECOND, epoch=2, head=head)).raise_for_status()
    back.enter(SECOND)
    assert stores(back) == {"global": {"a": "1", "gone": None}, "local": {"secrets.provider": SECRET[2]}}

    # a member downloads the home of one workspace and puts it into another
    copied = saved(back.slot, "secrets.provider")
    thief = Member(start(), plane)
    thief.attach(plane.open("s-00000000000000000003", wid="w-00000000000000000009")).raise_for_status()
    put(thief.slot, OURS, copied)
    thief.enter("s-00000000000000000003")
    assert stores(thief) == {"global": {"a": "1", "gone": None}}
    assert thief.slot.events("window-not-opened")


@pytest.fixture
def early(slot: Container, plane: ControlPlane) -> Member:
    """A member whose workspace is attached, and whose browser has yet to come: nobody has read the window."""
    return opened(slot, plane)


def test_the_newest_file_that_no_newer_editor_wrote_is_read_and_no_other_touched(early: Member) -> None:
    member = early
    for version, value in {"1.9": "old", "3.99": "newest", "4.100000": "no", "9.0": "newer"}.items():
        put(member.slot, f"{version}.jsonl.gz", text({"a": value}))
    member.enter()
    assert stores(member) == {"global": {"a": "newest"}}
    report(member, [["global", "a", "ours"]])
    saved(member.slot, '"ours"')
    kept = {version: member.slot.run(f"zcat {FOLDER}/{version}.jsonl.gz") for version in ("1.9", "3.99", "9.0")}
    assert [json.loads(lines.splitlines()[1])[3] for lines in kept.values()] == ["old", "newest", "newer"]


DAMAGED = {
    "nothing": b"",
    "no-gzip": b"no gzip",
    "cut-off": gzip.compress(b"{}" * 100)[:-9],
    "no-json": gzip.compress(b"no JSON"),
    "another-format": gzip.compress(b'{"format": 2}'),
    "no-entry": gzip.compress(b'{"format": 1}\n["a"]'),
    "no-time": gzip.compress(b'{"format": 1}\n["a", "b", -1, "c"]'),
    "no-ciphertext": gzip.compress(b'{"format": 1}\n["a", "b", 1, {"sealed": 7}]'),
    "deep": gzip.compress(b'{"format": 1}\n' + b"[" * 900_000),
    "no-text": gzip.compress(b'{"format": 1}\n\xff'),
    "a-bomb": gzip.compress(b" " * 40_000_000),
    "too-large": gzip.compress(b'{"format": 1}\n' + b'["a", "%s", 1, "c"]' % (b"x" * 6_000_000)),
}


@pytest.mark.parametrize("damages", [[*DAMAGED][:6], [*DAMAGED][6:]], ids=["early", "late"])
def test_files_that_cant_be_read_are_put_aside_and_an_older_one_serves(early: Member, damages: list[str]) -> None:
    member, files = early, {damage: f"3.{at}.jsonl.gz" for at, damage in enumerate(damages)}
    put(member.slot, "2.0.jsonl.gz", text({"a": "old"}))
    for damage, file in files.items():
        put_bytes(member.slot, file, DAMAGED[damage])
    member.enter()
    assert stores(member) == {"global": {"a": "old"}}
    there = member.slot.run(f"ls {FOLDER}").split()
    assert [damage for damage, file in files.items() if f"{file}.unreadable" in there] == damages
    assert len(member.slot.events("window-unreadable")) == len(damages)


def test_a_file_of_the_members_leads_the_agent_nowhere(early: Member) -> None:
    """What only root may read, a pipe that nobody writes, a device that never ends, a folder."""
    member = early
    member.slot.run(f"mkdir -p {FOLDER}; cd {FOLDER}; ln -s /run/ondol/nginx.conf 3.1.jsonl.gz; mkfifo 3.2.jsonl.gz")
    member.slot.run(f"cd {FOLDER}; ln -s /dev/zero 3.3.jsonl.gz; mkdir 3.4.jsonl.gz; ln -s nowhere 3.5.jsonl.gz")
    member.enter()
    assert stores(member) == {}
    assert len(member.slot.events("window-unreadable")) == 5


def test_a_folder_that_leads_elsewhere_is_written_with_the_members_rights(early: Member) -> None:
    member = early
    member.slot.run(f"mkdir -p {FOLDER}; rmdir {FOLDER}; ln -s /run/ondol {FOLDER}")
    member.enter()
    assert report(member, [["global", "a", "1"]]) == 503
    member.slot.run(f"rm {FOLDER}; ln -s /home/member {FOLDER}")
    assert report(member, [["global", "a", "1"]]) == 204
    until(lambda: "jsonl" in member.slot.run("ls /home/member"), "it is written")
    assert "jsonl" not in member.slot.run_as_root("ls /run/ondol")


def test_a_home_that_takes_no_more_costs_the_window_and_nothing_else(member: Member) -> None:
    member.slot.run(f"mkdir -p {FOLDER}; chmod 500 {FOLDER}")
    assert report(member, [["global", "a", "1"]]) == 204
    until(lambda: member.slot.events("window-not-saved"), "it could not be written")
    assert stores(member) == {"global": {"a": "1"}}
    member.slot.run(f"chmod 700 {FOLDER}")
    member.release().raise_for_status()


class Unscanned(dict[Name, Entry]):
    """Nobody may go through all of it."""

    def refuse(self) -> NoReturn:
        raise AssertionError("it is gone through")

    __iter__ = keys = values = items = refuse


class TestEntries:
    def test_no_change_goes_through_all_that_there_is(self) -> None:
        entries = Entries()
        for at in range(MOST_ENTRIES - 1):
            assert entries.change(("global", str(at)), "x", at)
        assert entries.change(("workspace:/a", "x"), "x", 1)
        entries.by_name = Unscanned(entries.by_name)
        for at in range(MOST_DELETED + 10):
            assert entries.change(("global", str(at)), None, at), "it is there already"
        assert entries.change(("global", "more"), "x", 1), "what was deleted first has made room"
        for at in range(9):
            assert entries.change(("global", f"more-{at}"), "x", 1)
        assert entries.change(("global", "last"), "x", 1), "the folder makes room"
        assert not entries.change(("global", "too many"), "x", 1)
        assert not entries.change(("", ""), None, 1), "what has no size is one entry more too"

    def test_what_was_deleted_first_is_forgotten_first_whatever_the_order_of_the_file(self) -> None:
        lines = [f'["global", "{at}", {MOST_DELETED - at}, null]' for at in range(MOST_DELETED)]
        entries = Entries.read(['{"format": 1}', *lines])
        assert entries.change(("global", "new"), None, 1)
        names = {key for (_, key), _ in entries}
        assert {"new", "0"} < names
        assert str(MOST_DELETED - 1) not in names

    def test_the_folder_left_longest_ago_makes_room_first_whatever_the_order_of_the_file(self) -> None:
        value = "x" * (MOST_WHOLE // 4 - 100)
        ages = {"a": 30, "b": 10, "c": 20, "d": 40}
        lines = [json.dumps([f"workspace:/{folder}", "tabs", at, value]) for folder, at in ages.items()]
        entries = Entries.read(['{"format": 1}', *lines])
        assert entries.change(("workspace:/e", "tabs"), value, 50)
        assert entries.change(("workspace:/c", "more"), "x", 60)
        assert entries.change(("workspace:/f", "tabs"), value, 70)
        assert {store[-1] for (store, _), _ in entries} == {"c", "d", "e", "f"}

    @pytest.mark.parametrize(
        ("line", "most"),
        [('["", "1", 0, ""]', MOST_ENTRIES), ('["", "1", 0, "%s"]' % ("x" * 900_000), 5), ("x" * (MOST_LINE + 1), 0)],
        ids=["many", "large", "long"],
    )
    def test_a_file_with_more_than_a_window_has_is_read_no_further(self, line: str, most: int) -> None:
        read = 0

        def lines() -> Iterator[str]:
            nonlocal read
            yield '{"format": 1}'
            while True:
                read += 1
                yield line

        with pytest.raises(Unreadable, match="too large"):
            Entries.read(lines())
        assert read == most + 1


def origin(member: Member) -> str:
    return f"http://{member.slot.host}"


def script(member: Member, **headers: str) -> httpx.Response:
    """As the editor's page asks for it."""
    page = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script", "Referer": f"{origin(member)}/?folder=/x"}
    return member.get("/_slot/window.js", **{**page, **headers})


def stores(member: Member) -> dict[str, dict[str, str | None]]:
    answer = script(member)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    _, line, *_ = answer.text.split("\n")
    found: dict[str, dict[str, str | None]] = json.loads(line.removeprefix("const STATE = ").removesuffix(";"))[
        "stores"
    ]
    return found


def post(member: Member, body: bytes, **headers: str) -> httpx.Response:
    page = {
        "Host": member.slot.host,
        "Origin": origin(member),
        "Sec-Fetch-Site": "same-origin",
        "Sec-Fetch-Dest": "empty",
        "Referer": f"{origin(member)}/?folder=/x",
        "Content-Type": "application/json",
        "Cookie": f"{COOKIE}={member.cookie}",
    }
    return member.post("window", content=body, headers={**page, **headers})


def report(member: Member, changes: Sequence[Sequence[str | None]], **headers: str) -> int:
    return post(member, json.dumps(changes).encode(), **headers).status_code


def text(values: dict[str, str]) -> str:
    """A file's, with these in the store `global`."""
    return "\n".join(['{"format": 1}', *(json.dumps(["global", key, 1, value]) for key, value in values.items())])


def put(slot: Container, file: str, content: str) -> None:
    put_bytes(slot, file, gzip.compress(content.encode()))


def put_bytes(slot: Container, file: str, content: bytes) -> None:
    """In the window's folder, as the member might."""
    slot.run(f"mkdir -p {FOLDER}; cd {FOLDER}; : > {file}")
    for start in range(0, len(content), 50_000):
        octal = content[start : start + 50_000].hex()
        slot.run(f"cd {FOLDER}; printf %s {octal} | python3 -c {SPELL!r} >> {file}")


SPELL = "import sys; sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))"


def saved(slot: Container, *parts: str) -> str:
    """The text of this editor's file, once `parts` are in it."""

    def whole() -> str | None:
        found = slot.run(f"zcat {FOLDER}/{OURS} 2>/dev/null || true")
        return found if all(part in found for part in parts) else None

    return until(whole, "the window is in the home")
