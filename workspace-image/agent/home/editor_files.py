"""Which files the editor writes for itself. A save includes these files; a change in them alone causes no save. A
change in an extension's storage waits some minutes for one.

An editor that nobody types into keeps writing: a lock each five seconds, its heartbeat each minute, logs, its own
storage. While these counted as the member's work, a snapshot was made every 20 s, all of them alike.
"""

import re

from agent.home.tiers import EDITOR_DATA

# The member's part of the editor's data: a path below it; with a slash at the end, everything in that folder.
MEMBERS = {
    "User/settings.json": "the member's settings",
    "User/keybindings.json": "the member's keys",
    "User/tasks.json": "the member's tasks for all folders",
    "User/mcp.json": "the member's servers for tools",
    "User/argv.json": "the display language that the member has chosen",
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
"""Folders that the editor writes by itself, in a profile too."""
_EXTENSIONS = re.compile(r"/(globalStorage|workspaceStorage/[^/]+)/[^/]+\.[^/]+/")
"""A folder there with an extension's name, which has the publisher before the dot."""


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
    """For a file of the editor's own: whether an extension keeps settings, sign-ins or notes in it."""
    return _EXTENSIONS.search(path) is not None


def is_known_by_name(path: str) -> bool:
    """Whether the file's name means something to a member. The editor chooses the names of extensions' files, of the
    window's files, and of backups of unsaved text."""
    return path in _EXACT or not path.startswith(f"{EDITOR_DATA}/")
