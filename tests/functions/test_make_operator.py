"""`make operator`: who may use `admin` from then on, and the line that says who made them so."""

import json
import secrets
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.checkout import ROOT
from tests.support.members.operator import make_operator, operator
from tests.support.members.person import Person, problem
from tests.support.stack.observe import documents
from tests.support.stack.running import Running


@pytest.fixture(scope="module")
def ada(stack: Running) -> Person:
    return operator(stack, "ada-operates")


def test_somebody_is_an_operator_once_they_signed_in_again_and_until_it_is_taken_back(stack: Running) -> None:
    before = Person(stack, "promoted")
    assert before.get("admin").status_code == 403
    assert "is an operator" in make_operator(stack, "promoted@example.com").stdout
    assert before.get("admin").status_code == 403, "the token is from before"
    after = Person(stack, "promoted")
    assert after.get("admin").status_code == 200
    assert make_operator(stack, "promoted@example.com", "--take-back").returncode == 0
    refused = after.get("admin")
    assert (refused.status_code, problem(refused)) == (403, "forbidden"), "the token still says it"
    for nobody in ("never-came@example.com", "", "no address"):
        failed = make_operator(stack, nobody)
        assert failed.returncode == 1 and nobody in failed.stderr and "Traceback" not in failed.stderr


def test_each_use_is_a_line_that_operators_can_read(stack: Running, ada: Person) -> None:
    promoted = Person(stack, "written-down")
    uses: list[tuple[list[str], str, str]] = [
        ([], "operator", "make operator"),
        (["--note", "once more, to be sure"], "operator", "once more, to be sure"),
        (["--auditor", "--note", "counts only"], "auditor", "counts only"),
        (["--take-back", "--note", "left the team"], "operator-taken-back", "left the team"),
    ]
    for arguments, _, _ in uses:
        assert make_operator(stack, "written-down@example.com", *arguments).returncode == 0
    page = ada.get("admin/audit?limit=4")
    assert page.status_code == 200, page.text
    lines = page.json()["lines"][::-1]
    assert [(line["action"], line["note"]) for line in lines] == [(action, note) for _, action, note in uses]
    assert [(line["before"], line["after"]) for line in lines] == [
        ({"role": None}, {"role": "operator"}),
        ({"role": "operator"}, {"role": "operator"}),
        ({"role": "operator"}, {"role": "auditor"}),
        ({"role": "auditor"}, {"role": None}),
    ]
    assert {(line["by"], line["email"], line["target"]) for line in lines} == {("administrator", None, promoted.uid)}
    assert len({line["request"] for line in lines}) == 4
    older = ada.get(f"admin/audit?limit=1&before={lines[1]['request']}").json()["lines"]
    assert older == lines[:1], "the page goes on behind such a line as behind any other"


def test_who_is_refused_leaves_no_line(stack: Running) -> None:
    email = f"unverified-{secrets.token_hex(4)}@example.com"
    unverified = httpx.post(
        f"http://{stack.env['FIREBASE_AUTH_EMULATOR_HOST']}/identitytoolkit.googleapis.com/v1/accounts:signUp",
        params={"key": "any"},
        json={"email": email, "password": "a long password"},
    )
    assert unverified.status_code == 200, unverified.text
    before = documents(stack, "audit")
    for address, arguments in (
        (email, []),
        ("never-came@example.com", []),
        ("never-came@example.com", ["--take-back"]),
    ):
        assert make_operator(stack, address, *arguments).returncode == 1
    assert documents(stack, "audit") == before


def test_there_is_no_operator_without_a_line(stack: Running, tmp_path: Path) -> None:
    """The audit log is told first: where it can't be reached, nobody becomes one."""
    Person(stack, "unrecorded")
    told = json.loads((stack.state / "stack.json").read_text())
    told["env"]["FIRESTORE_EMULATOR_HOST"] = "127.0.0.1:1"  # a port where nothing listens
    (tmp_path / "stack.json").write_text(json.dumps(told))
    failed = make_operator(stack, "unrecorded@example.com", "--state", str(tmp_path))
    assert failed.returncode == 1 and "unrecorded@example.com" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert Person(stack, "unrecorded").get("admin").status_code == 403
    assert make_operator(stack, "unrecorded@example.com").returncode == 0
    assert Person(stack, "unrecorded").get("admin").status_code == 200


def test_without_an_address_it_says_how_to_give_one() -> None:
    argv = [sys.executable, "-m", "deploy.operators", ""]
    asked = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (asked.returncode, asked.stderr) == (1, "Say whose address: make operator EMAIL=ada@example.com\n")
