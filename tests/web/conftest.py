"""The page in a real browser: the rendered front, the Auth emulator, and a control plane that the test steers."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from local.front import render
from local.functions import load
from local.ports import Ports, answers, free_base
from tests.web.control_plane import Plane, playing


@dataclass(frozen=True)
class PortsWithAuth(Ports):
    """The ports of a stack whose Auth emulator is another one's."""

    auth: int

    def __getitem__(self, name: str) -> int:
        return self.auth if name == "auth" else super().__getitem__(name)


@pytest.fixture(scope="session")
def ports(auth_emulator: dict[str, str]) -> Ports:
    auth = int(auth_emulator["FIREBASE_AUTH_EMULATOR_HOST"].rpartition(":")[2])
    return PortsWithAuth(free_base(), tuple(each.name for each in load(render.ROOT)), auth)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page: a copy, which a test may change for a while."""
    built = render.ROOT / "build/web"
    assert (built / "index.html").exists(), "build the page first: npm ci && npm run build, in web/"
    return shutil.copytree(built, tmp_path_factory.mktemp("build") / "web")


@pytest.fixture(scope="session")
def front(ports: Ports, build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's origin."""
    folder = tmp_path_factory.mktemp("front")
    configuration = render.write(folder, ports, project="demo-ondol", version="test", web_root=build)
    with (folder / "error.log").open("w") as log:
        nginx = subprocess.Popen(["nginx", "-p", folder, "-e", "stderr", "-c", configuration], stderr=log)
    try:
        while not answers(ports["front"]):
            assert nginx.poll() is None, (folder / "error.log").read_text()
            time.sleep(0.05)
        yield ports.url("front")
    finally:
        nginx.terminate()
        nginx.wait(10)


@pytest.fixture
def plane(ports: Ports) -> Iterator[Plane]:
    with playing(Plane(ports)) as plane:
        yield plane


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console may complain of in this test, as regular expressions. A test may add to it."""
    return ["^Service Worker registration blocked by Playwright$"]


@pytest.fixture
def page(front: str, plane: Plane, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """The page, opened by somebody new who speaks English. No complaint of the console may be left at the end.

    What moves on the front stands still: drawing its picture 60 times a second took a third of these tests' CPU.
    """
    # a service worker would answer beside what a test intercepts; test_offline.py has one
    context = browser.new_context(
        locale="en-US", timezone_id="Asia/Seoul", service_workers="block", reduced_motion="reduce"
    )
    context.set_default_timeout(30_000)
    page = context.new_page()
    said: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            said.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(front)
    yield page
    context.close()
    assert [text for text in said if not any(re.search(each, text) for each in complaints)] == []
