"""A program of the member's behind a preview: what it is asked, and that what it answers arrives as it was sent."""

import pytest
from agent.edge.listening import IPV4, IPV6, listeners

from tests.slot.edge.previewed import HOST, ORIGIN, Visitor, serve
from tests.support.slot.endpoints import UPGRADE
from tests.support.slot.member import COOKIE, NAVIGATION, PAGE_ORIGIN, Member
from tests.support.stack.observe import until
from tests.support.standins.process import free_port

TABLE = b"""  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1435 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 11 1
   1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 12 1
   2: 0100007F:0BB8 0100007F:9C40 01 00000000:00000000 00:00000000 00000000  1000        0 13 1
   3: 0100007F:0BB9 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 14 1
"""
TABLE6 = b"""  sl  local_address                         remote_address                        st tx_queue
   0: 00000000000000000000000001000000:1435 00000000000000000000000000000000:0000 0A 0 0 0 0 0
   1: 0000000000000000FFFF00000100007F:1436 00000000000000000000000000000000:0000 0A 0 0 0 0 0
"""


def test_who_listens_on_a_port_is_read_from_the_kernels_table() -> None:
    lines, lines6 = TABLE.splitlines(), TABLE6.splitlines()
    assert listeners(lines, 5173) <= IPV4
    assert listeners(lines, 80) <= IPV4
    assert listeners(lines, 3000) == set(), "a connection is no listener"
    assert listeners(lines, 3001) == set(), "those that listen come first"
    assert listeners(lines6, 5173) <= IPV6
    assert listeners(lines6, 5174) <= IPV4


@pytest.fixture(scope="module")
def port(standing: Member) -> int:
    return serve(standing)


@pytest.fixture
def visitor(standing: Member) -> Visitor:
    return Visitor(standing)


@pytest.mark.parametrize("kind", ["text/event-stream", "text/html", "application/x-ndjson"])
@pytest.mark.parametrize("base", ["proxy", "absproxy"])
def test_each_line_of_a_stream_arrives_before_the_next_is_sent(
    visitor: Visitor, port: int, base: str, kind: str
) -> None:
    with visitor.stream(f"/{base}/{port}/steps?{kind}", **{"Accept-Encoding": "gzip, deflate, br"}) as answer:
        assert answer.headers["Content-Type"] == kind
        lines = (line for line in answer.iter_lines() if line)
        for number in range(6):
            assert next(lines) == f"data: {number}"
            visitor.get(f"/proxy/{port}/step")
        assert list(lines) == []


def test_large_headers_of_an_answer_arrive(visitor: Visitor, port: int) -> None:
    cookies = visitor.get(f"/proxy/{port}/large").raise_for_status().headers.get_list("Set-Cookie")
    assert [len(cookie) for cookie in cookies] == [3507] * 10 + [3508] * 2


