"""What the image's install says and does about the language pack that is pinned."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.http_server import Handler, serving
from tests.support.slot import language_pack
from tests.support.slot.language_pack import EXPLORER, LOCAL, install
from tests.support.standins.process import free_port

OUT = LOCAL / "node/node_modules/code-server/lib/vscode/out"


PACKS = {"ko.vsix": language_pack.pack(), "ja.vsix": language_pack.pack("ja")}
SHA256 = {name: sha256(content).hexdigest() for name, content in PACKS.items()}


class Packs(Handler):
    """Has the packs by their names."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PACKS[self.path.strip("/")])


@pytest.fixture
def site() -> Iterator[str]:
    with serving(Packs) as url:
        yield url


def test_a_pinned_pack_becomes_the_editors_messages(tmp_path: Path, site: str) -> None:
    done = install(tmp_path, f"{SHA256['ko.vsix']}  {site}/ko.vsix")
    assert done.returncode == 0, done.stderr
    english = json.loads((OUT / "nls.messages.json").read_text())
    said = f"vscode-language-pack-ko 1.139.0 has 1 of the editor's {len(english)} texts."
    assert said in done.stdout
    made = next((tmp_path / "prefix/language_pack").rglob("nls.messages.json"))
    korean = json.loads(made.read_text())
    assert [(was, now) for was, now in zip(english, korean, strict=True) if was != now] == [("Explorer", EXPLORER)]
    # what is there is not fetched again
    assert install(tmp_path, f"{SHA256['ko.vsix']}  {site}/ko.vsix").stdout == ""


def test_another_file_than_the_pinned_one_ends_the_installation(tmp_path: Path, site: str) -> None:
    done = install(tmp_path, f"{SHA256['ja.vsix']}  {site}/ko.vsix")
    assert done.returncode != 0
    what = f"{site}/ko.vsix has the sha256 {SHA256['ko.vsix']}, and language_pack.txt pins {SHA256['ja.vsix']}."
    assert done.stderr.strip() == what
    assert not (tmp_path / "prefix/language_pack").exists()


def test_a_pack_of_another_language_ends_the_installation(tmp_path: Path, site: str) -> None:
    done = install(tmp_path, f"{SHA256['ja.vsix']}  {site}/ja.vsix")
    assert done.returncode != 0
    assert done.stderr.strip() == "The pinned file is no language pack for ko."


def test_without_a_pin_it_says_that_the_menus_stay_english(tmp_path: Path) -> None:
    done = install(tmp_path, "")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "The editor's menus stay English: language_pack.txt pins no language pack.\n"


def test_a_pack_that_cannot_be_fetched_is_said_and_fetched_by_the_next_installation(tmp_path: Path) -> None:
    port = free_port()
    pinned = f"{SHA256['ko.vsix']}  http://127.0.0.1:{port}/ko.vsix"
    done = install(tmp_path, pinned)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        f"The editor's menus stay English: http://127.0.0.1:{port}/ko.vsix can't be fetched ("
    )
    assert done.stdout.count("\n") == 1
    with serving(Packs, port):
        assert "has 1 of the editor's" in install(tmp_path, pinned).stdout
