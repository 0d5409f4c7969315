"""What is sent to the Admin API, and what becomes of its refusals."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from shared.gcp.engines.cloud_run import NAME, CloudRun
from shared.policies import slot_shape
from shared.slots.engine import QuotaSpent, Verb, Write, WriteRefused
from tests.support.http_server import Handler, serving
from tests.support.records.factories import a_slot
from tests.support.stack.environment import SETTINGS, environment

SERVICES = "/v2/projects/demo-ondol/locations/asia-northeast3/services"


@dataclass
class Admin:
    """An Admin API that answers every write with `status`."""

    status: int = 200
    answer: dict[str, Any] = field(default_factory=dict)
    writes: list[tuple[str, str, dict[str, list[str]], dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def admin() -> Iterator[Admin]:
    admin = Admin()

    class Api(Handler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            url = urlsplit(self.path)
            admin.writes.append((self.command, url.path, parse_qs(url.query), body))
            content = json.dumps(
                {"error": {"code": admin.status, "message": "no"}} if admin.status >= 400 else admin.answer
            ).encode()
            self.send_response(admin.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_PATCH = do_DELETE = do_POST

    with serving(Api) as url, environment(SETTINGS | {"RUN_EMULATOR_HOST": url}):
        yield admin


def write(verb: Verb, *, kept: bool = True) -> None:
    CloudRun("key", slot_shape()).apply(Write(verb, "ws-1", replace(a_slot("ws-1"), kept=kept), NAME))


def test_a_slot_is_made_with_a_home_on_a_disk(admin: Admin) -> None:
    write(Verb.CREATE)
    [(method, path, query, body)] = admin.writes
    assert (method, path, query) == ("POST", SERVICES, {"serviceId": ["ws-1"]})
    assert body["template"]["volumes"][0] == {
        "name": "home-member",
        "emptyDir": {"medium": "DISK", "sizeLimit": "10G"},
    }


@pytest.mark.parametrize(("verb", "mask"), [(Verb.REPLACE, "template,scaling"), (Verb.SCALE, "scaling")])
def test_a_slot_is_changed_in_what_the_mask_names(admin: Admin, verb: Verb, mask: str) -> None:
    write(verb, kept=False)
    [(method, path, query, body)] = admin.writes
    assert (method, path, query) == ("PATCH", f"{SERVICES}/ws-1", {"updateMask": [mask]})
    assert body["scaling"] == {"maxInstanceCount": 1}


def test_a_slot_whose_home_is_on_a_disk_is_deleted(admin: Admin) -> None:
    """Cloud Run answers with an operation in which the service is, and the client knows no medium DISK."""
    volume = {"name": "home-member", "emptyDir": {"medium": "DISK"}}
    service = {"@type": "type.googleapis.com/google.cloud.run.v2.Service", "template": {"volumes": [volume]}}
    admin.answer = {"name": "operations/1", "metadata": service}
    write(Verb.DELETE)
    assert [(method, path) for method, path, *_ in admin.writes] == [("DELETE", f"{SERVICES}/ws-1")]
    admin.status = 404
    write(Verb.DELETE)


def test_a_slot_that_was_made_before_is_made(admin: Admin) -> None:
    admin.status = 409
    write(Verb.CREATE)
    with pytest.raises(WriteRefused, match="Conflict"):
        write(Verb.SCALE)


@pytest.mark.parametrize("status", [400, 403, 404, 500, 503])
def test_a_refusal_is_told_as_one(admin: Admin, status: int) -> None:
    admin.status = status
    with pytest.raises(WriteRefused, match="no"):
        write(Verb.REPLACE)


def test_a_spent_quota_is_told_apart(admin: Admin) -> None:
    admin.status = 429
    with pytest.raises(QuotaSpent):
        write(Verb.SCALE)