def test_a_program_is_asked_by_its_own_name_and_for_exactly_the_path(visitor: Visitor, port: int) -> None:
    for sent in ("/", "//a//b", "/a%2Fb/%E2%98%83?x=%2F//", "/a;b/../c", "/?x"):
        assert visitor.told(f"/proxy/{port}{sent.replace('/../', '/%2e%2e/')}")["path"] == sent.replace(
            "/../", "/%2e%2e/"
        )
        assert visitor.told(f"/absproxy/{port}{sent}")["path"].startswith(f"/absproxy/{port}")
    told = visitor.told(f"/proxy/{port}/x", Origin=ORIGIN, Referer=f"{ORIGIN}/proxy/{port}/a?b")["headers"]
    own = f"localhost:{port}"
    assert (told["Host"], told["Origin"], told["Referer"]) == (own, f"http://{own}", f"http://{own}/a?b")
    assert not {name for name in told if name.lower().startswith(("x-forwarded", "forwarded", "x-preview"))}
    foreign = visitor.told(f"/proxy/{port}/x", Origin="https://evil.example", Referer="https://evil.example/a")
    assert foreign["headers"]["Origin"] == "https://evil.example", "a program's own check of origins still works"
    assert foreign["headers"]["Referer"] == "https://evil.example/a"


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("/next?a=b", "/proxy/{port}/next?a=b"),
        ("//evil.example/", "/proxy/{port}//evil.example/"),
        ("http://localhost:{port}/next", "/proxy/{port}/next"),
        ("http://127.0.0.1:3000/next", "/proxy/3000/next"),
        ("http://localhost:{port}/absproxy/{port}/next", "/absproxy/{port}/next"),
        ("/proxy/{port}/next", "/proxy/{port}/next"),
        ("next", "next"),
        (
            "https://accounts.example/?to=http://localhost:{port}/",
            "https://accounts.example/?to=http://localhost:{port}/",
        ),
    ],
)
def test_a_redirect_stays_in_the_preview(visitor: Visitor, port: int, location: str, leads_to: str) -> None:
    answer = visitor.get(f"/proxy/{port}/away?{location.format(port=port)}")
    assert answer.headers["Location"] == leads_to.format(port=port)


def test_a_port_without_its_slash_leads_to_its_page(visitor: Visitor, port: int) -> None:
    answer = visitor.get(f"/proxy/{port}?a=b")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"/proxy/{port}/?a=b")


def test_a_program_on_ipv6_alone_is_found_and_none_is_told_in_both_languages(standing: Member) -> None:
    visitor, port = Visitor(standing), serve(standing, "::1")
    assert visitor.told(f"/proxy/{port}/")["headers"]["Host"] == f"localhost:{port}"
    nobody = free_port()
    answer = visitor.get(f"/proxy/{nobody}/", **NAVIGATION)
    assert answer.status_code == 502
    assert f"Nothing answers on port {nobody}" in answer.text
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "개발 서버를 시작한" in visitor.get(f"/proxy/{nobody}/", **{"Accept-Language": "ko"}).text


def test_what_a_page_asks_for_at_the_root_is_found_at_its_port(visitor: Visitor, port: int) -> None:
    for base in ("proxy", "absproxy"):
        answer = visitor.get("/src/main.js?t=1", Referer=f"{ORIGIN}/{base}/{port}/")
        assert (answer.status_code, answer.headers["Location"]) == (307, f"/proxy/{port}/src/main.js?t=1")
    for foreign in (f"https://evil.example/proxy/{port}/", f"{ORIGIN}/", f"{ORIGIN}/?x=/proxy/{port}/", "/proxy/1/"):
        assert visitor.get("/src/main.js", Referer=foreign).status_code == 404, foreign
    from_preview = {"Referer": f"{ORIGIN}/proxy/{port}/"}
    for own in ("/?folder=/home/member", "/_slot/health", "/_static/out/browser/serviceWorker.js"):
        assert visitor.get(own, **from_preview).status_code == 200, own


def test_a_page_that_lost_its_port_by_a_router_is_told_what_to_set(standing: Member, port: int) -> None:
    page = Visitor(standing).get(f"/proxy/{port}/", **NAVIGATION)
    own = f"{COOKIE}={standing.cookie}; {page.headers['Set-Cookie'].partition(';')[0]}"
    visitor = Visitor(standing, Cookie=own)
    for path in ("/about", "/users/7?tab=posts"):
        for where in ("document", "iframe"):
            answer = visitor.get(path, **{**NAVIGATION, "Sec-Fetch-Dest": where})
            assert answer.status_code == 404
            assert f"--base /absproxy/{port}/" in answer.text, path
            assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    korean = visitor.get("/about", **NAVIGATION, **{"Accept-Language": "ko-KR"}).text
    assert f"{port}번 포트" in korean
    assert "absproxy" not in visitor.get("/about").text, "it is no page that is loaded"
    assert "absproxy" not in Visitor(standing).get("/about", **NAVIGATION).text, "nothing was previewed"
    for path in ("/", "/?folder=/home/member", "/healthz"):
        assert visitor.get(path, **NAVIGATION).status_code in (200, 302), path
    cookie = own.partition("; ")[2]
    assert Visitor(standing, Cookie=cookie).get("/about", **NAVIGATION).status_code == 401, "a stranger learns nothing"


