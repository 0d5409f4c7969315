"""Clones a repository by its address."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from agent.projects.coming import Coming, Failed, Ready, Step
from agent.projects.folder_names import free_folder, plain_name

LONGEST_ADDRESS = 2_000
GITHUB = "github.com"
"""The only host that a token is sent to."""
_HELPER = """!f() { test "$1" = get && printf 'username=x-access-token\\npassword=%s\\n' "$ONDOL_GITHUB_TOKEN"; }; f"""
"""What git asks for a password. git asks with the name of the host that wants one, so a host to which GitHub redirects
gets none. A header in git's configuration would go to that host too, with the second request."""
_PROGRESS = re.compile(r"(Receiving objects|Resolving deltas|Updating files): +(\d+)%")
_STEPS = {"Receiving objects": "receiving", "Resolving deltas": "resolving", "Updating files": "checking-out"}
_NOT_READABLE = re.compile(r"could not read Username|Authentication failed|error: 40[134]|not found", re.IGNORECASE)
_NOT_REACHED = re.compile(r"Could not resolve host|Failed to connect|timed out|Connection refused", re.IGNORECASE)
_LAST_LINES = 5


def is_address(address: str) -> bool:
    """Whether `address` is a repository's at an https address, without a user or a password in it."""
    try:
        parts = urlsplit(address)
        is_whole = parts.scheme == "https" and bool(parts.hostname) and len(parts.path) > 1 and parts.port != 0
    except ValueError:
        return False
    is_plain = address.isprintable() and " " not in address and "@" not in parts.netloc
    return is_whole and is_plain and len(address) <= LONGEST_ADDRESS


def clone(home: Path, address: str, token: str) -> Coming:
    """Clones into a new folder of the home. `token` is GitHub's, and may be empty; git keeps it in no file."""
    folder = free_folder(home, plain_name(urlsplit(address).path))
    git = subprocess.Popen(
        ["git", "clone", "--progress", "--", address, str(folder)],
        env={**os.environ, **_environment(address, token)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,  # a line may end with a carriage return, as git's lines of progress do
        errors="replace",
    )
    last: list[str] = []
    before: Step | None = None
    for line in git.stderr or ():
        found = _PROGRESS.search(line)
        step = Step(_STEPS[found[1]], int(found[2])) if found else None
        if step is None:
            last = [*last, line.strip()][-_LAST_LINES:]
        elif step != before:
            yield step
        before = step or before
    yield Ready(str(folder)) if git.wait() == 0 else _failure("\n".join(last)[-1_000:])


def _environment(address: str, token: str) -> dict[str, str]:
    """git asks nobody for a password, and speaks https only, whatever a redirection names."""
    plain = {
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "/bin/false",
        "GIT_ALLOW_PROTOCOL": "https",
        # a host that sends next to nothing is given up
        "GIT_HTTP_LOW_SPEED_LIMIT": "1000",
        "GIT_HTTP_LOW_SPEED_TIME": "60",
    }
    if not token or urlsplit(address).hostname != GITHUB:
        return plain
    return {
        **plain,
        "ONDOL_GITHUB_TOKEN": token,
        "GIT_CONFIG_COUNT": "2",
        # none of the member's own helpers is asked, or told what to keep
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": "",
        "GIT_CONFIG_KEY_1": f"credential.https://{GITHUB}.helper",
        "GIT_CONFIG_VALUE_1": _HELPER,
    }


def _failure(complaint: str) -> Failed:
    if _NOT_READABLE.search(complaint):
        return Failed("repository-not-readable", complaint)
    if _NOT_REACHED.search(complaint):
        return Failed("repository-not-reached", complaint)
    return Failed("repository-not-cloned", complaint)
