"""Plays Ondol's extension in Node, where a stand-in of the editor's interface keeps what is called."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX

STANDINS = Path(__file__).with_name("standins")
EXTENSION = ROOT / "workspace-image/extension"
BROWSERS_PART = ROOT / "workspace-image/browser-extension"
BEGIN = """
const { mock } = require("node:test");
const vscode = require("vscode");
const { calls, answers, listeners, ran, status } = vscode.standin;
const extension = (module) => require(`${process.argv[1]}/${module}`);
const { wordsFor } = extension("words");
(async () => { %s })().then((result) => { console.log(JSON.stringify(result)); process.exit(); });
"""


def played(play: str, home: Path, part: Path = EXTENSION) -> Any:
    """What the script `play` returns, as JSON carries it. `home`: the member's. `part`: the folder of the extension's
    part, in the slot or in the browser."""
    done = subprocess.run(
        [str(PREFIX / "bin/node"), "-e", BEGIN % play, str(part)],
        env={"NODE_PATH": str(STANDINS), "HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)
