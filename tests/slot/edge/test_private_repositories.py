"""A private repository of GitHub's comes with the member's token, and the token goes nowhere else."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.slot.edge.test_projects import bring
from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import Member, opened
from tests.support.slot.named_hosts import Hosts, named_hosts

TOKEN = "gho_secret123"
BASIC = f"Basic {b64encode(f'x-access-token:{TOKEN}'.encode()).decode()}"
SECRETS = [TOKEN, BASIC.removeprefix("Basic ")]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    with named_hosts(tmp_path / "hosts", BASIC) as hosts:
        yield hosts


@pytest.fixture
def member(slot: Container, plane: ControlPlane, hosts: Hosts) -> Member:
    """Whose git asks the proxy for every name, and keeps what passwords it is given."""
    member = opened(slot, plane)
    for name, value in {"http.proxy": hosts.proxy, "http.sslVerify": "false", "credential.helper": "store"}.items():
        member.slot.run(f"HOME=/home/member git config --global {name} {value}")
    return member


def test_a_private_repository_of_githubs_comes_with_the_token_and_nothing_keeps_it(
    member: Member, hosts: Hosts
) -> None:
    with looking_at_arguments(member.slot) as seen:
        *_, ready = bring(member, "repository", address="https://github.com/private/app.git", token=TOKEN)
    assert ready == {"folder": "/home/member/app"}
    assert member.slot.run("cat app/README.md").strip() == "from the repository"
    assert BASIC in {each.authorization for each in hosts.asked}
    assert any("git" in each for each in seen), "git was seen while it ran"
    for secret in SECRETS:
        assert not [each for each in seen if secret in each]
        assert secret not in "".join(hosts.proxied)
        assert member.slot.run(f"grep -rl '{secret}' /home/member /tmp /var/tmp 2>/dev/null || true") == ""
        assert secret not in member.slot.log.read_text()
    assert member.slot.run("git -C app config --local --get-regexp '.*(header|credential|url).*'").strip() == (
        "remote.origin.url https://github.com/private/app.git"
    )


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://github.com/moved/elsewhere.example/app.git", id="moved"),
        pytest.param("https://github.com/moved/elsewhere.example/private/app.git", id="moved-to-who-asks"),
        pytest.param("https://elsewhere.example/private/app.git", id="elsewhere"),
        pytest.param("https://github.com.elsewhere.example/private/app.git", id="longer"),
        pytest.param("https://github.com:8443/private/app.git", id="port"),
    ],
)
def test_no_other_host_is_sent_the_token(member: Member, hosts: Hosts, address: str) -> None:
    bring(member, "repository", address=address, token=TOKEN)
    assert hosts.asked
    strangers = [each for each in hosts.asked if each.host != "github.com"]
    assert strangers
    assert [each for each in strangers if each.authorization] == []


def test_a_repository_that_moved_within_github_comes(member: Member, hosts: Hosts) -> None:
    address = "https://github.com/moved/github.com/private/app.git"
    assert bring(member, "repository", address=address, token=TOKEN)[-1] == {"folder": "/home/member/app"}


@contextmanager
def looking_at_arguments(slot: Container) -> Iterator[set[str]]:
    """The arguments of every program in the container, as often as they can be read."""
    seen: set[str] = set()
    over = Event()

    def look() -> None:
        while not over.is_set():
            for pid in slot.processes():
                with suppress(FileNotFoundError, ProcessLookupError):
                    seen.add(Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace"))

    looking = Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()
