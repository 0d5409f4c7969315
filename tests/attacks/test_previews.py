"""The member's own page under the editor's port preview: it shares the editor's origin, and may still not own it."""

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.attacks.hostile_pages import post_form, profile, site, slot_cookies
from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import COOKIE, Member, opened
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

HOSTILE = """
import http.server
COOKIES = [
    "{cookie}=planted; Secure; HttpOnly; Path=/; SameSite=Lax",
    "{cookie}=planted; Secure; Path=/",
    "{cookie}=planted; Path=/; Secure; Max-Age=0",
    " {cookie} =planted; Path=/; secure",
    "{cookie}=planted; Path=/; Domain=localhost; Secure",
    "=" + "{cookie}=planted; Path=/; Secure",
    "{lower}=planted; Path=/; Secure",
    "kept=yes; Path=/",
]
class Hostile(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(302 if "away" in self.path else 200)
        self.send_header("Content-Type", "text/javascript" if ".js" in self.path else "text/html")
        self.send_header("Service-Worker-Allowed", "/")
        self.send_header("Clear-Site-Data", '"cookies", "storage"')
        if "away" in self.path:
            self.send_header("Location", "//evil.example/")
        for cookie in COOKIES:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()
        self.wfile.write(b"" if ".js" in self.path else b"<!doctype html><title>hostile</title>")
    def log_message(self, *args):
        pass
http.server.HTTPServer(("127.0.0.1", {port}), Hostile).serve_forever()
"""
TAKE_HOLD = """async (attempts) => {
    const taken = []
    for (const [script, scope] of attempts)
        await navigator.serviceWorker.register(script, scope ? {scope} : {}).then(
            worker => taken.push(script + " holds " + worker.scope), () => {})
    return taken
}"""
SET_COOKIES = """(name) => {
    for (const more of ["; Secure; Path=/", "; Secure; Path=/; Max-Age=0", "; Secure; Path=/; Domain=localhost"])
        document.cookie = name + "=planted" + more
    return document.cookie
}"""
CALL = """async ([path, method]) => (await fetch(path, {method, body: method == "POST" ? "{}" : undefined})).status"""

NO_PORTS = (
    "0", "65536", "99999", "655350", "-1", "+{port}", "0{port}", "0x{hex}", "1e4", "{port}.0", "{port}x", "x{port}",
    "{port}@evil.example", "x@evil.example", "evil.example:{port}", "{port}:{port}", "127.0.0.1", "127.0.0.1:{port}",
    "localhost", "[::1]:{port}", "::1", "http://127.0.0.1:{port}", "%20{port}", "{port}%20", "%3{first}{rest}",
    "{port}%2f", "{port}%5c", "{port}\\\\x", "{port};x", "{port}%00", "{port}%0d%0aX-Injected:%20yes", "..%2f{port}",
    ".", "..", "",
)  # fmt: skip
"""What stands where a port should. Whatever the editor would make of it, it is not asked."""


@pytest.fixture(scope="module")
def port(standing: Member) -> int:
    return serve(standing)


def serve(member: Member) -> int:
    """Serves the hostile page in the workspace; its port."""
    port = free_port()
    program = HOSTILE.format(port=port, cookie=COOKIE, lower=COOKIE.lower())
    member.slot.run(f"cat >hostile.py <<'END'\n{program}\nEND\nnohup python3 hostile.py >/dev/null 2>&1 &")
    until(lambda: member.get(f"/proxy/{port}/").status_code == 200, "the hostile page is served")
    return port


def test_a_preview_is_of_a_port_and_of_nothing_else(standing: Member, port: int) -> None:
    digits = str(port)
    for base in ("proxy", "absproxy"):
        assert status(standing, f"/{base}/{port}/") == 200
        for form in NO_PORTS:
            name = form.format(port=port, hex=f"{port:x}", first=digits[0], rest=digits[1:])
            for path in (f"/{base}/{name}", f"/{base}/{name}/", f"/{base.upper()}/{name}/", f"//{base}/{name}/"):
                assert status(standing, path) in (400, 404), path
        for path in (f"/{base.upper()}/{port}/", f"//{base}/{port}/", f"/./{base}/{port}/", f"/{base}/0/../../x"):
            assert status(standing, path) in (400, 404), path
    assert not standing.slot.events("editor-ended")


