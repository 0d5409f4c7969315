"""The API's description, and what is made of it, are up to date with the functions that they describe."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest
from openapi_core.exceptions import OpenAPIError

from deploy import plans
from deploy.openapi.shapes import answer_schemas, merged, message_schemas
from local.setup.steps import NODE_BIN
from shared.errors import PROBLEM_BASE
from tests.support.api_description import check_answer
from tests.support.checkout import ROOT


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the description as it is made now."""
    folder = tmp_path_factory.mktemp("schema")
    subprocess.run([sys.executable, "-m", "deploy.openapi", folder], cwd=ROOT, check=True, timeout=120)
    return folder


@pytest.mark.parametrize("file", ["openapi.yaml", "internal.yaml"])
def test_the_description_is_what_the_functions_declare(made: Path, file: str) -> None:
    committed = (ROOT / "functions" / file).read_text()
    assert committed == (made / file).read_text(), "run `make schema`, and commit what it writes"


def test_the_pages_client_is_what_the_description_gives(tmp_path: Path) -> None:
    web = ROOT / "web"
    assert (web / "node_modules/.bin/openapi-ts").exists(), "install the page's tools first: npm ci, in web/"
    search = f"{ROOT / NODE_BIN}:{os.environ['PATH']}"
    subprocess.run(
        ["npm", "run", "--silent", "schema"],
        cwd=web,
        env={**os.environ, "PATH": search, "OUTPUT": str(tmp_path)},
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert files_of(tmp_path) == files_of(web / "src/api"), "run `make schema`, and commit what it writes"


def test_the_pages_plans_are_those_of_the_plan_table() -> None:
    assert plans.TABLE.read_text() == plans.table(), "run `make schema`, and commit what it writes"


def files_of(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.ts")}


SESSION = "s-" + 20 * "1"
REFUSED = {"title": "No", "status": 403, "detail": "No."}


@pytest.mark.parametrize(
    ("function", "status", "headers", "body"),
    [
        ("release", 202, {}, {"session": SESSION}),
        ("release", 202, {}, {"session": SESSION, "state": "draining", "more": 1}),
        ("release", 202, {}, {"session": "s-1", "state": "draining"}),
        ("release", 202, {}, {"session": SESSION, "state": "asleep"}),
        ("release", 200, {}, {"session": SESSION, "state": "draining"}),
        ("allocate", 403, {}, {"type": f"{PROBLEM_BASE}too-soon", **REFUSED}),
        ("allocate", 404, {}, {"type": f"{PROBLEM_BASE}not-found", **REFUSED}),
        ("allocate", 503, {}, {"type": f"{PROBLEM_BASE}pool-exhausted", **REFUSED}),
    ],
)
def test_what_no_function_answers_is_found(
    function: str, status: int, headers: dict[str, str], body: dict[str, Any]
) -> None:
    kind = "application/problem+json" if "type" in body else "application/json"
    with pytest.raises(OpenAPIError):
        check_answer("POST", function, status, {"Content-Type": kind, **headers}, json.dumps(body).encode())


def test_what_functions_answer_is_right() -> None:
    kinds = {"Content-Type": "application/json"}
    right = json.dumps({"session": SESSION, "state": "draining"}).encode()
    check_answer("POST", "release", 202, kinds, right)
    problem = json.dumps({"type": f"{PROBLEM_BASE}pool-exhausted", **REFUSED}).encode()
    check_answer("POST", "allocate", 503, {"Content-Type": "application/problem+json", "Retry-After": "3"}, problem)


class Sent(msgspec.Struct):
    """What None means."""

    some: int | None = None
    """None, for example."""
    name: Annotated[str, msgspec.Meta(pattern=r"^(?P<first>a)\Z")] = "a"


def test_a_field_is_described_by_what_stands_below_it_in_jsons_words() -> None:
    [_], schemas = message_schemas([Sent])
    some, name = schemas["Sent"]["properties"].values()
    assert (schemas["Sent"]["description"], some["description"]) == ("What null means.", "null, for example.")
    assert name["pattern"] == "^(a)$"


def test_a_name_with_two_meanings_is_refused() -> None:
    sent, answered = (schemas([Sent])[1] for schemas in (message_schemas, answer_schemas))
    assert answered["Sent"]["required"] == ["some", "name"]
    with pytest.raises(ValueError, match=r"^Sent: "):
        merged(sent, answered)
