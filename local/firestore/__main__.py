"""The process: `python -m local.firestore --port N --state DIR --rules FILE --project ID`.

The emulator's own --export-on-exit exports nothing (measured), and a killed one could not anyway: this one is asked
for an export every ten seconds and at the end.
"""

import argparse
import signal
import subprocess
import sys
import threading
from pathlib import Path

from local.firestore.export import Exports, NotExported
from local.firestore.find import emulator_jar
from local.ports import answers
from local.process import leashed

EXPORT_EVERY = 10.0  # seconds
MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.firestore", description="The Firestore emulator, kept.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder for the exports")
    parser.add_argument("--rules", type=Path, required=True, help="firestore.rules")
    parser.add_argument("--project", required=True)
    given = parser.parse_args()
    jar = emulator_jar()
    if jar is None:
        sys.exit("The Cloud SDK's Firestore emulator is not on this machine. `make doctor` says how to get it.")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    exports = Exports(given.state, given.port, given.project)
    emulator = subprocess.Popen(leashed(_command(jar, given.port, given.rules, exports.newest())))
    try:
        _keep(emulator, exports, given.port, stopping)
    finally:
        # Java's end on SIGTERM waits for clients to hang up; what matters is exported by now.
        emulator.kill()
        emulator.wait()


def _command(jar: Path, port: int, rules: Path, seed: Path | None) -> list[str]:
    # compiled once and simply: the better code never pays within the life of a local stack (measured)
    java = ["java", "-Duser.language=en", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", str(jar), MAIN_CLASS]
    seeded = [f"--seed_from_export={seed}"] if seed else []
    return [*java, "--host=127.0.0.1", f"--port={port}", f"--rules={rules}", *seeded]


def _keep(emulator: subprocess.Popen[bytes], exports: Exports, port: int, stopping: threading.Event) -> None:
    """Exports now and then, and once more when `stopping`. Ends the process when the emulator ends by itself.

    An emulator that does not answer is an outage, which those who use it must live with: it is asked again later.
    """
    while not answers(port):
        if stopping.wait(0.1):
            return
        _check(emulator)
    while not stopping.wait(EXPORT_EVERY):
        _check(emulator)
        _export(exports)
    _export(exports)


def _export(exports: Exports) -> None:
    try:
        exports.make()
    except NotExported as problem:
        print(f"The Firestore emulator's documents were not exported: {problem}", file=sys.stderr, flush=True)


def _check(emulator: subprocess.Popen[bytes]) -> None:
    if emulator.poll() is not None:
        sys.exit(f"The Firestore emulator ended by itself with exit code {emulator.returncode}.")


main()
