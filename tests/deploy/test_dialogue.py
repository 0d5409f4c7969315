"""What whoever types `make deploy` or `make undeploy` reads and is asked, and the command by which a failed one goes
on."""

import sys
import time
from collections.abc import Callable

import pytest
from google.auth.exceptions import TransportError

import deploy.__main__
from deploy.__main__ import REMOVAL
from local.google_apis.cloud import Cloud
from local.google_apis.session import InProcess, Interrupted
from tests.deploy.project import FACTS, Project, deployed, whole

GO_ON = f"PROJECT={FACTS.project} FAKE=1"
DELETE = "run.services.delete"


class Dialogue:
    """A person at a terminal, who answers every question with `answer`, or is gone where that is None."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys
        self.answer: str | None = "y"
        self.questions: list[str] = []
        self.before = ""
        """What stood there when the last question came."""
        self.after = ""

    def types(self, session: object, command: str) -> str:
        """What the command says at its end to whoever started it; empty where all went well."""
        patch = self._monkeypatch
        patch.setattr(deploy.__main__, "session", lambda _project, _endpoint: session)
        patch.setattr(sys, "argv", ["deploy", command, "--project", FACTS.project])
        patch.setattr("builtins.input", self._asked)
        said: object = ""
        try:
            deploy.__main__.main()
        except SystemExit as end:
            said = end.code
        self.after = self._capsys.readouterr().out
        return str(said)

    def _asked(self, question: str) -> str:
        self.questions.append(question)
        self.before = self._capsys.readouterr().out
        if self.answer is None:
            raise EOFError
        return self.answer


@pytest.fixture
def dialogue(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Dialogue:
    monkeypatch.setenv("GOOGLE_APIS_ENDPOINT", InProcess.endpoint)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return Dialogue(monkeypatch, capsys)


def drifted() -> Project:
    """A deployed project in which somebody has changed a queue."""
    project = deployed().copy()
    project.record("queues/reclaim").body["rateLimits"] = {"maxDispatchesPerSecond": 1}
    return project


def writes(project: Project) -> list[str]:
    return [
        f"{each.verb} {each.url}"
        for each in project.cloud.log
        if each.verb != "GET" and ":getIamPolicy" not in each.url
    ]


@pytest.mark.parametrize(("command", "said"), [("apply", "Nothing was written."), ("destroy", "Nothing was deleted.")])
@pytest.mark.parametrize("answer", ["n", "", None])
@pytest.mark.usefixtures("archived_once")
def test_without_a_yes_nothing_is_written(dialogue: Dialogue, command: str, said: str, answer: str | None) -> None:
    project = drifted()
    dialogue.answer = answer
    assert dialogue.types(project.session, command) == said
    assert len(dialogue.questions) == 1
    assert project.cloud.log
    assert writes(project) == []


@pytest.mark.usefixtures("archived_once")
def test_a_deployment_names_what_is_by_hand_then_the_plan_asks_once_and_ends_with_the_address(
    dialogue: Dialogue,
) -> None:
    project = drifted()
    assert dialogue.types(project.session, "apply") == ""
    assert dialogue.questions == ["Bring the project to this? [y/N] "]
    in_order = ("What only you can do", "  change  queue reclaim  differs in rateLimits", "0 to create, 1 to change")
    places = [dialogue.before.index(part) for part in in_order]
    assert places == sorted(places)
    assert "  change  queue reclaim  " in dialogue.after
    assert dialogue.after.splitlines()[-1] == f"Ondol is at https://{FACTS.project}.web.app"
    assert [each.partition("?")[0] for each in writes(project)] == [
        "PATCH cloudtasks.googleapis.com/v2/projects/my-project/locations/asia-northeast3/queues/reclaim"
    ]


@pytest.mark.usefixtures("archived_once")
def test_taking_it_out_names_what_stays_with_its_removal_and_what_goes(dialogue: Dialogue) -> None:
    project, wanted = deployed().copy(), whole()
    assert dialogue.types(project.session, "destroy") == ""
    stay, _, go = dialogue.before.partition("\nThese go:\n")
    stays = [each for each in wanted if each.holds_data]
    assert [each.removed_by for each in stays if each.removed_by]
    for each in stays:
        assert f"\n  {each.id}{f': {each.removed_by}' if each.removed_by else ''}\n" in stay
    named = [name.strip() for name in " ".join(go.split()).split(",")]
    assert named == [each.id for each in wanted if not each.holds_data]
    assert dialogue.questions == [f"Delete the other {len(named)} resources of {FACTS.project}? [y/N] "]
    assert dialogue.after.splitlines()[-1].endswith(f" {REMOVAL} {FACTS.project}")


@pytest.mark.usefixtures("archived_once")
def test_taking_it_out_goes_on_where_it_was_refused_or_died(dialogue: Dialogue) -> None:
    project, wanted = deployed().copy(), whole()
    project.cloud.faults.deny(DELETE)
    said = dialogue.types(project.session, "destroy")
    assert said.startswith("\nThis failed: delete function ")
    assert f"The permission {DELETE} is missing. Ask an owner of the project for the role roles/run.admin." in said
    assert said.endswith(f"To go on: make undeploy {GO_ON}")
    project.cloud.faults.grant(DELETE)
    for dies_at in (20, 50, 51, 100):
        dying = InProcess(project.cloud)
        dying.interrupt_at(dies_at, after=dies_at % 2 == 0)
        with pytest.raises(Interrupted):
            dialogue.types(dying, "destroy")
    assert dialogue.types(InProcess(project.cloud), "destroy") == ""
    left = [each.id for each in wanted if each.kind.read(project.apis, each) not in (None, {"services": []})]
    assert left == [each.id for each in wanted if each.holds_data]


class Unreachable:
    """A network that is gone, as a session tells it."""

    def __init__(self, told: Exception) -> None:
        self._told = told

    def request(self, *_asked: object, **_more: object) -> object:
        raise self._told


def a_bucket_of_a_stranger(cloud: Cloud) -> None:
    state = Project.begin(cloud)
    state.record("my-project-state").body["projectNumber"] = "666"


def a_busy_api(cloud: Cloud) -> None:
    cloud.faults.refuse("UNAVAILABLE", "queues.get", times=-1)


def an_unreadable_queue(cloud: Cloud) -> None:
    cloud.faults.deny("cloudtasks.queues.get")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (a_bucket_of_a_stranger, "is the project 666's"),
        (a_busy_api, "queues.get is refused on demand"),
        (an_unreadable_queue, "Nothing was written. Ask an owner of the project for the roles that the plan names."),
    ],
)
@pytest.mark.usefixtures("archived_once")
def test_what_fails_before_anything_is_written_says_how_to_go_on(
    dialogue: Dialogue, fault: Callable[[Cloud], None], said: str
) -> None:
    project = deployed().copy()
    fault(project.cloud)
    end = dialogue.types(project.session, "apply")
    assert said in end
    assert end.endswith(f"\nTo go on: make deploy {GO_ON}")
    assert (dialogue.questions, writes(project)) == ([], [])


@pytest.mark.parametrize("told", [ConnectionError("no route"), TransportError("no route")])
def test_a_lost_network_says_how_to_go_on(dialogue: Dialogue, told: Exception) -> None:
    """The second is google-auth's word for it, where the login's token has to be made anew."""
    assert dialogue.types(Unreachable(told), "apply") == f"\nno route\nTo go on: make deploy {GO_ON}"
