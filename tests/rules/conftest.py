"""The Firestore emulator with the rules of this checkout."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.ports import answers, free_base

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def firestore_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    port = free_base()
    options = {"--port": port, "--state": tmp_path_factory.mktemp("firestore"), "--rules": ROOT / "firestore.rules"}
    given = [str(each) for option in options.items() for each in option]
    process = subprocess.Popen([sys.executable, "-m", "local.firestore", *given, "--project", "demo-rules"], cwd=ROOT)
    try:
        while not answers(port):
            assert process.poll() is None, "the emulator did not start"
            time.sleep(0.1)
        yield {"FIRESTORE_EMULATOR_HOST": f"127.0.0.1:{port}"}
    finally:
        process.terminate()
        process.wait(20)
