"""What the extension takes for work of the member's."""

import json
from pathlib import Path

from tests.slot.window.playing import played

A_CHANGE = {"contentChanges": [{"text": "x"}]}
WORK = {
    "workspace.onDidChangeTextDocument": A_CHANGE,
    "workspace.onDidChangeNotebookDocument": {},
    "window.onDidChangeTextEditorSelection": {},
    "window.onDidChangeTextEditorVisibleRanges": {},
    "window.onDidChangeActiveTextEditor": {},
    "window.onDidChangeActiveNotebookEditor": {},
    "window.onDidChangeNotebookEditorSelection": {},
    "window.onDidChangeNotebookEditorVisibleRanges": {},
    "window.onDidChangeWindowState": {},
    "window.onDidOpenTerminal": {},
    "window.onDidCloseTerminal": {},
    "window.onDidChangeActiveTerminal": {},
    "window.onDidStartTerminalShellExecution": {},
    "tasks.onDidStartTask": {},
    "debug.onDidStartDebugSession": {},
    "debug.onDidChangeActiveStackItem": {},
    "debug.onDidChangeBreakpoints": {},
}
"""What happens in the editor, and what comes with it."""
BY_PROGRAMS = {
    "workspace.onDidChangeTextDocument",
    "workspace.onDidChangeNotebookDocument",
    "window.onDidChangeWindowState",
    "debug.onDidChangeBreakpoints",
}
"""What also happens without the member: it is work only in a window that has the focus."""
PLAY = """
let now = 1_000_000;
let told = 0;
Date.now = () => now;
const kept = extension("activity").watchActivity(() => (told += 1));
const tells = (happens, after) => {
  const before = told;
  now += after;
  happens();
  return told > before;
};
const happenings = { ...listeners, "the window tells": ran["ondol.active"] };
const given = %s;
const seen = {};
for (const [name, listener] of Object.entries(happenings)) {
  const happens = () => listener(given[name]);
  vscode.window.state.focused = true;
  seen[name] = { first: tells(happens, 10_000), soon: tells(happens, 9_999), later: tells(happens, 1) };
  vscode.window.state.focused = false;
  seen[name].unfocused = tells(happens, 10_000);
}
vscode.window.state.focused = true;
const marked = tells(() => listeners["workspace.onDidChangeTextDocument"]({ contentChanges: [] }), 10_000);
for (const each of kept) each.dispose();
return [seen, marked, Object.keys({ ...listeners, ...ran })];
"""


def test_each_thing_that_a_member_does_is_told_at_most_every_ten_seconds(tmp_path: Path) -> None:
    seen, marked, left = played(PLAY % json.dumps(WORK), tmp_path)
    assert seen == {
        name: {"first": True, "soon": False, "later": True, "unfocused": name not in BY_PROGRAMS}
        for name in [*WORK, "the window tells"]
    }
    assert not marked, "a document that is only marked as saved has not changed"
    assert left == [], "all of it ends with the extension"


WINDOW = """
const { readFileSync } = require("node:fs");
const told = [];
const heard = {};
const given = {
  UNSAVED: {}, STATE: {}, element: () => ({}),
  BroadcastChannel: class { postMessage(message) { told.push(message); } },
  addEventListener: (kind, listener) => { heard[kind] = listener; },
  performance: { now: () => now },
};
let now = 1_000_000;
const editing = readFileSync(process.argv[1] + "/../window/editing.js", "utf8");
new Function(...Object.keys(given), editing)(...Object.values(given));
const tells = (kind, event, after) => {
  const before = told.length;
  now += after;
  heard[kind]({ type: kind, target: "the terminal", isTrusted: true, ...event });
  return told.slice(before);
};
const { beforeunload, ...doings } = heard;
const seen = Object.keys(doings).map((kind) => {
  const target = kind === "focus" ? globalThis : "the terminal";
  const byScript = tells(kind, { target, isTrusted: false }, 10_000);
  return [kind, tells(kind, { target }, 0), tells(kind, { target }, 9_999), byScript];
});
return [seen, tells("focus", {}, 10_000)];
"""


def test_the_window_tells_of_what_no_extension_sees_such_as_keys_in_a_terminal(tmp_path: Path) -> None:
    seen, moved_within = played(WINDOW, tmp_path)
    doings = ["keydown", "pointerdown", "wheel", "touchmove", "input", "paste", "drop", "focus"]
    assert seen == [[kind, [{"active": True}], [], []] for kind in doings]
    assert moved_within == [], "the editor moves the focus within its window by itself"
