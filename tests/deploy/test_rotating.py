"""A rotation of the signing key against the stand-in of Google's APIs, with the slots of a pool."""

from datetime import UTC, datetime, timedelta

import pytest

from deploy.deployment import Deployment
from deploy.google_apis.client import GoogleApis
from deploy.kinds import key
from deploy.reconciler.apply import apply
from deploy.reconciler.resource import Resource
from deploy.resources.apis import api, apis
from deploy.resources.secrets import SIGNING, VERIFYING, secret_name, secrets
from deploy.rotation import RETIRED_AFTER, rotate
from local.google_apis.cloud import Cloud
from local.google_apis.facts import Facts
from local.google_apis.session import InProcess, Interrupted
from shared.sessions.session import Session
from shared.sessions.tokens import InvalidToken, Signer
from tests.support.records.factories import a_session

FACTS = Facts()
DEPLOYMENT = Deployment(project=FACTS.project, number=FACTS.number, region="asia-northeast3")
SESSION: Session = a_session()


class Cell:
    """A deployment's keys, the signer of its functions, and one slot. It is the operator of its rotations, too."""

    def __init__(self) -> None:
        self.session = InProcess(Cloud(FACTS))
        self.apis = GoogleApis(self.session, self.session.endpoint, sleep=lambda _seconds: None)
        self.said: list[str] = []
        self.begins = True
        self.table: list[Resource] = [
            *(each for each in apis(DEPLOYMENT) if each.id in (api("secretmanager"), api("run"))),
            *secrets(DEPLOYMENT),
        ]
        self.deploy()
        self.replace_slot()

    def begin(self) -> bool:
        return self.begins

    def deploy(self) -> None:
        """The functions get the newest versions."""
        apply(self.apis, self.table, lambda _step, _seconds: None)
        self.signer = Signer(self.content(SIGNING))

    def say(self, line: str) -> None:
        self.said.append(line)

    def content(self, setting: str) -> str:
        return key.content(self.apis, secret_name(DEPLOYMENT, setting))

    def replace_slot(self) -> None:
        """As `pool` does once the slot is free."""
        environment = [{"name": "CONTROL_PLANE_KEY", "value": self.content(VERIFYING)}]
        service = {
            "labels": {"ondol": "slot"},
            "template": {"containers": [{"image": "i", "env": environment}]},
        }
        name = f"{DEPLOYMENT.location}/services/ws-1"
        if any(each == "ws-1" for each in self.slots()):
            self.apis.call("run.v2", "projects.locations.services.delete", {"name": name})
        parameters = {"parent": DEPLOYMENT.location, "serviceId": "ws-1"}
        self.apis.call("run.v2", "projects.locations.services.create", parameters, service)

    def slots(self) -> list[str]:
        found = self.apis.call("run.v2", "projects.locations.services.list", {"parent": DEPLOYMENT.location})
        return [each["name"].rpartition("/")[2] for each in found.get("services", [])]

    def rotate(self, later: timedelta = timedelta(0), *, at_once: bool = False) -> str:
        """The last line that the operator is told. `later`: than now."""
        self.said.clear()
        rotate(self.apis, DEPLOYMENT, self, now=lambda: datetime.now(UTC) + later, at_once=at_once)
        return self.said[-1] if self.said else ""

    def versions(self, setting: str) -> list[str]:
        return [each["version"] for each in key.enabled(self.apis, secret_name(DEPLOYMENT, setting))]


def accepts(signer: Signer, token: str) -> bool:
    try:
        return signer.verify_heartbeat(token).sid == SESSION.sid
    except InvalidToken:
        return False


def test_a_session_of_before_the_rotation_is_served_until_its_tokens_are_over() -> None:
    cell = Cell()
    before = cell.signer.heartbeat(SESSION, datetime.now(UTC))

    assert "1 of 1 slots do not know the new key yet" in cell.rotate()
    assert accepts(cell.signer, before)
    assert "1 of 1 slots" in cell.rotate()  # nothing else while the slot serves
    cell.replace_slot()

    assert "Tokens of the old key live until" in cell.rotate()
    after = cell.signer.heartbeat(SESSION, datetime.now(UTC))
    assert accepts(cell.signer, before)
    assert accepts(cell.signer, after)
    assert not accepts(Signer(new_key_alone(cell)), before)

    assert cell.rotate(RETIRED_AFTER) == "The rotation is complete."
    assert not accepts(cell.signer, before)
    assert accepts(cell.signer, after)
    assert len(cell.versions(SIGNING)) == len(cell.versions(VERIFYING)) == 1
    assert cell.content(VERIFYING) == cell.signer.public_pem


def new_key_alone(cell: Cell) -> str:
    """The first of the two keys in PEM."""
    end = "-----END PRIVATE KEY-----\n"
    return cell.content(SIGNING).partition(end)[0] + end


def test_nothing_is_done_where_no_rotation_is_wanted() -> None:
    cell = Cell()
    cell.begins = False
    before = cell.content(SIGNING)
    assert cell.rotate() == ""
    assert (cell.content(SIGNING), cell.versions(SIGNING)) == (before, ["1"])


def test_a_key_that_leaked_is_gone_at_once() -> None:
    cell = Cell()
    leaked = cell.signer.heartbeat(SESSION, datetime.now(UTC))
    assert cell.rotate(at_once=True) == "The rotation is complete."
    assert not accepts(cell.signer, leaked)


@pytest.mark.usefixtures("archived_once")
@pytest.mark.parametrize("after", [False, True])
def test_a_rotation_that_was_interrupted_anywhere_goes_on(after: bool) -> None:
    number = 1
    while True:
        cell = Cell()
        old = cell.signer.heartbeat(SESSION, datetime.now(UTC))
        cell.session.interrupt_at(cell.session.asked + number, after=after)
        try:
            cell.rotate(at_once=True)
            break
        except Interrupted:
            cell.begins = cell.versions(SIGNING) == ["1"]  # otherwise it goes on, and no other is begun
        cell.rotate(at_once=True)
        assert cell.content(VERIFYING) == Signer(cell.content(SIGNING)).public_pem
        assert not accepts(Signer(cell.content(SIGNING)), old)
        number += 1
    assert number > 10


def test_no_key_is_in_what_the_operator_reads() -> None:
    cell = Cell()
    cell.rotate(at_once=True)
    assert cell.said
    assert not [line for line in cell.said if "KEY--" in line or cell.content(SIGNING)[40:60] in line]
