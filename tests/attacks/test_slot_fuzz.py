"""Whatever comes to a slot's endpoints, with or without a good token, none of it makes an error of ours.

docs/protocol.md describes them in words, so it is hypothesis that makes up what is sent: bytes, and what looks right.
"""

import base64

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.slot.container import Container
from tests.support.slot.control_plane import SID
from tests.support.slot.endpoints import send
from tests.support.slot.member import COOKIE, PAGE_ORIGIN, Member

EXAMPLES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""The same examples in every run: a build does not fail by chance, and what was found stays found."""

DEEP = base64.urlsafe_b64encode(b'{"alg":' + b"[" * 2_500 + b"]" * 2_500 + b"}").rstrip(b"=")
HEADER_BYTES = st.binary(max_size=60).filter(lambda value: not set(value) & set(b"\r\n\0"))
SEGMENT = st.one_of(
    st.sampled_from([b"", b"e30", b"bnVsbA", b"W10", b"eyJhbGciOiJub25lIn0", b"eyJ0eXAiOlsxXX0", DEEP]),
    st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")),
)
TOKENS = st.one_of(HEADER_BYTES, st.lists(SEGMENT, min_size=1, max_size=4).map(b".".join))
KINDS = st.sampled_from(
    [
        b"application/x-www-form-urlencoded", b"application/x-www-form-urlencoded; charset=nothing", b"text/plain",
        b"multipart/form-data", b"multipart/form-data; boundary=a", b"application/json", b"application/json; charset=x",
        b"/", b"",
    ]
)  # fmt: skip
BODIES = st.one_of(
    st.sampled_from(
        [
            b"", b"{}", b"[]", b"null", b"NaN", b"9" * 5_000, b"[" * 15_000, b'{"heartbeat_url": null}', b"\xff\xfe",
            b'{"heartbeat_url": "file:///etc/passwd"}', b"token=%ff%fe&folder=%00", b"token=a&token=b", b"a&" * 2_000,
            b"--a\r\nContent-Disposition: form-data; name=token\r\nContent-Transfer-Encoding: x\r\n\r\n\r\n--a--",
        ]
    ),
    st.binary(max_size=200),
    TOKENS.map(lambda token: b"folder=%2e%2e&token=" + token),
)  # fmt: skip
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PROPFIND"])
PATHS = st.sampled_from(
    [
        "/_slot/attach",
        "/_slot/release",
        "/_slot/background-hold",
        "/_slot/enter",
        "/_slot/health",
        "/_slot/enter?cleared",
        "/_slot/project/repository",
        "/_slot/project/archive?offset=0",
        "/_slot/",
    ]
)


@EXAMPLES
@given(method=METHODS, path=PATHS, token=TOKENS, kind=KINDS, body=BODIES)
def test_what_a_stranger_sends_is_refused_and_is_no_error_of_ours(
    slot: Container, method: str, path: str, token: bytes, kind: bytes, body: bytes
) -> None:
    headers = {"Authorization": b"Bearer " + token, "Content-Type": kind, "Origin": PAGE_ORIGIN.encode()}
    status = send(slot, method, path, headers, body)
    allowed: tuple[int, ...] = (200,) if path == "/_slot/health" and method in ("GET", "HEAD") else ()
    if method == "OPTIONS" and path.startswith("/_slot/project/"):  # a browser asks so before the page may
        allowed = (204,)
    assert status in (*allowed, 307, 400, 401, 403, 404, 405, 409, 413), status


@EXAMPLES
@given(cookie=TOKENS, name=st.sampled_from([COOKIE, COOKIE.lower(), "__Host-workspace", "x"]), upgrade=st.booleans())
def test_no_cookie_is_an_error_of_ours(standing: Member, cookie: bytes, name: str, upgrade: bool) -> None:
    headers = {"Cookie": name.encode() + b"=" + cookie}
    if upgrade:
        headers |= {"Upgrade": b"websocket", "Origin": f"http://{standing.slot.host}".encode()}
    assert send(standing.slot, "GET", "/?folder=/home/member", headers) in (400, 401)


@EXAMPLES
@given(kind=KINDS, body=BODIES)
def test_with_a_good_token_a_body_of_another_form_is_refused(standing: Member, kind: bytes, body: bytes) -> None:
    tokens = {
        "attach": standing.plane.attach_token(standing.plane.sessions[SID]),
        "release": standing.plane.release_token(),
        "background-hold": standing.plane.background_hold_token(),
        "project/repository": standing.plane.project_token(),
        "project/sample": standing.plane.project_token(),
        "project/archive": standing.plane.project_token(),
    }
    for endpoint, token in tokens.items():
        if endpoint == "release" and body in (b"", b"{}"):
            continue  # that is its form
        headers = {"Authorization": f"Bearer {token}".encode(), "Content-Type": kind}
        assert send(standing.slot, "POST", f"/_slot/{endpoint}", headers, body) == 400, endpoint
