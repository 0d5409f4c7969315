"""Another site's page, open in the same browser: it enters nobody anywhere, sees nothing and frames nothing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.attacks.hostile_pages import post_form, profile, site, slot_cookies
from tests.support.members.person import Person, problem
from tests.support.slot.container import Container
from tests.support.slot.control_plane import SECOND, ControlPlane
from tests.support.slot.endpoints import SOCKET, UPGRADE
from tests.support.slot.member import PAGE_ORIGIN, Member, opened
from tests.support.stack.running import Running

OTHERS = {
    "nobody": None,
    "a page of no origin": "null",
    "an empty one": "",
    "another site": "https://evil.example",
    "one that ends alike": "http://evil-{host}",
    "one that begins alike": "{own}.evil.example",
    "one with the right name before the at sign": "{own}@evil.example",
    "one with the right name behind the at sign": "http://evil@{host}",
    "another port": "http://{name}:1",
    "no port": "http://{name}",
    "one port digit more": "{own}0",
    "another scheme": "https://{host}",
    "a scheme that is no web": "ftp://{host}",
    "the right one with a slash": "{own}/",
    "the right one with a path": "{own}/x",
    "the right one in capitals": "HTTP://{upper}",
    "two of which the first is right": "{own} https://evil.example",
    "two of which the second is right": "https://evil.example, {own}",
    "a wild card": "*",
}
"""Origins as a request may name them; `own` is the one that would be right, `host` and `name` are parts of it."""


def others(own: str) -> Iterator[tuple[str, dict[str, str]]]:
    host = own.partition("://")[2]
    for whose, form in OTHERS.items():
        if form is None:
            yield whose, {}
        else:
            named = form.format(own=own, host=host, name=host.partition(":")[0], upper=host.upper())
            yield whose, {"Origin": named}


def test_a_workspace_is_entered_from_the_page_and_from_nowhere_else(standing: Member) -> None:
    for whose, headers in others(PAGE_ORIGIN):
        form = {"token": standing.plane.enter_token(), "folder": "/home/member"}
        answer = standing.post("enter", data=form, headers=headers)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False), whose
        assert problem(answer) == "wrong-origin", whose
        # nor by a way that makes no form of it
        kind = {**headers, "Content-Type": "text/plain"}
        assert standing.post("enter", content=f"token={form['token']}", headers=kind).status_code == 403, whose
        assert standing.get(f"/_slot/enter?token={form['token']}", **headers).status_code == 405, whose
    assert standing.post_form(standing.plane.enter_token()).status_code == 303


def test_a_websocket_is_opened_by_the_slots_own_pages_and_by_no_other(standing: Member) -> None:
    own, port = f"http://{standing.slot.host}", standing.serve_echo()
    for path in (SOCKET, f"/proxy/{port}/", f"/absproxy/{port}/"):
        for whose, headers in others(own):
            answer = standing.get(path, **UPGRADE, **headers)
            assert answer.status_code == 403, f"{whose}: {path}"
        assert standing.get(path, **UPGRADE, Origin=PAGE_ORIGIN).status_code == 403, path
    # behind a front end that speaks TLS, the origin is the one that the browser sees
    outside = {"X-Forwarded-Proto": "https"}
    assert standing.get(SOCKET, **UPGRADE, **outside, Origin=own).status_code == 403
    assert standing.get(SOCKET, **UPGRADE, **outside, Origin=f"https://{standing.slot.host}").status_code == 101
    assert standing.get(SOCKET, **UPGRADE, Origin=own).status_code == 101


def test_no_answer_is_shared_with_another_origin(stack: Running, standing: Member) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "authorization, content-type"
    person = Person(stack, "shared")
    bearer = {"Authorization": f"Bearer {person.token}"}
    slot = [
        f"{standing.slot.url}{path}" for path in ("/", "/_slot/health", "/_slot/enter", "/_slot/attach", "/mint-key")
    ]
    names = ("login", "allocate", "release", "snapshots", "usage", "admin", "admin/plan")
    functions = [f"{stack.url}/api/{name}" for name in names]
    functions += [stack.at(name) for name in ("login", "heartbeat", "pool", "reclaim")]
    for url in (*slot, *functions, f"{stack.url}/config.json"):
        for method in ("OPTIONS", "POST", "GET"):
            answer = httpx.request(method, url, headers={**asked, **(bearer if "login" in url else {})}, timeout=60)
            assert not [name for name in answer.headers if name.startswith("access-control")], f"{method} {url}"


@dataclass(frozen=True)
class Victim:
    """Somebody whose browser is in the editor of their slot, and who now visits `evil`, another site."""

    context: BrowserContext
    page: Page
    member: Member
    slot: str
    evil: str


@pytest.fixture
def victim(start: Callable[..., Container], plane: ControlPlane, browser: Browser) -> Iterator[Victim]:
    with site() as origin, site() as evil, profile(browser) as context:
        member = opened(start(PAGE_ORIGIN=origin), plane)
        slot, page = f"http://{member.slot.host}", context.new_page()
        page.goto(origin)
        post_form(page, f"{slot}/_slot/enter", token=plane.enter_token(), folder="/home/member")
        [member.cookie] = slot_cookies(context, slot)
        # another site, not only another origin: cookies of localhost's are not 127.0.0.1's
        page.goto(evil)
        yield Victim(context, page, member, slot, evil)


def test_another_sites_page_opens_no_websocket_and_reads_no_answer(victim: Victim) -> None:
    open_socket = """(url) => new Promise(said => {
        const socket = new WebSocket(url)
        socket.onopen = () => said("open")
        socket.onerror = () => said("refused")
    })"""
    read = """([url, mode]) => fetch(url, {mode, credentials: "include"}).then(
        async answer => answer.type + " " + answer.status + " " + await answer.text(), () => "refused")"""
    socket = victim.slot.replace("http:", "ws:") + SOCKET
    assert victim.page.evaluate(open_socket, socket) == "refused"
    for path in ("/", "/mint-key", "/_slot/health", "/vscode-remote-resource?path=/etc/passwd"):
        assert victim.page.evaluate(read, [f"{victim.slot}{path}", "cors"]) == "refused"
        assert victim.page.evaluate(read, [f"{victim.slot}{path}", "no-cors"]) in ("opaque 0 ", "refused")
    # what would have gone through from the slot's own origin
    victim.page.goto(f"{victim.slot}/?folder=/home/member", wait_until="commit")
    assert victim.page.evaluate(open_socket, socket) == "open"
    assert "root:" in victim.page.evaluate(read, ["/vscode-remote-resource?path=/etc/passwd", "same-origin"])


def test_another_site_signs_nobody_in_with_a_token_of_the_attackers_own(
    victim: Victim, start: Callable[..., Container], plane: ControlPlane
) -> None:
    attacker = opened(start(PAGE_ORIGIN=victim.slot), plane, SECOND)
    theirs = f"http://{attacker.slot.host}"
    # into the attacker's workspace, where the victim's work would be the attacker's
    post_form(victim.page, f"{theirs}/_slot/enter", token=plane.enter_token(SECOND), folder="/home/member")
    assert "wrong-origin" in victim.page.content()
    # and into their own once more, from a page that is not the page
    victim.page.goto(victim.evil)
    post_form(victim.page, f"{victim.slot}/_slot/enter", token=plane.enter_token(), folder="/home/member")
    assert "wrong-origin" in victim.page.content()
    assert slot_cookies(victim.context, victim.slot) == [victim.member.cookie]


def test_neither_the_editor_nor_the_page_is_shown_inside_another_site(victim: Victim, stack: Running) -> None:
    frame = """(url) => new Promise(done => {
        const frame = Object.assign(document.createElement("iframe"), {src: url, onload: done})
        document.body.append(frame)
    }).then(() => undefined)"""
    for url in (f"{victim.slot}/?folder=/home/member", f"{victim.slot}/closed", f"{stack.url}/"):
        victim.page.goto(victim.evil)
        victim.page.evaluate(frame, url)
        [inner] = [each for each in victim.page.frames if each != victim.page.main_frame]
        inner.wait_for_url("chrome-error://**")
    victim.page.goto(victim.slot, wait_until="domcontentloaded")
    victim.page.evaluate(frame, f"{victim.slot}/healthz")
    assert victim.page.frames[-1].url == f"{victim.slot}/healthz", "the editor frames its own"
