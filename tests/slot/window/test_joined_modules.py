"""workspace-image/join.mjs makes one file of an extension's modules, for VS Code loads a single one in the browser."""

import subprocess
from pathlib import Path

from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX

NODE = PREFIX / "node/node_modules/.bin/node"


def joined(folder: Path, **modules: str) -> subprocess.CompletedProcess[str]:
    folder.mkdir()
    (folder / "package.json").write_text('{"browser": "./extension.js"}')
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    command = [str(NODE), str(ROOT / "workspace-image/join.mjs"), str(folder), str(folder / "joined")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_modules_require_each_other_and_what_the_editor_has(tmp_path: Path) -> None:
    done = joined(
        tmp_path / "extension",
        extension="""
            const { count } = require("./counter");
            const { again } = require("./other");
            exports.activate = () => [count(), again(), require("node:path").basename("/a/b")].join(" ");
            // the end of a module may be a comment""",
        counter='"use strict"; let counted = 0; exports.count = () => ++counted;',
        other='exports.again = require("./counter").count;',
    )
    assert done.returncode == 0, done.stderr
    file = tmp_path / "extension/joined/extension.js"
    told = subprocess.run(
        [str(NODE), "-p", f"require({str(file)!r}).activate()"], capture_output=True, text=True, check=True
    )
    assert told.stdout == "1 2 b\n", "each module is loaded once"
    assert (file.parent / "package.json").read_text() == '{"browser": "./extension.js"}'


def test_a_module_that_is_missing_is_found_when_the_image_is_built(tmp_path: Path) -> None:
    done = joined(tmp_path / "extension", extension='require("./gone");')
    assert done.returncode != 0
    assert "./gone" in done.stderr
