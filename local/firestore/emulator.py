"""The command that runs Google's Firestore emulator."""

from collections.abc import Sequence
from pathlib import Path

MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


def command(program: Path, jar: Path, port: int, *arguments: str, options: Sequence[str] = ()) -> list[str]:
    """`options` are Java's, `arguments` the emulator's."""
    # C1 only: the second compiler's code never pays within the life of a local stack (measured)
    java = [str(program), "-Duser.language=en", "-Xmx512m", "-XX:TieredStopAtLevel=1", *options]
    return [*java, "-cp", str(jar), MAIN_CLASS, "--host=127.0.0.1", f"--port={port}", *arguments]
