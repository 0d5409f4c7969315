"""The editor's display language, at a slot whose image has a language pack: the page's, unless the member has chosen
another one in the editor."""

import re
from collections.abc import Iterator
from hashlib import sha256
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.slot.window.test_connection_browser import saved
from tests.slot.window.test_quiet_editor_browser import complaints
from tests.slot.window.test_window_browser import admit, expect_editor
from tests.support.http_server import Handler, serving
from tests.support.slot import container, control_plane, language_pack
from tests.support.slot.bucket import Bucket
from tests.support.slot.language_pack import COMMAND, EXPLORER, install
from tests.support.slot.member import PAGE_ORIGIN, Member, opened

PAGE = "/?folder=/home/member"
TITLE = ".part.sidebar .title-label h2"
DATA = "/home/member/.local/share/code-server"
PACK = language_pack.pack()


class Served(Handler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PACK)


@pytest.fixture(scope="module")
def member(storage_emulator: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Member]:
    """A member at a slot of an image with a language pack; the tests change the language of the page that opens it."""
    folder = tmp_path_factory.mktemp("language-pack")
    with serving(Served) as url:
        done = install(folder, f"{sha256(PACK).hexdigest()} {url}/ko.vsix")
    assert done.returncode == 0, done.stderr
    bucket = Bucket(storage_emulator["STORAGE_EMULATOR_HOST"], f"test-{uuid4()}")
    bucket.create()
    mounted = [(folder / "prefix/language_pack", "/opt/ondol/language_pack")]
    with (
        control_plane.running(bucket) as plane,
        container.running(
            folder / "slot.log", plane.signer.public_pem, PAGE_ORIGIN, container.RUNTIME, mounted
        ) as slot,
    ):
        yield opened(slot, plane)


def test_a_korean_page_opens_the_editor_in_korean_and_an_english_one_in_english(
    member: Member, browser: Browser
) -> None:
    profile = browser.new_context(locale="en-US")
    page = profile.new_page()
    wrong = complaints(page)
    open_as(page, member, "ko")
    expect(page.locator(TITLE)).to_have_text(EXPLORER)
    # what an extension of the editor's own contributes, once extensions have started
    expect(saved(page)).to_be_visible(timeout=60_000)
    page.keyboard.press("F1")
    page.locator(".quick-input-widget input.input").fill(f">{COMMAND}")
    expect(page.get_by_role("option").filter(has_text=COMMAND).first).to_be_visible(timeout=60_000)
    # nor has it looked for texts in Open VSX, which this browser does not reach
    assert wrong == []
    open_as(page, member, "en")
    expect(page.locator(TITLE)).to_have_text("Explorer", ignore_case=True)
    profile.close()


@pytest.mark.parametrize(
    ("opened_in", "browser_has", "chosen", "is_korean"),
    [
        ("ko", "en-US", "", True),
        ("en", "ko-KR", "", False),
        ("ja", "ko-KR", "", False),
        ("ko", "ko-KR", '{"locale": "en"}', False),
        ("en", "en-US", '{"locale": "ko"}', True),
        # the member wrote nonsense
        ("ko", "ko-KR", "{", True),
    ],
)
def test_the_page_decides_unless_the_member_has_chosen(
    member: Member, opened_in: str, browser_has: str, chosen: str, is_korean: bool
) -> None:
    member.enter(language=opened_in)
    choose(member, chosen)
    assert (messages(member, browser_has) is not None) == is_korean


def test_a_browser_gets_one_set_of_texts_compressed_and_keeps_it(member: Member) -> None:
    member.enter(language="ko")
    choose(member, "")
    address = messages(member, "en-US")
    assert address
    answer = member.get(address, **{"Accept-Encoding": "gzip"})
    assert EXPLORER in answer.text
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "nls.messages.js" not in member.get(PAGE).text.replace(address[1:], "")
    # it was made when the image was built, and not in the home
    assert "clp" not in member.slot.run(f"ls {DATA}").split()


def messages(member: Member, browser_has: str) -> str | None:
    """The address of the Korean texts in the editor's page."""
    page = member.get(PAGE, **{"Accept-Language": browser_has})
    assert page.status_code == 200
    found = re.search(r'src="(stable-\w+/static/out/language_pack/[^"]+)"', page.text)
    return f"/{found[1]}" if found else None


def choose(member: Member, chosen: str) -> None:
    """As the editor's command *Configure Display Language* does; "" for no choice."""
    file = f"{DATA}/User/argv.json"
    member.slot.run(f"mkdir -p {DATA}/User; rm -f {file}; [ -z '{chosen}' ] || printf '%s' '{chosen}' > {file}")


def open_as(page: Page, member: Member, opened_in: str) -> None:
    """Opens the editor as from a page in the language `opened_in`."""
    member.enter(language=opened_in)
    admit(page.context, member)
    page.goto(f"http://{member.slot.host}{PAGE}")
    expect_editor(page)
