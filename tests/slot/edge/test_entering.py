"""Who may come in, and what the member's own programs may not do at the door."""

import gzip
import re
from contextlib import ExitStack

import httpx
import pytest

from tests.slot.edge.previewed import Visitor, serve
from tests.support.slot.container import Container
from tests.support.slot.control_plane import ControlPlane
from tests.support.slot.member import COOKIE, NAVIGATION, PAGE_ORIGIN, Member, ends, opened


def test_whoever_has_no_cookie_gets_the_way_back_and_nothing_of_the_editor(
    slot: Container, plane: ControlPlane
) -> None:
    member = Member(slot, plane)
    for attached in (False, True):
        if attached:
            member.attach(plane.open()).raise_for_status()
        for path in ("/", "/?folder=/home/member", "/_static/out/browser/serviceWorker.js", "/proxy/3000/"):
            answer = member.get(path, **NAVIGATION)
            assert answer.status_code == 401
            assert PAGE_ORIGIN in answer.text
            assert answer.headers["Clear-Site-Data"] == '"cookies"', "the page's own script deletes the rest"
            policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
            assert (policy["default-src"], policy["frame-ancestors"]) == ("'none'", "'none'")
            assert re.fullmatch(r"'sha256-\S+'", policy["script-src"]), "no script but the page's own runs"
    member.cookie = "guessed"
    answer = member.get("/style.css", **{"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style"})
    assert answer.status_code == 401
    assert "Clear-Site-Data" not in answer.headers, "a stray request of an open editor must not sign it out"
    assert "작업 공간" in member.get("/", **{"Accept-Language": "ko-KR,ko;q=0.9"}).text


def test_a_token_of_the_page_opens_the_editor_once(slot: Container, plane: ControlPlane) -> None:
    member = opened(slot, plane)
    token = plane.enter_token()

    elsewhere = member.post_form(token, origin="https://evil.example")
    assert elsewhere.status_code == 403
    assert elsewhere.json()["type"].endswith("/wrong-origin")

    entered = member.post_form(token)
    assert entered.status_code == 303
    assert entered.headers["Location"] == "/?folder=%2Fhome%2Fmember"
    cookie = entered.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie

    again = member.post_form(token)
    assert again.status_code == 401
    assert "Set-Cookie" not in again.headers
    assert member.post_form("nonsense").status_code == 401

    form = gzip.compress(b"token=" + plane.enter_token().encode())
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
    headers = {"Host": slot.host, "Origin": PAGE_ORIGIN, **kind}
    packed = httpx.post(f"{slot.url}/_slot/enter", content=form, headers=headers, timeout=30)
    assert packed.status_code == 401, "nothing that anybody sends is decompressed"

    member.enter()
    editor = member.get("/?folder=/home/member")
    assert editor.status_code == 200
    assert "workbench" in editor.text
    assert "frame-ancestors 'self'" in editor.headers.get_list("Content-Security-Policy")


def test_the_folder_stays_in_the_home(member: Member) -> None:
    for asked, given in {
        "/home/member/project": "/home/member/project",
        "project": "/home/member/project",
        "/mnt/user-00000000000000000001/project": "/mnt/user-00000000000000000001/project",
        "/etc": "/home/member",
        "/home/member/../../etc": "/home/member",
        "/home/member-of-another": "/home/member",
        "": "/home/member",
    }.items():
        answer = member.post_form(member.plane.enter_token(), folder=asked)
        assert answer.headers["Location"] == "/?folder=" + given.replace("/", "%2F")


def test_only_the_four_endpoints_are_reachable(member: Member) -> None:
    for path in ("/_slot/", "/_slot/may-enter", "/_slot/health/x", "/proxy/../_slot/closed"):
        assert member.get(path).status_code == 404
    assert member.get("/may-enter").status_code == 404
    assert member.get("/_slot/attach").status_code == 405