def test_no_address_of_the_slot_leads_to_another_site(standing: Member, port: int) -> None:
    for path in (
        "//evil.example", "//evil.example/", "//evil.example/..", "//evil.example/%2e%2e", "/\\evil.example",
        "/%2f%2fevil.example/", "/%5cevil.example", "/@evil.example", "/.evil.example", "/_static//evil.example/..%2f",
        "//evil.example/_static/out", "/_static/out", "/login?to=//evil.example", "/logout?to=https://evil.example",
        "/logout?base=//evil.example&href=https://evil.example", "/?to=//evil.example", "/vscode", "//vscode",
        "/vscode//evil.example", "/?folder=//evil.example", f"/proxy/{port}", f"/proxy/{port}/away",
        f"/proxy/{port}//evil.example", f"/proxy/{port}@evil.example/away",
    ):  # fmt: skip
        _, headers = answer(standing, path)
        for name, value in headers:
            if name in ("location", "refresh"):
                site = urlsplit(value.replace("\\", "/"))
                assert (site.scheme, site.netloc) in (("", ""), ("http", standing.slot.host)), f"{path}: {value}"


def test_no_preview_leads_to_the_agent(standing: Member, port: int) -> None:
    own = standing.slot.port
    for path in (
        f"/proxy/{port}/../../may-enter", f"/proxy/{port}/..%2f..%2fmay-enter", f"/proxy/{own}/may-enter",
        f"/proxy/{own}/closed", f"/proxy/{own}/_slot/may-enter", f"/absproxy/{own}/_slot/health",
        f"/proxy/{own}/", f"/proxy/{own}/?folder=/home/member",
    ):  # fmt: skip
        assert status(standing, path) in (401, 404), path
    for endpoint in ("attach", "release"):
        bearer = {"Authorization": f"Bearer {standing.cookie}"}
        assert standing.post(endpoint, headers={**bearer, "Host": standing.slot.host}, json={}).status_code == 401


def test_a_hostile_page_takes_hold_of_nothing(
    start: Callable[..., Container], plane: ControlPlane, browser: Browser
) -> None:
    with site() as origin, profile(browser) as context:
        member = opened(start(PAGE_ORIGIN=origin), plane)
        slot, page = f"http://{member.slot.host}", context.new_page()
        page.goto(origin)
        post_form(page, f"{slot}/_slot/enter", token=plane.enter_token(), folder="/home/member")
        [member.cookie] = own = slot_cookies(context, slot)
        port = serve(member)

        page.goto(f"{slot}/proxy/{port}/")
        assert page.title() == "hostile"
        workers = [(f"/{base}/{port}/worker.js", scope) for base in ("proxy", "absproxy") for scope in ("/", None)] + [
            (f"/_static/../proxy/{port}/worker.js", "/"),
            (f"/_static/..%2fproxy/{port}/worker.js", "/"),
            (f"/%70roxy/{port}/worker.js", "/"),
            ("/_static/out/browser/serviceWorker.js", "/"),
            ("/vscode-remote-resource?path=/home/member/worker.js", "/"),
        ]
        assert page.evaluate(TAKE_HOLD, workers) == []
        assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0

        assert COOKIE not in page.evaluate(SET_COOKIES, COOKIE)
        assert "kept=yes" in page.evaluate("document.cookie"), "a page's own cookies stay"
        assert slot_cookies(context, slot) == own
        for path, method, refused in (
            ("/_slot/enter", "POST", 403), ("/_slot/attach", "POST", 401), ("/_slot/release", "POST", 401),
            ("/may-enter", "GET", 404), ("/_slot/may-enter", "GET", 404),
        ):  # fmt: skip
            assert page.evaluate(CALL, [path, method]) == refused, path
        answered = page.goto(f"{slot}/?folder=/home/member", wait_until="commit")
        assert answered is not None
        assert (answered.status, answered.from_service_worker) == (200, False)


def status(member: Member, path: str) -> int:
    return answer(member, path)[0]


def answer(member: Member, path: str) -> tuple[int, list[tuple[str, str]]]:
    """Status and headers. `path` goes out as it is written: no client has the chance to mend it."""
    request = f"GET {path} HTTP/1.1\r\nHost: {member.slot.host}\r\nCookie: {COOKIE}={member.cookie}\r\n"
    with socket.create_connection(("127.0.0.1", member.slot.port), timeout=30) as browser:
        browser.sendall(f"{request}Connection: close\r\n\r\n".encode())
        head = b"".join(iter(lambda: browser.recv(65536), b"")).partition(b"\r\n\r\n")[0].decode()
    line, *rest = head.split("\r\n")
    headers = [(name.lower(), value.strip()) for name, _, value in (header.partition(":") for header in rest)]
    return int(line.split()[1]), headers
