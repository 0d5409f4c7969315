"""Every command of gcloud, firebase and make that a reader is told to type exists as it is written.

gcloud's own linter parses its commands without a network and without a login.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.google_apis.credentials import LOGIN
from deploy.resources.table import table
from tests.deploy.project import deployment
from tests.support.checkout import ROOT
from tests.support.firebase_tools import FIREBASE, NODE
from tests.support.google_cloud_sdk import NEEDS_SDK

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
WRONG = ("gcloud secrets add x", "gcloud projects describe", "gcloud tasks queues delete q --location=r --where=s")
"""An unknown command, one that lacks an argument, and one with an unknown flag."""


def typed(text: str, program: str) -> Iterator[str]:
    """The commands of `program` in the fenced blocks and the inline code of a Markdown text, one line each."""
    blocks = [block.replace("\\\n", " ") for block in FENCED.findall(text)]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    for line in [*lines, *INLINE.findall(FENCED.sub("", text))]:
        for command in re.split(r" && | \| |; ", line):
            words = re.sub(r"^([A-Z_]+=\S+ )+", "", command.strip()).split("  #")[0].strip()
            if words.startswith(f"{program} "):
                yield " ".join(words.split())


def in_documents(program: str) -> dict[str, str]:
    """Each command, and a document that has it."""
    return {each: str(path.relative_to(ROOT)) for path in DOCUMENTS for each in typed(path.read_text(), program)}


def printed(program: str) -> list[str]:
    """The commands of `program` that `make deploy` and `make undeploy` show."""
    removals = [each.removed_by for each in table(deployment()) if each.removed_by]
    shown = [*(one for each in removals for one in each.split(" && ")), LOGIN]
    return [each for each in shown if each.startswith(f"{program} ")]


def of_the_builds() -> list[str]:
    """Those that the heads of the builds' files have one type, and those that their steps run."""
    found: list[str] = []
    for name in ("cloudbuild.yaml", "cloudbuild-check.yaml"):
        text = (ROOT / name).read_text()
        comment = "\n".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))
        scripts = [step.get("script", "") for step in yaml.safe_load(text)["steps"]]
        for script in scripts:
            ran = re.sub(r'"\$\(.*?\)"', "made", script).replace('"', "")
            found += typed(f"```\n{re.sub('[$][A-Z]+', 'my-project', ran)}\n```", "gcloud")
        found += typed(f"```\n{comment}\n```", "gcloud")
    return found


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What gcloud's linter has against commands, by each that it refuses; all are linted by one process."""
    home = tmp_path_factory.mktemp("gcloud")
    commands = list(dict.fromkeys([*in_documents("gcloud"), *printed("gcloud"), *of_the_builds(), *WRONG]))
    (home / "commands.json").write_text(json.dumps([{"command_string": each} for each in commands]))
    done = subprocess.run(
        ["gcloud", "meta", "lint-gcloud-commands", f"--commands-file={home / 'commands.json'}"],
        env={**os.environ, "CLOUDSDK_CONFIG": str(home), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    results = json.loads(done.stdout)
    assert len(results) == len(commands), done.stderr
    paired = zip(commands, results, strict=True)
    return {each: result["error_message"] for each, result in paired if not result["success"]}


@NEEDS_SDK
def test_gcloud_takes_every_command_of_the_documents(refused: dict[str, str]) -> None:
    found = in_documents("gcloud")
    assert len(found) > 10
    assert not {f"{where}: {each}": refused[each] for each, where in found.items() if each in refused}


@NEEDS_SDK
def test_gcloud_takes_every_command_that_deploying_prints(refused: dict[str, str]) -> None:
    assert len(printed("gcloud")) > 10
    assert not {each: refused[each] for each in printed("gcloud") if each in refused}


@NEEDS_SDK
def test_gcloud_takes_the_commands_of_the_builds(refused: dict[str, str]) -> None:
    assert len(of_the_builds()) == 3
    assert not {each: refused[each] for each in of_the_builds() if each in refused}


@NEEDS_SDK
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_command_is_refused(refused: dict[str, str], wrong: str) -> None:
    assert wrong in refused


def test_every_target_of_make_that_a_document_names_exists() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = {(each.split()[1], where) for each, where in in_documents("make").items()}
    assert not {(target, where) for target, where in named if re.fullmatch("[a-z-]+", target) and target not in targets}
    assert ("deploy", "docs/deploy.md") in named


@pytest.mark.parametrize("command", sorted({*in_documents("firebase"), *printed("firebase")}))
def test_firebase_takes_every_command_that_people_are_told(tmp_path: Path, command: str) -> None:
    _firebase, name, *words = command.split()
    done = subprocess.run(
        [str(NODE), str(FIREBASE), name, "--help"],
        env={**os.environ, "HOME": str(tmp_path), "NO_UPDATE_NOTIFIER": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    usage = done.stdout
    assert f"Usage: firebase {name} " in usage
    flags = {word.partition("=")[0] for word in words if word.startswith("-")} - {"--project"}
    assert not {flag for flag in flags if f"{flag} " not in usage}


def test_commands_are_found_in_blocks_and_in_code() -> None:
    block = "```\nX\nKEY=1 gcloud c \\\n  --d=e\ngcloud f && gcloud g  # why\n```"
    found = typed(f"A `gcloud a b`.\n\n{block}\n\n| `gcloud h; gcloud i` |", "gcloud")
    assert list(found) == ["gcloud c --d=e", "gcloud f", "gcloud g", "gcloud a b", "gcloud h", "gcloud i"]
