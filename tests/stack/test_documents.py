"""Every name that a document has in backticks, and every file that it links to, is in the checkout."""

import re
import subprocess
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

from tests.support.checkout import ROOT

FOREIGN = {
    "DISCONNECT_PROMPT_TIME",  # VS Code's
    "F_SETSIG",  # Linux'
    "GoogleCloudRunV2EmptyDirVolumeSource",  # the Admin API's
    "PR_SET_DUMPABLE",  # Linux'
    "RuleBasedStateMachine",  # hypothesis'
    "allowedDevOrigins",  # Next.js'
    "didResolveExplorer",  # VS Code's
    "keepalive_timeout",  # nginx'
    "lib/Server.js",  # webpack-dev-server's
    "pushState",  # the browser's
    "willCreateSocket/ExtensionHost",  # VS Code's
}
"""Names of others, which no file of the checkout has to have."""
GONE = {
    "auth_events",  # a function until decision 0039
}
"""Names that a decision has because it removed them."""
ROLE = re.compile(r"roles/[\w.]+")
"""A role of Google Cloud's IAM, and no path."""
DOCUMENTS = ["README.md", "README.ko.md", "CONTRIBUTING.md", "SECURITY.md", "docs"]
"""CHANGELOG.md is not among them: it also has names that are gone."""
FENCE = re.compile(r"```.*?```", re.DOTALL)
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
FILE = re.compile(r"[\w.-]+(?:/[\w.-]+)*\.(?:py|ts|js|mjs|toml|yaml|md|conf)|[a-z][\w.-]*(?:/[\w.-]+)+")
IDENTIFIER = re.compile(r"[A-Za-z]\w*_\w+|[A-Z]+[a-z]+[A-Z]\w*|[a-z]+[A-Z]\w*")


@cache
def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


@cache
def code() -> str:
    """All text of the checkout that is no document."""
    files = [name for name in tracked() if not name.endswith((".md", ".png", ".svg", "package-lock.json"))]
    # the names of files count too, and this file's own list of foreign names does not
    return "\n".join(
        files + [(ROOT / name).read_text(errors="replace") for name in files if "test_documents" not in name]
    )


@cache
def words() -> set[str]:
    return set(re.findall(r"\w+", code()))


@cache
def paths() -> set[str]:
    """Every file and folder, and each end of its path: `cloud_run.py` of shared/gcp/engines/cloud_run.py."""
    every = {PurePosixPath(name) for name in tracked()}
    every |= {folder for name in every for folder in name.parents}
    return {"/".join(path.parts[start:]) for path in every for start in range(len(path.parts))}


def unknown(text: str) -> list[str]:
    """Names in the text's backticks that look like a file or an identifier, and that the checkout does not have."""
    missing = []
    for quoted in QUOTED.findall(FENCE.sub("", text)):
        if quoted in code() or ROLE.fullmatch(quoted):
            continue
        if FILE.fullmatch(quoted.rstrip("/")):
            names, known = [quoted.rstrip("/")], paths()
        else:
            names, known = IDENTIFIER.findall(quoted), words()
        missing += [name for name in names if name not in known | FOREIGN | GONE]
    return missing


def documents() -> list[str]:
    return [name for name in tracked() if name.endswith(".md") and name.startswith(tuple(DOCUMENTS))]


@pytest.mark.parametrize("name", documents())
def test_a_document_names_what_there_is(name: str) -> None:
    text = (ROOT / name).read_text()
    assert unknown(text) == []
    here = Path(ROOT / name).parent
    assert [link for link in LINK.findall(text) if not (here / link).exists()] == []


def test_a_name_that_is_gone_is_found() -> None:
    gone = ["BrokenArchive", "shared/archives.py", "keep_at_work", "returns.py"]
    told = "`BrokenArchive`, `shared/archives.py`, `keep_at_work(session)`, `returns.py`"
    assert unknown(f"{told}; `SlotShape`, `cloud_run.py` and `shared/slots/` are here.") == gone


def test_the_list_of_decisions_has_each_with_its_title() -> None:
    folder = ROOT / "docs/decisions"
    pages = sorted(folder.glob("0*.md"))
    titles = [page.read_text().split("\n", 1)[0].removeprefix("# ") for page in pages]
    rows = [f"| [{title[:4]}]({page.name}) | {title[5:]} |" for page, title in zip(pages, titles, strict=True)]
    listed = (folder / "README.md").read_text().splitlines()
    assert [line for line in listed if line.startswith("| [")] == rows
