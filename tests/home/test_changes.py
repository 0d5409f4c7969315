"""The changes that a save reports, and files that are no reason for a save."""

import os
import stat

import pytest
from agent.home.changes import Answer, changes, summed
from agent.home.editor_files import is_editors_own, is_extensions
from agent.home.index import Held, TierScan, mark
from agent.home.tiers import EDITOR_DATA, TIERS


def a_folder(mode: int = 0o755, mtime: int = 1) -> int:
    """A folder's mark."""
    return mark(os.stat_result((stat.S_IFDIR | mode, *9 * [0]), {"st_mtime_ns": mtime}))


WORKED = {"proj/a.py": 1, "proj/b.py": 1, "proj": a_folder()}


def reported(
    before: dict[str, int], now: dict[str, int], *, folders: tuple[str, ...] = ("proj",)
) -> tuple[bool, object]:
    """A scan of the work tier, from marks by path."""
    seen = {tier: TierScan() for tier in TIERS}
    held = {tier: Held() for tier in TIERS}
    seen["work"].marks = {path.encode(): mark for path, mark in now.items()}
    seen["work"].folders = {folder.encode() for folder in folders}
    held["work"].marks = {path.encode(): mark for path, mark in before.items()}
    result = changes({tier: (seen[tier], held[tier]) for tier in TIERS})
    return result.any, result.answer()


def test_files_are_counted_and_named_and_folders_are_not() -> None:
    now = {"proj/a.py": 2, "proj/c.py": 1, "proj": a_folder(mtime=2)}
    assert reported(WORKED, now) == (
        True,
        {
            "added": 1,
            "changed": 1,
            "removed": 1,
            "paths": [
                {"path": "proj/a.py", "how": "changed"},
                {"path": "proj/c.py", "how": "added"},
                {"path": "proj/b.py", "how": "removed"},
            ],
        },
    )
    assert reported(WORKED, WORKED) == (False, {"added": 0, "changed": 0, "removed": 0, "paths": []})
    assert reported(WORKED, {**WORKED, "proj": a_folder(0o700, 2)})[0], "a folder's mode is the member's too"


def test_a_folder_in_which_a_file_came_and_went_is_no_reason() -> None:
    assert not reported(WORKED, {**WORKED, "proj": a_folder(mtime=2)})[0]


def test_a_folder_that_is_gone_is_no_file_that_is_gone() -> None:
    is_any, each = reported(WORKED, {"other/a.py": 1, "other": a_folder()}, folders=("other",))
    assert is_any and isinstance(each, dict) and (each["added"], each["removed"]) == (1, 2)
    assert {"path": "proj", "how": "removed"} not in each["paths"]
    assert reported({"empty": a_folder()}, {})[0], "a folder without files that is removed is a change"


def test_few_are_named_and_only_what_can_be_asked_for() -> None:
    _, many = reported({}, {f"f{number}": 1 for number in range(300)})
    assert isinstance(many, dict) and (many["added"], len(many["paths"])) == (300, 5)
    seen = TierScan(marks={b"\xff": 1, b"a" * 257: 1})
    result = changes({tier: (seen if tier == "work" else TierScan(), Held()) for tier in TIERS})
    assert (result.count["added"], result.paths) == (2, [])


def test_the_editors_names_are_counted_and_not_told() -> None:
    window, settings = f"{EDITOR_DATA}/window/4.139.jsonl.gz", f"{EDITOR_DATA}/User/settings.json"
    _, each = reported({}, {window: 1, settings: 1, ".bashrc": 1})
    assert isinstance(each, dict) and each["added"] == 3
    assert [named["path"] for named in each["paths"]] == [settings, ".bashrc"]


def test_a_file_that_changed_in_several_saves_is_one_file() -> None:
    assert summed([once("added"), once("changed"), once("changed")]) == once("added")
    assert summed([once("added"), once("removed")]) == {"added": 0, "changed": 0, "removed": 0, "paths": []}
    assert summed([once("changed"), once("removed"), once("added")]) == once("changed")
    assert summed([once("added"), None]) is None
    several = {"added": 9, "changed": 0, "removed": 0, "paths": [{"path": "b", "how": "added"}]}
    assert summed([several, once("removed")]) == {
        "added": 9,
        "changed": 0,
        "removed": 1,
        "paths": [{"path": "b", "how": "added"}, *once("removed")["paths"]],
    }


def once(how: str) -> Answer:
    return {"added": 0, "changed": 0, "removed": 0, how: 1, "paths": [{"path": "a", "how": how}]}


def test_what_became_another_tiers_is_not_removed() -> None:
    seen = {tier: TierScan() for tier in TIERS}
    held = {tier: Held() for tier in TIERS}
    held["boot"].marks = {b".notes": 1}
    seen["work"].marks = {b".notes": 1}
    assert changes({tier: (seen[tier], held[tier]) for tier in TIERS}).count == {"added": 1, "changed": 0, "removed": 0}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "User",
        "User/workspaceStorage/79444258/vscode.lock",
        "User/workspaceStorage/79444258/chatSessions/0428a07b.jsonl",
        "User/globalStorage/agent-host.db",
        "User/caches/CachedConfigurations/folder/-b029cdf/configuration.json",
        "User/machineid",
        "User/profiles/-1a2b/globalStorage/state.vscdb",
        "coder.json",
        "window",
        "extensions",
    ],
)
def test_what_a_real_editor_writes_while_nobody_types_is_its_own(path: str) -> None:
    whole = f"{EDITOR_DATA}/{path}".rstrip("/")
    assert is_editors_own(whole)
    assert reported({whole: 1, **WORKED}, {whole: 2, **WORKED})[0] is False


@pytest.mark.parametrize(
    "path",
    [
        "User/settings.json",
        "User/keybindings.json",
        "User/snippets/python.json",
        "User/profiles/-1a2b/settings.json",
        "User/Backups/1/file/2",
        "window/4.139.jsonl.gz",
        "extensions/ms-python.python-1/package.json",
    ],
)
def test_what_the_member_set_is_theirs(path: str) -> None:
    assert not is_editors_own(f"{EDITOR_DATA}/{path}")


@pytest.mark.parametrize("path", ["proj/a.py", ".bashrc", ".local/share/code-server-notes", ".local/share/other/x"])
def test_whatever_is_elsewhere_is_the_members(path: str) -> None:
    assert not is_editors_own(path)


@pytest.mark.parametrize(
    ("path", "is_so"),
    [
        ("User/globalStorage/ms-python.python/state.json", True),
        ("User/workspaceStorage/79444258/redhat.java/jdt_ws/index", True),
        ("User/profiles/-1a2b/globalStorage/publisher.name/a/b", True),
        ("User/globalStorage/state.vscdb", False),
        ("User/workspaceStorage/79444258/vscode.lock", False),
        ("User/workspaceStorage/79444258/chatSessions/0428a07b.jsonl", False),
        ("logs/2026.11/globalStorage", False),
    ],
)
def test_what_an_extension_keeps_is_told_from_what_the_editor_writes(path: str, is_so: bool) -> None:
    whole = f"{EDITOR_DATA}/{path}"
    assert is_editors_own(whole)
    assert is_extensions(whole) is is_so
