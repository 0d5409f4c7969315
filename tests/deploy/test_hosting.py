"""The page on Firebase Hosting: what it leads to, how long that may take, and what is released."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it publishes no types
import pytest

from deploy import hosting
from deploy.deployment import Links
from deploy.resources.functions import functions_table
from deploy.resources.page import page
from shared.flows.going_back import SEARCH_SECONDS
from shared.gcp.slot_client import ATTACH_SECONDS
from shared.gcp.store.database import PATIENCE_SECONDS
from tests.deploy.project import deployment
from tests.support.checkout import ROOT
from tests.support.stack.environment import SETTINGS, environment

with environment(SETTINGS):  # it reads its settings when it is imported
    from functions.allocate import main as allocate

TABLE = functions_table()
SOURCE = "https://github.com/ada/ondol"
BROWSERS = [name for name, row in TABLE.items() if row["browser"]]
CONFIG = json.loads((ROOT / "firebase.json").read_text())
CUT_SECONDS = 60
"""When Firebase Hosting ends a request (https://firebase.google.com/docs/hosting/cloud-run)."""
LONGEST_SECONDS = CUT_SECONDS - 5


def test_firebase_json_is_what_the_table_of_functions_gives() -> None:
    assert hosting.firebase_json(hosting.REGION) == (ROOT / "firebase.json").read_text(), (
        "run `make schema`, and commit what it writes"
    )


def test_the_rewrites_are_every_path_that_browsers_call_and_no_other() -> None:
    rewrites = {each["source"]: each["run"]["serviceId"] for each in CONFIG["hosting"]["rewrites"] if "run" in each}
    paths = {
        f"/api/{path}": name
        for name in BROWSERS
        for path in (name, *(f"{name}/{each}" for each in TABLE[name].get("paths", ())))
    }
    assert rewrites == paths


def test_firebase_tools_would_take_the_file() -> None:
    schema = json.loads((ROOT / "local/node_modules/firebase-tools/schema/firebase-config.json").read_text())
    jsonschema.validate(CONFIG, schema)
    misspelt = json.loads(json.dumps(CONFIG).replace('"serviceId"', '"service"'))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(misspelt, schema)


@pytest.mark.parametrize("name", BROWSERS)
def test_what_a_browser_calls_answers_before_hosting_cuts_it_off(name: str) -> None:
    assert TABLE[name]["timeout"] <= LONGEST_SECONDS


def test_every_view_with_an_address_leads_to_the_page() -> None:
    views = {each["source"]: each["destination"] for each in CONFIG["hosting"]["rewrites"] if "destination" in each}
    assert views == dict.fromkeys(json.loads(hosting.VIEWS.read_text()).values(), "/index.html")


def test_no_answer_has_two_rules_for_how_long_it_is_kept() -> None:
    rules = {each["source"]: {header["key"] for header in each["headers"]} for each in CONFIG["hosting"]["headers"]}
    kept = {source for source, keys in rules.items() if "Cache-Control" in keys}
    assert kept == {"/assets/**", "!/assets/**"}, "which rule wins is not documented"


def test_the_functions_own_budgets_end_before_their_timeouts() -> None:
    assert ATTACH_SECONDS < allocate.ANSWER_SECONDS < TABLE["allocate"]["timeout"]
    # reading the records, then looking through layers
    assert TABLE["snapshots"]["timeout"] > SEARCH_SECONDS + PATIENCE_SECONDS


def test_no_function_reads_a_cookie_for_hosting_passes_none() -> None:
    sources = [*(ROOT / "functions").glob("*/main.py"), *(ROOT / "shared").rglob("*.py")]
    assert [str(path) for path in sources for _ in cookies_read(path)] == []


def cookies_read(path: Path) -> Iterator[ast.AST]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and node.attr == "cookies":
            yield node
        if isinstance(node, ast.Constant) and node.value in ("Cookie", "cookie"):
            yield node


def test_firebase_tools_are_pinned() -> None:
    wanted = json.loads((ROOT / "local/package.json").read_text())["dependencies"]["firebase-tools"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", wanted)


@pytest.mark.parametrize(
    ("operator", "links"),
    [
        ({}, {}),
        ({"source": SOURCE}, {"source": SOURCE, "help": f"{SOURCE}/blob/HEAD/README.md"}),
        ({"source": SOURCE, "links": Links(help="https://help.example")}, {"source": SOURCE, "help": "https://help.example"}),
        ({"links": Links(terms="https://terms.example")}, {"terms": "https://terms.example"}),
    ],
)  # fmt: skip
def test_the_foot_of_the_page_leads_to_the_readme_unless_the_operator_has_a_page_of_help(
    operator: dict[str, Any], links: dict[str, str]
) -> None:
    [built] = page(deployment(**operator), {})
    assert built.body["about"]["links"] == links
