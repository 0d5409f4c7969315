"""The process: `python -m local.firestore --port N --state DIR --rules FILE --project ID`.

The emulator's own --export-on-exit exports nothing (measured), and a killed emulator exports nothing either. So this
process asks the emulator for an export every ten seconds and at the end.
"""

import argparse
import signal
import subprocess
import sys
import threading
from pathlib import Path

from local.firestore.class_archive import start_options
from local.firestore.emulator import command
from local.firestore.export import Exports, NotExported
from local.firestore.jar import emulator_jar
from local.firestore.java import java_program
from local.ports import answers
from local.process import ending_with_this_process

ROOT = Path(__file__).parents[2]
EXPORT_EVERY = 10.0  # seconds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.firestore", description="The Firestore emulator, kept.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True, help="folder for the exports")
    parser.add_argument("--rules", type=Path, required=True, help="firestore.rules")
    parser.add_argument("--project", required=True)
    given = parser.parse_args()
    jar, java = emulator_jar(ROOT), java_program(ROOT)
    if jar is None or java is None:
        sys.exit("The Firestore emulator or Java is not on this machine. `make doctor` says how to get it.")
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    exports = Exports(given.state, given.port, given.project)
    seed = exports.newest()
    arguments = [f"--rules={given.rules}", *([f"--seed_from_export={seed}"] if seed else [])]
    argv = command(java, jar, given.port, *arguments, options=start_options(ROOT, java, jar))
    emulator = subprocess.Popen(ending_with_this_process(argv))
    try:
        _keep(emulator, exports, given.port, stopping)
    finally:
        # on SIGTERM Java waits until clients hang up; the documents are exported by now
        emulator.kill()
        emulator.wait()


def _keep(emulator: subprocess.Popen[bytes], exports: Exports, port: int, stopping: threading.Event) -> None:
    """Exports every EXPORT_EVERY seconds, and once more when `stopping`. Ends the process when the emulator ends by
    itself.

    An emulator that does not answer is an outage for its clients too: the next export is tried as usual.
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
