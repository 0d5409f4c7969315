"""The process: `python -m local.firestore.make_archive`. Uses an emulator as the functions do, so that it loads what
they need, and has Java write its classes to the archive when it ends.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from google.auth.credentials import AnonymousCredentials
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from local.firestore.class_archive import archive_path
from local.firestore.emulator import command
from local.firestore.export import Exports
from local.firestore.jar import emulator_jar
from local.firestore.java import java_program
from local.ports import answers, free_base
from local.process import ending_with_this_process

ROOT = Path(__file__).parents[2]
PROJECT = "demo-ondol"
READY_WITHIN = 120.0  # seconds
ENDS_WITHIN = 120.0  # seconds; it writes the archive meanwhile


def main() -> None:
    jar, java = emulator_jar(ROOT), java_program(ROOT)
    if jar is None or java is None:
        sys.exit("The Firestore emulator or Java is not on this machine. `make doctor` says how to get it.")
    archive = archive_path(ROOT, java, jar)
    shutil.rmtree(archive.parent, ignore_errors=True)  # of another Java or another emulator
    archive.parent.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        written = Path(folder) / "classes.jsa"
        _run(java, jar, written, Path(folder))
        if not written.exists():
            print("This Java makes no archive of classes. The emulator starts without one.")
            written.touch()
        written.rename(archive)


def _run(java: Path, jar: Path, archive: Path, folder: Path) -> None:
    port = free_base()
    rules = f"--rules={ROOT / 'firestore.rules'}"
    argv = command(java, jar, port, rules, options=[f"-XX:ArchiveClassesAtExit={archive}"])
    emulator = subprocess.Popen(ending_with_this_process(argv))
    try:
        ends = time.monotonic() + READY_WITHIN
        while not answers(port):
            if emulator.poll() is not None or time.monotonic() > ends:
                sys.exit("The Firestore emulator did not start.")
            time.sleep(0.1)
        _use(port)
        Exports(folder, port, PROJECT).make()
        emulator.terminate()
        emulator.wait(ENDS_WITHIN)
    finally:
        emulator.kill()
        emulator.wait()


def _use(port: int) -> None:
    """A commit with a precondition, a read and a query, over gRPC."""
    os.environ["FIRESTORE_EMULATOR_HOST"] = f"127.0.0.1:{port}"
    client = firestore.Client(project=PROJECT, credentials=AnonymousCredentials())
    try:
        reference = client.collection("classes").document("one")
        batch = client.batch()
        batch.create(reference, {"number": 1})
        batch.commit()
        option = client.write_option(last_update_time=reference.get().update_time)
        reference.update({"number": 2}, option=option)
        list(client.collection("classes").where(filter=FieldFilter("number", ">=", 1)).limit(1).stream())
    finally:
        client.close()


main()
