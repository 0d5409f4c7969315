"""What the extension's part in the browser keeps of what is typed, and what it then tells the cover: neither needs an
editor."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkout import ROOT
from tests.support.slot.container import PREFIX

TYPED = ROOT / "workspace-image/browser-extension/typed.js"
# `play` sees a document that the member changes, what the store has of it, and a clock that it moves itself
PLAY = """
const { mock } = require("node:test");
mock.timers.enable({ apis: ["setTimeout", "Date"] });
const { workspace } = require("vscode");
const { TypedTexts } = require(process.argv[1]);
const stored = new Map();
let puts = 0;
const store = {
  keyOf: ({ document }) => document,
  put: (text) => { puts += 1; stored.set(text.document, { ...text }); },
  remove: (key) => stored.delete(key),
};
const typed = new TypedTexts(store, () => {});
const documentOf = (name, text) => {
  const uri = { scheme: "vscode-remote", path: name, with: () => uri, toString: () => name };
  return { uri, text, isDirty: true, isUntitled: false, languageId: "plaintext", getText() { return this.text; } };
};
const change = (document, text) => {
  Object.assign(document, { text, isDirty: true });
  workspace.changed({ document, contentChanges: [text] });
};
const save = (document) => { document.isDirty = false; workspace.saved(document); };
console.log(JSON.stringify((() => { %s })()));
"""
# of the editor's interface, as much as the module takes
EDITOR = """
const workspace = { textDocuments: [] };
const on = (name) => (listener) => { workspace[name] = listener; return { dispose() {} }; };
Object.assign(workspace, {
  onDidChangeTextDocument: on("changed"),
  onDidOpenTextDocument: on("opened"),
  onDidSaveTextDocument: on("saved"),
  onDidCloseTextDocument: on("closed"),
});
exports.workspace = workspace;
"""


@pytest.fixture
def editor(tmp_path: Path) -> Path:
    (tmp_path / "vscode.js").write_text(EDITOR)
    return tmp_path


def played(editor: Path, play: str) -> Any:
    command = [str(PREFIX / "bin/node"), "-e", PLAY % play, str(TYPED)]
    done = subprocess.run(
        command, env={"NODE_PATH": str(editor)}, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def test_a_large_text_is_kept_too_and_written_as_much_less_often_as_it_is_larger(editor: Path) -> None:
    kept = played(
        editor,
        """
        const [small, large] = [documentOf("small", ""), documentOf("large", "")];
        change(small, "x".repeat(1000));
        change(large, "x".repeat(5_000_000));
        mock.timers.tick(300);
        const soon = [...stored.keys()];
        mock.timers.tick(1_200);
        const later = stored.get("large")?.text.length;
        for (let at = 0; at < 90; at++) { change(large, "x".repeat(5_000_000 + at)); mock.timers.tick(100); }
        return [soon, later, puts];
        """,
    )
    assert kept == [["small"], 5_000_000, 2 + 5], "nine seconds of typing write it five times"


def test_what_another_window_left_and_the_file_has_is_kept_until_saves_have_it(editor: Path) -> None:
    kept = played(
        editor,
        """
        mock.timers.tick(10_000);
        const left = { document: "file", path: "/file", text: "typed", changed: 1, written: null, key: "other" };
        const newer = documentOf("changed since", "");
        change(newer, "newer");
        typed.keep(left);
        typed.keep({ ...left, document: "changed since" });
        typed.keep({ ...left, document: "no file", path: null });
        mock.timers.tick(1_000);
        const at = [...stored].map(([name, { text }]) => [name, text]);
        typed.saved(9_000); // a save from before
        typed.saved(12_000);
        const after = stored.has("file");
        typed.saved(14_000);
        return [at, after, stored.has("file")];
        """,
    )
    assert kept == [[["file", "typed"], ["changed since", "newer"]], True, False]


def test_the_store_knows_that_a_text_was_written_into_its_file(editor: Path) -> None:
    kept = played(
        editor,
        """
        const document = documentOf("file", "");
        change(document, "typed");
        mock.timers.tick(300);
        const before = stored.get("file").written;
        save(document);
        mock.timers.tick(300);
        return [before, stored.get("file").written];
        """,
    )
    assert kept == [None, 300]
