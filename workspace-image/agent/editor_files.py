"""Which files the editor writes for itself. They are saved with whatever else is, and no save is made for them alone;
for what an extension keeps there, not at once.

An editor that nobody types into goes on writing: a lock each five seconds, its heartbeat each minute, logs, storage of
its own. Taken for the member's work, that was a snapshot every 20 s, all of them alike.
"""

import re

from agent.tiers import EDITOR_DATA

# Of the editor's data only this is the member's: a whole path below it, or with a slash at its end, all of a folder.
MEMBERS = {
    "User/settings.json": "the member's settings",
    "User/keybindings.json": "the member's keys",
    "User/tasks.json": "the member's tasks for all folders",
    "User/mcp.json": "the member's servers for tools",
    "User/snippets/": "the member's snippets",
    "User/prompts/": "the member's prompts",
    "User/profiles/": "other sets of settings, keys and snippets",
    "User/History/": "earlier versions of files: written when the member saves one",
    "User/Backups/": "what was typed and not saved yet",
    "Machine/settings.json": "the member's settings for this machine",
    "extensions/": "the member installs them",
    "window/": "open files and layout, which change when the member changes them",
}
_EXACT = {f"{EDITOR_DATA}/{path}" for path in MEMBERS if not path.endswith("/")}
_BELOW = tuple(f"{EDITOR_DATA}/{path}" for path in MEMBERS if path.endswith("/"))
_WRITTEN_INSIDE = ("/globalStorage", "/workspaceStorage")
"""Folders of the editor's own, in a profile too."""
_EXTENSIONS = re.compile(r"/(globalStorage|workspaceStorage/[^/]+)/[^/]+\.[^/]+/")
"""A folder in these that has the name of an extension, with its publisher before the dot."""


def is_editors_own(path: str) -> bool:
    """Whether the editor writes the file at `path`, relative to the home, for itself."""
    if path != EDITOR_DATA and not path.startswith(f"{EDITOR_DATA}/"):
        return False
    if path in _EXACT:
        return False
    if path.startswith(_BELOW):
        return path.startswith(f"{EDITOR_DATA}/User/profiles/") and any(part in path for part in _WRITTEN_INSIDE)
    return True


def is_extensions(path: str) -> bool:
    """Of what `is_editors_own`: whether an extension keeps it, as its settings, sign-ins or notes."""
    return _EXTENSIONS.search(path) is not None


def is_known_by_name(path: str) -> bool:
    """Whether its name tells a member something. The editor has names of its own for the files of extensions, of the
    window, and of what was typed and not saved yet."""
    return path in _EXACT or not path.startswith(f"{EDITOR_DATA}/")
