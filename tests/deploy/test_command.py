"""`make deploy` as somebody types it who has made a mistake: one line says what is wrong and what to do."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from msgspec.structs import replace

import deploy.__main__
from deploy.google_apis.credentials import LOGIN, session
from deploy.region import DEFAULT, region
from deploy.resources.data import DATABASE
from deploy.resources.table import table
from local.google_apis.cloud import Cloud
from local.google_apis.session import InProcess, Interrupted
from tests.deploy.project import FACTS, Project, deployment, whole
from tests.support.checkout import ROOT
from tests.support.standins.process import free_port

PYTHON = ROOT / ".venv/bin/python"


def typed(home: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """What came of a command of somebody who has never logged in to Google Cloud on this machine."""
    nobody = {"HOME": str(home), "CLOUDSDK_CONFIG": str(home), "NO_GCE_CHECK": "true", "PATH": os.environ["PATH"]}
    project = {"GOOGLE_CLOUD_PROJECT": "my-project", "STATE_BUCKET": "b", "PYTHONPATH": ".:workspace-image"}
    return subprocess.run(command, cwd=ROOT, env={**nobody, **project}, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    "words",
    [
        ["deploy", "plan", "--project", "my-project"],
        ["deploy.operators", "ada@example.com", "--state", "/nowhere"],
        ["deploy.drill", "--state", "/nowhere"],
    ],
)
def test_without_a_login_a_line_says_how_to_log_in(tmp_path: Path, words: list[str]) -> None:
    said = typed(tmp_path, str(PYTHON), "-m", *words)
    assert said.returncode == 1
    assert said.stderr.strip() == f"Nobody is logged in to Google Cloud here. Log in, and repeat the command: {LOGIN}"


def test_a_stand_in_of_googles_never_has_stripe_itself_written_to(tmp_path: Path) -> None:
    said = typed(
        tmp_path,
        *("env", "GOOGLE_APIS_ENDPOINT=http://127.0.0.1:9", "STRIPE_KEY=sk_live_1", str(PYTHON)),
        *("-m", "deploy", "plan", "--project", "my-project"),
    )
    assert said.returncode == 1
    assert (
        said.stderr.strip() == "Nothing was written. A stand-in of Google's takes no STRIPE_KEY: Stripe is no stand-in."
    )


@pytest.mark.parametrize(
    "words", [["deploy", "plan", "--project", "p-project"], ["deploy.payments", "--project", "p", "--events", "u"]]
)
def test_what_is_no_key_of_stripes_is_refused_and_not_repeated(tmp_path: Path, words: list[str]) -> None:
    said = typed(
        tmp_path,
        *("env", "GOOGLE_APIS_ENDPOINT=http://127.0.0.1:9", "STRIPE_EMULATOR_HOST=http://127.0.0.1:9"),
        *("STRIPE_KEY=sk_test_x\rsk_test_x", str(PYTHON), "-m"),
        *words,
    )
    assert said.returncode == 1
    assert "STRIPE_KEY" in said.stderr and "no secret key of Stripe's" in said.stderr
    assert "sk_test_x" not in said.stdout + said.stderr


@pytest.mark.parametrize(
    ("target", "name"), [("deploy", "STRIPE_KEY"), ("undeploy", "STRIPE_KEY"), ("stripe-contract", "STRIPE_TEST_KEY")]
)
def test_a_key_behind_make_is_refused_before_anything_is_done(tmp_path: Path, target: str, name: str) -> None:
    """Everybody on the machine can read it there."""
    said = typed(tmp_path, "make", "--dry-run", target, f"{name}=sk_test_x")
    assert said.returncode == 2 and not said.stdout
    assert f"read -rs {name}; export {name}" in said.stderr
    assert "sk_test_x" not in said.stderr


def test_the_key_of_a_test_is_in_no_command_that_make_runs(tmp_path: Path) -> None:
    said = typed(tmp_path, "env", "STRIPE_TEST_KEY=sk_test_x", "make", "--dry-run", "stripe-contract")
    assert said.returncode == 0 and "test_stripe_provider.py" in said.stdout
    assert "sk_test_x" not in said.stdout + said.stderr


@pytest.mark.parametrize("target", ["deploy", "deploy-plan", "undeploy", "rotate-keys"])
def test_without_a_project_a_line_says_what_to_type(tmp_path: Path, target: str) -> None:
    said = typed(tmp_path, "make", target)
    assert said.returncode != 0
    assert said.stdout == f"Say which project: make {target} PROJECT=my-project REGION=asia-northeast3\n"


@pytest.mark.parametrize(("flag", "value"), [("--project", "My Project"), ("--region", "seoul")])
def test_what_no_project_and_no_region_is_called_is_not_asked_for(tmp_path: Path, flag: str, value: str) -> None:
    given = {"--project": "my-project", flag: value}
    words = [word for pair in given.items() for word in pair]
    said = typed(tmp_path, str(PYTHON), "-m", "deploy", "plan", *words)
    assert said.returncode == 2
    assert f"argument {flag}: {value!r} is not" in said.stderr


@contextmanager
def stand_in(folder: Path, *facts: str) -> Iterator[str]:
    """A project of the stand-in that nobody has used; the variable that leads a command there."""
    port = free_port()
    command = [str(PYTHON), "-m", "local.google_apis", "--port", str(port), "--state", str(folder / "state.json")]
    with subprocess.Popen(
        [*command, "--project", "my-project", *facts], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert "listens" in process.stdout.readline()
        yield f"GOOGLE_APIS_ENDPOINT=http://127.0.0.1:{port}"
        process.terminate()


def deployed_where(tmp_path: Path, *facts: str) -> subprocess.CompletedProcess[str]:
    """What came of a first `make deploy` to a stand-in of which those facts are true."""
    with stand_in(tmp_path, *facts) as at:
        words = ["deploy", "apply", "--yes", "--project", "my-project", "--region", "europe-west4"]
        said = typed(tmp_path, "env", at, str(PYTHON), "-m", *words)
    assert said.returncode == 1
    return said


def written(said: subprocess.CompletedProcess[str]) -> list[str]:
    """The steps that were taken, without their times."""
    _plan, _, taken = said.stdout.partition(" as they should be.\n")
    return [line.strip().rpartition("  ")[0] for line in taken.splitlines() if line.endswith(" s")]


FIRST = ["create  API cloudbilling", "create  API firebase"]
FIREBASE = "create  Firebase"
"""What has to be there before Google says whether a person has done what is theirs."""


@pytest.mark.parametrize(
    ("facts", "said", "made"),
    [
        (["--no-firebase-terms"], "This failed: create Firebase: Nobody has accepted Firebase's terms", FIRST),
        (["--no-billing"], "Nothing else was written. First: link a billing account.", [*FIRST, FIREBASE]),
        (
            ["--currency", "KRW"],
            "Nothing else was written. First: name the budget in KRW.",
            [*FIRST, FIREBASE],
        ),
    ],
    ids=["terms", "billing", "currency"],
)
def test_what_a_person_has_to_do_is_asked_for_before_anything_is_made(
    tmp_path: Path, facts: list[str], said: str, made: list[str]
) -> None:
    done = deployed_where(tmp_path, *facts)
    assert said in done.stderr
    assert "https://console." in done.stderr + done.stdout.partition(" as they should be.\n")[2]
    assert written(done) == made
    assert done.stderr.endswith("To go on: make deploy PROJECT=my-project REGION=europe-west4 FAKE=1\n")


@pytest.mark.usefixtures("archived_once")
def test_a_command_that_dies_again_and_again_comes_to_its_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command, its questions before the plan among them. tests/deploy/test_whole_project.py interrupts each
    row of the table at each of its requests."""
    cloud = Cloud(FACTS)

    def make_deploy(dies_at: int = 0) -> str:
        asks = InProcess(cloud)
        asks.interrupt_at(dies_at, after=dies_at % 2 == 0)
        monkeypatch.setattr(deploy.__main__, "session", lambda _project, _endpoint: asks)
        with pytest.raises(Interrupted) if dies_at else nullcontext():
            deploy.__main__.main()
        return capsys.readouterr().out

    monkeypatch.setenv("GOOGLE_APIS_ENDPOINT", InProcess.endpoint)
    monkeypatch.setattr(sys, "argv", ["deploy", "apply", "--yes", "--project", FACTS.project])
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    for dies_at in (1, 5, 100, 190, 199, 330, 401, 500, 611):
        make_deploy(dies_at)
    assert " to create, 0 to change, " in make_deploy()
    assert f"all {len(whole())} resources are as they should be" in make_deploy()