def test_a_websocket_at_the_root_is_the_last_previews_and_never_the_editors(standing: Member, port: int) -> None:
    page = Visitor(standing).get(f"/proxy/{port}/", **NAVIGATION)
    cookie = page.headers["Set-Cookie"].partition(";")[0]
    assert cookie == f"ondol_preview={port}"
    own = {"Cookie": f"{COOKIE}={standing.cookie}; {cookie}", "Origin": ORIGIN, **UPGRADE}
    visitor = Visitor(standing, **own)
    for path in ("/?token=abc", "/ws", "/_next/webpack-hmr?id=1"):
        assert visitor.get(path).headers["X-Path"] == path
    editor = visitor.get("/?reconnectionToken=11111111-2222-3333-4444-555555555555&reconnection=false")
    assert editor.status_code == 101
    assert "X-Path" not in editor.headers
    assert visitor.get("/ws", Origin="https://evil.example").status_code == 403
    stranger = Visitor(standing, **{**own, "Cookie": cookie})
    assert stranger.get("/ws").status_code == 401


def test_a_program_tells_nginx_nothing(visitor: Visitor, port: int) -> None:
    answer = visitor.get(f"/proxy/{port}/inwards")
    assert (answer.status_code, answer.text) == (200, "")


def test_what_the_cloud_does_not_pass_on_is_told_in_both_languages(visitor: Visitor, port: int) -> None:
    fits = visitor.request("POST", f"/proxy/{port}/", content=b"x" * 2**25)
    assert fits.json()["length"] == 2**25
    for body in (b"x" * (2**25 + 1), iter([b"x" * 2**20] * 34)):
        refused = visitor.request("POST", f"/proxy/{port}/", content=body)
        assert refused.status_code == 413
        assert "takes at most 32 MiB" in refused.text
        assert "32MiB까지만" in refused.text


def test_cookies_of_many_programs_lock_nobody_out(standing: Member, port: int) -> None:
    def visitor(size: int, *more: str) -> Visitor:
        cookies = [f"app{number}={'x' * 2000}" for number in range(size // 2000)]
        return Visitor(standing, Cookie="; ".join([*cookies, *more, f"{COOKIE}={standing.cookie}"]), **NAVIGATION)

    for size in (8_000, 40_000):
        many = visitor(size)
        assert many.told(f"/proxy/{port}/")["headers"]["Cookie"].count("app") == size // 2000
        assert many.get("/?folder=/home/member").status_code == 200
        entered = many.request(
            "POST", "/_slot/enter", {"Origin": PAGE_ORIGIN}, data={"token": standing.plane.enter_token()}
        )
        assert entered.status_code == 303, entered.text
        standing.cookie = entered.cookies[COOKIE]
    for size in (60_000, 200_000):
        for path in ("/?folder=/home/member", f"/proxy/{port}/", "/_slot/enter"):
            told = visitor(size).request("POST" if "enter" in path else "GET", path)
            assert told.status_code == 431
            assert told.headers["Clear-Site-Data"] == '"cookies"'
            assert PAGE_ORIGIN in told.text
            assert "Too many cookies" in told.text
            assert "쿠키가 너무 많습니다" in told.text
    assert HOST not in told.text


def test_a_preview_that_is_open_is_a_browser_that_is_there(standing: Member, port: int) -> None:
    with Visitor(standing).stream(f"/proxy/{port}/steps") as answer:
        events = answer.iter_raw()  # kept: httpx hangs up when nobody reads on
        assert next(events)
        until(lambda: standing.plane.beats[-1].connected, "the control plane hears of it")
