// Watches what a member does in the editor, as far as extensions see it. The window's own script sees the rest, also in a
// terminal: keys, scrolling and the pointer. It calls the command `ondol.active`.
"use strict";

const vscode = require("vscode");

const AT_MOST_EVERY_MS = 10_000;

/** Calls `active` at most every ten seconds while the member works. A program that only goes on running does not count. */
exports.watchActivity = (active) => {
  let last = 0;
  const seen = () => {
    if (Date.now() - last < AT_MOST_EVERY_MS) return;
    last = Date.now();
    active();
  };
  const { debug, tasks, window, workspace } = vscode;
  // a program that writes into an open file changes the document too: a change counts as the member's only while the
  // window has the focus
  const focused = () => window.state.focused && seen();
  return [
    vscode.commands.registerCommand("ondol.active", seen),
    workspace.onDidChangeTextDocument((change) => change.contentChanges.length && focused()),
    workspace.onDidChangeNotebookDocument(focused),
    window.onDidChangeTextEditorSelection(seen),
    window.onDidChangeTextEditorVisibleRanges(seen),
    window.onDidChangeActiveTextEditor(seen),
    window.onDidChangeActiveNotebookEditor(seen),
    window.onDidChangeNotebookEditorSelection(seen),
    window.onDidChangeNotebookEditorVisibleRanges(seen),
    window.onDidChangeWindowState(focused),
    window.onDidOpenTerminal(seen),
    window.onDidCloseTerminal(seen),
    window.onDidChangeActiveTerminal(seen),
    window.onDidStartTerminalShellExecution(seen),
    tasks.onDidStartTask(seen),
    debug.onDidStartDebugSession(seen),
    debug.onDidChangeActiveStackItem(seen),
    debug.onDidChangeBreakpoints(focused),
  ];
};