def test_an_image_that_was_not_tested_is_not_deployed(tmp_path: Path) -> None:
    with stand_in(tmp_path) as at:
        words = ["deploy", "apply", "--yes", "--project", "my-project", "--slot-image", "slot@sha256:0123"]
        said = typed(tmp_path, "env", at, str(PYTHON), "-m", *words)
    assert said.returncode == 1
    assert "Nothing was written. The tests had slot@sha256:0123, and the slot's image is not built." in said.stderr
    assert "\n  create " not in said.stdout


def test_prices_that_a_function_could_not_read_are_not_deployed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "own_prices.toml"
    wrong.write_text('[[price]]\nname = "storag"\namount = 1\nunit = "GiB-month"\n')
    monkeypatch.setattr(deploy.__main__, "OWN_PRICES", wrong)
    with stand_in(tmp_path) as at:
        monkeypatch.setenv(*at.split("=", 1))
        for command in ("plan", "apply"):
            monkeypatch.setattr("sys.argv", ["deploy", command, "--yes", "--project", "my-project"])
            with pytest.raises(
                SystemExit, match=r"own_prices\.toml, line 2: there is no price named storag; is storage meant"
            ):
                deploy.__main__.main()
    assert "create" not in capsys.readouterr().out


def test_a_persons_requests_count_as_the_projects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    login = {"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "t"}
    (tmp_path / "login.json").write_text(json.dumps(login))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "login.json"))
    assert session("my-project").credentials.quota_project_id == "my-project"


def test_a_plan_only_reads() -> None:
    """Before and after a deployment: whoever asks for one needs no right to write."""
    project = Project.begin()
    wanted = whole()
    project.differing(wanted)
    before = list(project.cloud.log)
    project.apply(wanted)
    asked = len(project.cloud.log)
    project.differing(wanted)
    reads = [*before, *project.cloud.log[asked:]]
    assert len(reads) > 200
    assert [f"{each.verb} {each.url}" for each in reads if each.verb != "GET" and ":getIamPolicy" not in each.url] == []


def test_a_deployment_stays_where_its_database_is() -> None:
    """With REGION left out or mistyped, all but the database would be made anew in another region."""
    project = Project.begin()
    assert region(project.apis, "my-project") == DEFAULT
    assert region(project.apis, "my-project", "europe-west4") == "europe-west4"
    wanted = {each.id: each for each in table(replace(deployment(), region="europe-west4"))}
    project.apply([wanted["API firestore"], wanted[DATABASE]])
    assert region(project.apis, "my-project") == "europe-west4"
    assert region(project.apis, "my-project", "europe-west4") == "europe-west4"
    with pytest.raises(ValueError, match="is in europe-west4, and Google moves none to us-central1"):
        region(project.apis, "my-project", "us-central1")
