"""The page brings a project into the home before the member enters: a repository, an archive, a sample."""

import io
import json
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

import httpx
import pytest

from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import PAGE_ORIGIN, Member, opened
from tests.support.slot.repositories import Host, git_host, silent_host
from tests.support.stack.observe import until

OUTSIDE = "/var/tmp"  # noqa: S108  where everybody may write


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with git_host(tmp_path / "host") as host:
        yield host


def bring(member: Member, source: str, by: str | None = None, **body: str) -> list[dict[str, Any]]:
    """What the slot tells while the project comes."""
    answer = ask(member, source, by, **body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE_ORIGIN
    return [json.loads(line) for line in answer.text.splitlines()]


def ask(member: Member, source: str, by: str | None = None, **body: str) -> httpx.Response:
    return member.post(f"project/{source}", headers=bearer(by or member.plane.project_token()), json=body)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Origin": PAGE_ORIGIN}


def send(member: Member, token: str, offset: int, part: bytes) -> httpx.Response:
    with httpx.Client(headers={"Host": member.slot.host}, timeout=60) as client:
        url = f"{member.slot.url}/_slot/project/archive"
        return client.put(url, params={"offset": offset}, headers=bearer(token), content=part)


def trust(member: Member) -> None:
    """The host's certificate is of nobody's."""
    member.slot.run("HOME=/home/member git config --global http.sslVerify false")


def test_a_repository_is_cloned_and_a_second_time_beside_the_first(standing: Member, host: Host) -> None:
    trust(standing)
    *steps, ready = bring(standing, "repository", address=f"{host.url}/app.git")
    assert ready == {"folder": "/home/member/app"}
    assert all(step["step"] in ("receiving", "resolving", "checking-out", "restoring") for step in steps)
    assert standing.slot.run("cat app/README.md").strip() == "from the repository"
    assert standing.slot.run("stat -c %U app").strip() == "member"
    assert bring(standing, "repository", address=f"{host.url}/app.git")[-1] == {"folder": "/home/member/app-2"}


def test_a_private_repository_says_so_and_no_token_goes_to_another_host(standing: Member, host: Host) -> None:
    trust(standing)
    [*_, failed] = bring(standing, "repository", address=f"{host.url}/private/app.git", token="gho_secret")
    assert failed["problem"] == "repository-not-readable"
    assert host.asked
    assert set(host.asked) == {""}
    assert standing.slot.run("grep -rl gho_secret ~ || true") == ""


@pytest.mark.parametrize(
    "address",
    [
        "http://example.com/a",
        "file:///etc",
        "ext::sh -c true",
        "https://user:secret@example.com/a",
        "https:///a",
        "https://example.com",
        "https://example.com/a b",
        "--upload-pack=true",
    ],
)
def test_only_plain_https_addresses_are_cloned(standing: Member, address: str) -> None:
    refused = ask(standing, "repository", address=address)
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (400, "not-a-repository")


def zipped(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def test_an_archive_arrives_in_parts(standing: Member) -> None:
    of_a_mac = normalize("NFD", "내 앱")
    packed = zipped(**{f"{of_a_mac}/index.html": "page", f"{of_a_mac}/run.sh": "echo"})
    token = standing.plane.project_token()
    half = len(packed) // 2
    assert send(standing, token, 0, packed[:half]).json() == {"size": half}
    assert send(standing, token, half, packed[half:]).json() == {"size": len(packed)}
    assert bring(standing, "archive", token, name="export.zip")[-1] == {"folder": "/home/member/내-앱"}
    assert standing.slot.run("cat 내-앱/index.html") == "page"
    assert standing.slot.run("ls ~/.cache/ondol-arriving").strip() == "", "nothing of the upload is left"


def test_a_part_that_is_not_the_next_changes_nothing_and_the_answer_says_where_to_go_on(standing: Member) -> None:
    token, packed = standing.plane.project_token(), zipped(a="one", b="two")
    assert send(standing, token, 0, packed[:10]).json() == {"size": 10}
    assert send(standing, token, 5, packed[5:]).json() == {"size": 10}
    assert send(standing, token, 99, packed[5:]).json() == {"size": 10}
    assert send(standing, token, 10, packed[10:]).json() == {"size": len(packed)}
    assert bring(standing, "archive", token, name="two files.zip")[-1] == {"folder": "/home/member/two-files"}


def test_an_archive_that_can_not_be_written_is_not_called_too_large(slot: Container, plane: ControlPlane) -> None:
    member = opened(slot, plane)
    member.slot.run("rm -rf ~member/.cache; touch ~member/.cache")
    refused = send(member, plane.project_token(), 0, b"PK")
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (409, "upload-failed")
    assert refused.headers["Access-Control-Allow-Origin"] == PAGE_ORIGIN, "the page can say why"


def test_a_caller_who_goes_leaves_no_program_behind_and_makes_room_for_the_next(
    slot: Container, plane: ControlPlane
) -> None:
    """A host may send a repository for ever: whoever closes the page meanwhile is not charged for it."""
    member = opened(slot, plane)
    trust(member)
    with silent_host() as url, pytest.raises(httpx.ReadTimeout):
        headers = {"Host": slot.host, **bearer(plane.project_token())}
        httpx.post(
            f"{slot.url}/_slot/project/repository", headers=headers, json={"address": f"{url}/app.git"}, timeout=3
        )
    until(lambda: bring(member, "sample", name="first-page"), "the next project comes")
    assert "git" not in member.slot.run("ps -eo comm=")
    until(lambda: not plane.beats[-1].connected, "nobody is connected")


def test_a_thawed_container_asks_before_it_brings_anything_in(slot: Container, plane: ControlPlane) -> None:
    plane.lease = 3.0
    member = opened(slot, plane)
    token = plane.project_token()
    with slot.frozen():
        lapses = time.monotonic() + plane.lease
        until(lambda: time.monotonic() > lapses, "the lease lapses")
        plane.give_to_another()
    assert ask(member, "sample", token, name="first-page").status_code == 409
    assert "first-page" not in member.slot.run("ls ~member")


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def link(name: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, target
    return info


@pytest.mark.parametrize(
    "hostile",
    [
        pytest.param(tarred((tarfile.TarInfo("../../escaped"), b"x"), (tarfile.TarInfo("in"), b"x")), id="dots"),
        pytest.param(
            tarred((tarfile.TarInfo(f"{OUTSIDE}/escaped"), b"x"), (tarfile.TarInfo("in"), b"x")), id="absolute"
        ),
        pytest.param(tarred((link("out", OUTSIDE), b""), (tarfile.TarInfo("out/escaped"), b"x")), id="through-a-link"),
        pytest.param(zipped(**{"../../escaped": "x", "in": "x"}), id="zip-dots"),
    ],
)
def test_no_archive_writes_outside_of_its_folder(standing: Member, hostile: bytes) -> None:
    token = standing.plane.project_token()
    send(standing, token, 0, hostile).raise_for_status()
    bring(standing, "archive", token, name="hostile.tgz")
    assert standing.slot.run(f"ls {OUTSIDE}/escaped ~/escaped ~/.cache/escaped 2>/dev/null || true") == ""


def test_what_is_no_archive_says_so(standing: Member) -> None:
    token = standing.plane.project_token()
    send(standing, token, 0, b"a text").raise_for_status()
    [*_, failed] = bring(standing, "archive", token, name="letter.txt")
    assert failed["problem"] == "archive-not-unpacked"
    assert "letter" not in standing.slot.run("ls ~")


def test_the_sample_runs(standing: Member) -> None:
    assert bring(standing, "sample", name="first-page")[-1] == {"folder": "/home/member/first-page"}
    standing.enter()
    standing.slot.run("cd first-page; nohup python3 server.py >/dev/null 2>&1 &")
    until(lambda: "안녕하세요" in standing.get("/proxy/8000/").text, "the sample's page is shown")


def test_strangers_and_other_tokens_bring_nothing_in(standing: Member) -> None:
    plane = standing.plane
    assert ask(standing, "sample", "nonsense", name="first-page").status_code == 401
    assert ask(standing, "sample", plane.enter_token(), name="first-page").status_code == 401
    assert send(standing, plane.enter_token(), 0, b"x").status_code == 401


def test_a_token_of_a_session_that_is_over_brings_nothing_in(
    start: Callable[..., Container], plane: ControlPlane
) -> None:
    member = opened(start(), plane)
    token = plane.project_token()
    member.release().raise_for_status()
    assert ask(member, "sample", token, name="first-page").status_code == 409


def test_whoever_signed_out_brings_nothing_in(start: Callable[..., Container], plane: ControlPlane) -> None:
    member = opened(start(), plane)
    token = plane.project_token(browser="b1")
    plane.sign_out("b1")
    until(lambda: ask(member, "sample", token, name="none-such").status_code == 401, "the slot has heard of it")


def test_while_a_project_comes_a_browser_is_there(slot: Container, plane: ControlPlane) -> None:
    """Whoever could keep the container's CPU on without being connected would use time that nobody is charged for."""
    opened(slot, plane)

    def slowly() -> Iterator[bytes]:
        yield b"P"
        until(lambda: plane.beats and plane.beats[-1].connected, "a beat says that a browser is there")
        yield b"K"

    with httpx.Client(headers={"Host": slot.host, "Content-Length": "2"}, timeout=60) as client:
        url = f"{slot.url}/_slot/project/archive?offset=0"
        sent = client.put(url, headers=bearer(plane.project_token()), content=slowly())
    assert sent.json() == {"size": 2}
    until(lambda: not plane.beats[-1].connected, "a beat says that it has gone")