def test_requests_for_the_control_plane_need_its_token_and_exactly_their_fields(
    slot: Container, plane: ControlPlane
) -> None:
    member = Member(slot, plane)
    session = plane.open()
    bearer = {"Authorization": f"Bearer {plane.attach_token(session)}"}
    url = {"heartbeat_url": plane.url}
    assert member.post("attach", json=url).status_code == 401
    assert member.post("attach", json=url, headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    assert member.post("attach", json={**url, "more": 1}, headers=bearer).status_code == 400
    assert member.post("attach", json={"heartbeat_url": 7}, headers=bearer).status_code == 400
    assert member.post("attach", content=b"{", headers=bearer).status_code == 400
    assert member.post("attach", content=b" " * 20_000, headers=bearer).status_code == 413
    assert member.post("attach", json=url, headers=bearer).status_code == 200


def test_a_members_program_sees_no_cookie_and_takes_no_hold_of_the_origin(member: Member) -> None:
    port = member.serve_echo()
    plain = member.get(f"/proxy/{port}/", Cookie=f"a=1; {COOKIE}={member.cookie}; b=2")
    assert plain.status_code == 200
    assert "a=1" in plain.text
    assert "b=2" in plain.text
    assert COOKIE not in plain.text
    assert "Service-Worker-Allowed" not in plain.headers
    for cookies in (f"{COOKIE}={member.cookie}; {COOKIE}={member.cookie}", f"a=1,{COOKIE}=x; {COOKIE}={member.cookie}"):
        twice = member.get(f"/proxy/{port}/", Cookie=cookies)
        assert COOKIE not in twice.text
    worker = {"Service-Worker": "script"}
    assert member.get(f"/proxy/{port}/sw.js", **worker).status_code == 404
    assert member.get(f"/_static/../proxy/{port}/sw.js", **worker).status_code == 404
    assert member.get("/_static/out/browser/serviceWorker.js", **worker).status_code == 200


def test_the_home_has_its_second_name_and_the_tools_of_a_developer(member: Member) -> None:
    said = member.slot.run(
        """
        echo kept > note
        cat /mnt/user-00000000000000000001/note
        echo 'int main(void) { return 7; }' > seven.c
        cc seven.c -o seven
        ./seven || echo "compiled $?"
        ls /opt/ondol/bin/node /opt/ondol/bin/npm
        for tool in git python3 pip make curl wget ssh jq less nano vi unzip zip file ps; do
            command -v "$tool" >/dev/null || echo "missing: $tool"
        done
        """
    )
    assert said.splitlines() == ["kept", "compiled 7", "/opt/ondol/bin/node", "/opt/ondol/bin/npm"]


def test_a_members_program_can_reach_neither_the_agent_nor_its_environment(member: Member) -> None:
    said = member.slot.run(
        """
        id
        ls /run/ondol 2>&1 || true
        for pid in $(pgrep -f 'python -m agent'); do cat /proc/$pid/environ 2>&1 || true; done
        grep -h NoNewPrivs $(ls -d /proc/[0-9]*/status) | sort -u
        for pid in $(pgrep -u member -f editor/start.cjs); do
            tr '\\0' '\\n' </proc/$pid/environ
            cat /proc/$pid/oom_score_adj
        done
        """
    )
    assert "uid=1000(member) gid=1000(member)" in said
    assert "Permission denied" in said
    assert "CONTROL_PLANE_KEY" not in said
    assert "ONDOL_EDITOR_SOCKET" in said
    assert "600" in said.splitlines()


def test_signing_out_in_a_browser_ends_what_it_entered_and_leaves_the_others(
    slot: Container, plane: ControlPlane
) -> None:
    plane.lease = 6.0  # a heartbeat each two seconds
    member = opened(slot, plane)
    cookies = {}
    for browser in ("a" * 20, "b" * 20):
        entered = member.post_form(plane.enter_token(browser=browser))
        assert entered.status_code == 303
        cookies[browser] = entered.cookies[COOKIE]
    assert len(set(cookies.values())) == 2, "each has a cookie of its own"
    one, other = (member_with(member, cookie) for cookie in cookies.values())
    late = plane.enter_token(browser="a" * 20)
    with one.open_websocket() as cut:
        assert (one.get("/healthz").status_code, other.get("/healthz").status_code) == (200, 200)
        plane.sign_out("a" * 20)
        assert ends(cut), "what it holds open is cut"
    answer = one.get("/", **NAVIGATION)
    assert (answer.status_code, PAGE_ORIGIN in answer.text) == (401, True)
    assert other.get("/healthz").status_code == 200
    assert member.post_form(late).status_code == 401, "nor does a token from before let it in again"
    for forged in (f"{'b' * 20}.{cookies['a' * 20].partition('.')[2]}", cookies["b" * 20].upper(), "b" * 20, ".", ""):
        assert member_with(member, forged).get("/", **NAVIGATION).status_code == 401, forged


def test_a_sign_in_that_was_ended_is_let_in_by_no_name_of_a_browser(slot: Container, plane: ControlPlane) -> None:
    """Who has copied it makes up another browser's id; what they hold open is cut, as the member's own is."""
    plane.lease = 6.0
    member = opened(slot, plane)
    cookies = []
    for browser, sign_in in (("a" * 20, "1764000000"), ("c" * 20, "1764000000"), ("b" * 20, "1764000099")):
        cookies.append(member.post_form(plane.enter_token(browser=browser, sign_in=sign_in)).cookies[COOKIE])
    own, copied, other = (member_with(member, cookie) for cookie in cookies)
    late = plane.enter_token(browser="d" * 20, sign_in="1764000000")
    program = serve(other)
    with ExitStack() as held:
        websocket = held.enter_context(copied.open_websocket())
        streams = [
            held.enter_context(Visitor(each).stream(f"/proxy/{program}/steps")).iter_raw() for each in (own, copied)
        ]
        assert [next(stream) for stream in streams] == [b"data: 0\n\n"] * 2
        plane.sign_out("1764000000")
        assert ends(websocket), "the editor's connection is cut"
        for stream in streams:
            with pytest.raises(httpx.RemoteProtocolError):
                list(stream)
    assert [each.get("/healthz").status_code for each in (own, copied, other)] == [401, 401, 200]
    assert member.post_form(late).status_code == 401
    swapped = cookies[1].replace("1764000000", "1764000099")
    for forged in (swapped, cookies[1].replace(".1764000000", ""), cookies[1].replace("1764000000", "")):
        assert member_with(member, forged).get("/", **NAVIGATION).status_code == 401, forged


def member_with(member: Member, cookie: str) -> Member:
    """The same member in a browser that has this cookie."""
    browser = Member(member.slot, member.plane)
    browser.cookie = cookie
    return browser
