// Tells the slot's agent that the member is at work, and the member how their session stands.
"use strict";

const vscode = require("vscode");
const { Line } = require("./line");
const { length, wordsFor } = require("./words");

const AT_MOST_EVERY_MS = 5000;

exports.activate = (context) => {
  const path = process.env.ONDOL_EDITOR_SOCKET;
  if (!path) return;
  const words = wordsFor(vscode.env.language);
  const status = new SaveStatus(words);
  const warning = new Warning(words, () => line.say("keep"));
  const line = new Line(path, (news) => {
    status.show(news);
    warning.show(news);
    if (news.loss) tellOfLoss(words, news.loss);
  });
  context.subscriptions.push(line, status, ...watchActivity(() => line.say("activity")));
};

/** Calls `active` at most every five seconds while the member types, moves, looks around or uses a terminal. */
function watchActivity(active) {
  let last = 0;
  const seen = () => {
    if (Date.now() - last < AT_MOST_EVERY_MS) return;
    last = Date.now();
    active();
  };
  const { window, workspace } = vscode;
  return [
    // a program that writes into an open file changes the document too: only a focused window is the member's doing
    workspace.onDidChangeTextDocument((change) => {
      if (window.state.focused && change.contentChanges.length) seen();
    }),
    window.onDidChangeTextEditorSelection(seen),
    window.onDidChangeTextEditorVisibleRanges(seen),
    window.onDidChangeActiveTextEditor(seen),
    window.onDidChangeWindowState((state) => state.focused && seen()),
    window.onDidOpenTerminal(seen),
    window.onDidCloseTerminal(seen),
    window.onDidChangeActiveTerminal(seen),
    window.onDidStartTerminalShellExecution(seen),
  ];
}

/** The session before this one was cut off: says of what time the files are. */
function tellOfLoss(words, { saved_ago: ago }) {
  vscode.window.showWarningMessage(ago === null ? words.lostAll : words.lost(length(words, ago)));
}

/** "Saved 12 s ago" in the status bar. It counts on by itself between two messages of the agent. */
class SaveStatus {
  constructor(words) {
    this.words = words;
    this.savedAt = null;
    this.item = vscode.window.createStatusBarItem("ondol.saved", vscode.StatusBarAlignment.Right, 100);
    this.item.name = "Ondol";
    this.item.tooltip = words.tooltip;
    this.item.show();
    this.timer = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  show(news) {
    this.savedAt = news.saved_ago === null ? null : Date.now() - news.saved_ago * 1000;
    this.draw();
  }

  draw() {
    const { words, savedAt } = this;
    const text = savedAt === null ? words.never : words.saved(length(words, (Date.now() - savedAt) / 1000));
    this.item.text = `$(cloud) ${text}`;
  }

  dispose() {
    clearInterval(this.timer);
    this.item.dispose();
  }
}

/** Warns once each time the control plane begins to warn. */
class Warning {
  constructor(words, keep) {
    this.words = words;
    this.keep = keep;
    this.directive = "continue";
  }

  async show(news) {
    const before = this.directive;
    this.directive = news.directive;
    if (news.directive === before) return;
    if (news.directive === "drain") vscode.window.showWarningMessage(this.words.ending);
    if (news.directive !== "warn") return;
    const minutes = Math.max(1, Math.round((news.idle_in ?? 0) / 60));
    const choice = await vscode.window.showWarningMessage(this.words.warning(minutes), this.words.keep);
    if (choice === this.words.keep) this.keep();
  }
}
