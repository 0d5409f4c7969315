"""Packs the tiers of the home that changed: a program of its own, run as the member, so it can read no more than they.

`python -m agent.pack` reads its orders as JSON from its input, `{"home": path, "known": {tier: fingerprint}, "pipes":
{tier: descriptor}}`. It writes each changed tier to its pipe as a zstd-compressed POSIX tar, and one JSON line about
all tiers, or about why not, to its output.

Open waits for its first look at the home, so it imports little: the agent's settings alone would take as long again.
"""

import json
import os
import subprocess
import sys
from typing import Any, NoReturn

from agent.errors import PackingFailed, reason_of
from agent.walk import Contents, walk

TAR = [
    "tar",
    "--create",
    "--file=-",
    "--format=posix",
    "--pax-option=delete=atime,delete=ctime",
    "--sparse",
    "--numeric-owner",
    "--no-recursion",
    "--ignore-failed-read",
    "--null",
    "--verbatim-files-from",
    "--files-from=-",
]
ZSTD = ["zstd", "-3", "--quiet", "--stdout"]

# The home goes on changing while it is packed; the next checkpoint has what this one missed.
HARMLESS = (
    "No such file or directory",
    "File removed before we read it",
    "file changed as we read it",
    "padding with zeros",
    "Exiting with failure status due to previous errors",
)


def main() -> None:
    # whoever starts it early lets it wait here, all imports done
    request = json.load(sys.stdin)
    try:
        print(json.dumps(pack(os.fsencode(request["home"]), request["known"], request["pipes"])))
    except PackingFailed as error:
        _fail(str(error))
    except Exception as error:  # its text may hold a file's name
        _fail(type(error).__name__)


def _fail(reason: str) -> NoReturn:
    print(json.dumps({"failed": reason}))
    sys.exit(1)


def pack(home: bytes, known: dict[str, str], pipes: dict[str, int]) -> dict[str, dict[str, Any]]:
    """Walks `home` once and packs what differs from `known`; a tier without a pipe is only looked at.

    Closes every pipe. Raises PackingFailed, whose text has the program's reason without the member's file names.
    """
    report = {}
    for tier, contents in walk(home).items():
        changed = contents.fingerprint != known.get(tier)
        if tier in pipes:
            if changed and contents.paths:
                contents.left_out += _write(home, contents, pipes[tier])
            os.close(pipes[tier])
        report[tier] = {
            "fingerprint": contents.fingerprint,
            "entries": len(contents.paths),
            "logical_bytes": contents.logical_bytes,
            "left_out": contents.left_out,
            "changed": changed,
        }
    return report


def _write(home: bytes, contents: Contents, pipe: int) -> int:
    """How many entries could not be read after all."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
    tar = subprocess.Popen(
        TAR, cwd=home, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    zstd = subprocess.Popen(ZSTD, env=environment, stdin=tar.stdout, stdout=pipe)
    assert tar.stdout is not None  # noqa: S101  for the type checker: it was asked for above
    tar.stdout.close()
    # "./" in front, so that no name looks like an option
    _, complaints = tar.communicate(b"".join(b"./" + path + b"\0" for path in contents.paths))
    if zstd.wait() != 0:
        raise PackingFailed(f"zstd ended with {zstd.returncode}")
    serious = [line for line in complaints.decode(errors="replace").splitlines() if not line.endswith(HARMLESS)]
    unread = [line for line in serious if ": Warning: Cannot " in line]
    if tar.returncode != 0 and serious:
        raise PackingFailed(f"tar ended with {tar.returncode}: {reason_of(serious[0])}")
    return len(unread)


if __name__ == "__main__":
    main()
