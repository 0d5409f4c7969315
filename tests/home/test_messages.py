"""The agent takes manifests and the control plane's answers whole and with the right types, or not at all."""

import asyncio
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import aiohttp
import jwt
import pytest
from agent.control_plane.exchange import ControlPlane, Head
from agent.control_plane.tokens import RELEASE, InvalidToken, Verifier
from agent.errors import CorruptState, Unreachable
from agent.state.manifest import Layer, Manifest, Tier, decode
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LAYER = Layer("work", "whole", "workspaces/w/1-b/1-work.tar.zst", "00" * 32, 10, 20, 1, 5)
MANIFEST = Manifest("w", 1, "b", 1, None, {"work": Tier(5, 1)}, (LAYER,))
HEAD = {"snapshot": "1-b-1", "manifest": "m", "sha256": "00", "bytes": 5, "files": 1, "at": 1700000000}
ANSWER = {
    "now": 1700000000,
    "directive": "run",
    "interval": 20,
    "lease": 90,
    "token": "t",
    "idle_at": None,
    "head": HEAD,
    "storage": {"endpoint": "e", "bucket": "b", "prefix": "p", "token": None, "of tomorrow": 1},
    "storage_use": {"state": "ok", "used": 5},
    "window_key": urlsafe_b64encode(bytes(32)).decode(),
    "of tomorrow": 1,
}


def changed(value: Any, *way: str | int, to: object) -> bytes:
    copy = json.loads(json.dumps(value))
    inner = copy
    for name in way[:-1]:
        inner = inner[name]
    inner[way[-1]] = to
    return json.dumps(copy).encode()


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert decode(MANIFEST.encode()) == MANIFEST
    assert "inconsistent" not in MANIFEST.encode().decode()
    torn = replace(MANIFEST, inconsistent=("a.db",), inconsistent_unnamed=5)
    assert decode(torn.encode()) == torn


@pytest.mark.parametrize(
    ("way", "to"),
    [
        (("version",), 3),
        (("layers", 0, "bytes"), "10"),
        (("layers", 0, "entries"), None),
        (("layers", 0, "kind"), 1),
        (("layers",), {}),
        (("tiers", "work"), [5, 1]),
        (("tiers",), {"of tomorrow": {"bytes": 5, "files": 1}}),
        (("inconsistent",), [1]),
        (("epoch",), True),
    ],
    ids=repr,
)
def test_a_manifest_of_wrong_types_is_corrupt(way: tuple[str | int, ...], to: object) -> None:
    with pytest.raises(CorruptState):
        decode(changed(json.loads(MANIFEST.encode()), *way, to=to))


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"[" * 100_000, b"null"], ids=lambda text: repr(text[:8]))
def test_what_is_no_manifest_is_corrupt(text: bytes) -> None:
    with pytest.raises(CorruptState):
        decode(text)


async def told(body: bytes) -> Any:
    """The agent's reading of a heartbeat's answer."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body)

    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        async with aiohttp.ClientSession() as http:
            return await ControlPlane(http, f"http://{host}:{port}/").post({}, "token")
    finally:
        await runner.cleanup()


def test_an_answer_of_yesterday_or_tomorrow_is_taken() -> None:
    answer = asyncio.run(told(json.dumps(ANSWER).encode()))
    assert answer.head == Head("1-b-1", "m", "00", 5, 1, 1700000000.0, ())
    assert (answer.now, answer.window_key, answer.deadline, answer.after_loss) == (1700000000.0, bytes(32), None, False)
    assert (answer.storage_use.used, answer.storage_use.limit, answer.signed_out) == (5, None, ())


@pytest.mark.parametrize(
    ("way", "to"),
    [
        (("now",), "soon"),
        (("token",), None),
        (("head", "first"), [1]),
        (("head", "bytes"), "5"),
        (("storage",), None),
        (("storage_use", "limit"), "none"),
        (("window_key",), "short"),
        (("window_key",), 1),
        (("signed_out",), "browser"),
    ],
    ids=repr,
)
def test_an_answer_of_wrong_types_is_none(way: tuple[str | int, ...], to: object) -> None:
    with pytest.raises(Unreachable):
        asyncio.run(told(changed(ANSWER, *way, to=to)))


CLAIMS = {"iss": "ondol", "aud": "slot:s", "sid": "a", "epoch": 3, "iat": 1, "exp": 9_999_999_999, "boot": "b"}


@pytest.mark.parametrize(("changed", "is_valid"), [({}, True), ({"epoch": "3"}, False), ({"sid": 1}, False)], ids=repr)
def test_a_token_with_claims_of_wrong_types_is_none(changed: dict[str, object], is_valid: bool) -> None:
    key = Ed25519PrivateKey.generate()
    token = jwt.encode(CLAIMS | changed, key, "EdDSA", headers={"typ": RELEASE, "kid": "k"})
    verifier = Verifier({"k": key.public_key()}, "s")
    if is_valid:
        claims = verifier.verify(token, RELEASE)
        assert (claims.sid, claims.epoch, claims.boot, claims.wid, claims.expires) == ("a", 3, "b", "", 9_999_999_999.0)
    else:
        with pytest.raises(InvalidToken):
            verifier.verify(token, RELEASE)
