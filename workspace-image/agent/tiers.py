"""Which tier of a checkpoint a path of the home belongs to, and what is never saved. Decided by names alone.

Tiers are restored in this order: the editor's needs first, the member's work, then what a tool could build again.
"""

import fnmatch
from dataclasses import dataclass

BOOT, WORK, DEPS = "boot", "work", "deps"
TIERS = (BOOT, WORK, DEPS)
NEVER = "never"

# The boot tier stands between the member and the editor, so a large file does not belong there. Bytes.
LARGE = 1_000_000

EDITOR_DATA = ".local/share/code-server"


@dataclass(frozen=True)
class Rule:
    """`pattern` is matched against the whole path, relative to the home; `*` stops at a slash, `**/` is any folder."""

    pattern: str
    tier: str
    reason: str


# The first rule that matches a path decides for it and for everything below it.
RULES = (
    Rule(".cache", NEVER, "caches: their tools fill them again"),
    Rule(".npm", NEVER, "npm's cache and logs; what npm installs is elsewhere"),
    Rule(f"{EDITOR_DATA}/logs", NEVER, "logs of this container's editor"),
    Rule(f"{EDITOR_DATA}/coder-logs", NEVER, "logs of this container's editor"),
    Rule(f"{EDITOR_DATA}/heartbeat", NEVER, "touched every minute, means nothing afterwards"),
    Rule(f"{EDITOR_DATA}/CachedExtensionVSIXs", NEVER, "downloads, already unpacked into the extensions"),
    Rule(f"{EDITOR_DATA}/CachedProfilesData", NEVER, "derived from the profiles by the editor"),
    Rule(f"{EDITOR_DATA}/extensions", DEPS, "the editor can install them again"),
    Rule(".local/lib", DEPS, "pip install --user and npm install -g put packages here"),
    Rule(".cargo/registry", DEPS, "crates, downloaded by cargo"),
    Rule(".rustup", DEPS, "toolchains, downloaded by rustup"),
    Rule("go/pkg", DEPS, "modules, downloaded by go"),
    Rule(".nvm/versions", DEPS, "Node versions, downloaded by nvm"),
    Rule(".pyenv/versions", DEPS, "Python versions, built by pyenv"),
    Rule(".m2/repository", DEPS, "artifacts, downloaded by Maven"),
    Rule(".gradle/caches", DEPS, "artifacts, downloaded by Gradle"),
    Rule("**/node_modules", DEPS, "npm can install them again"),
    Rule(f"{EDITOR_DATA}/User/History", WORK, "earlier versions of files: large, and shown only on demand"),
    Rule(EDITOR_DATA, BOOT, "settings, layout and history of the editor"),
    Rule(".config", BOOT, "settings of the member's tools"),
    Rule(".ssh", BOOT, "keys and known hosts"),
    Rule(".gnupg", BOOT, "keys"),
    Rule(".*", BOOT, "dot files at the top of the home are settings"),
    Rule("*", WORK, "everything else is the member's work"),
)

# A rule must not hand a whole folder to `boot` when deeper rules split it.
_SPLIT = (".local", ".local/share", ".cargo", ".nvm", ".pyenv", ".m2", ".gradle")

# What marks the folder it lies in as a virtual environment of Python.
VENV_MARK = "pyvenv.cfg"


def of_folder(path: str, above: str, *, is_venv: bool = False) -> str:
    """The tier of a folder and, unless a deeper rule says otherwise, of what is in it. `above` is its parent's."""
    if above in (NEVER, DEPS):
        return above
    if is_venv:
        return DEPS
    if path in _SPLIT:
        return WORK
    return _ruled(path) or above


def of_file(path: str, above: str, size: int) -> str:
    """The tier of a file or symlink of `size` bytes in a folder of the tier `above`."""
    if above in (NEVER, DEPS):
        return above
    tier = _ruled(path) or above
    return WORK if tier == BOOT and size > LARGE else tier


def _ruled(path: str) -> str | None:
    for rule in RULES:
        if _matches(path, rule.pattern):
            return rule.tier
    return None


def _matches(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return path.rpartition("/")[2] == pattern[3:]
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)
