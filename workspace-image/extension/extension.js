// Tells the slot's agent that the member is at work, and the member how their session stands.
"use strict";

const vscode = require("vscode");
const { Countdown } = require("./countdown");
const { Line } = require("./line");
const { leftOut, length, minutesAhead, size, wordsFor } = require("./words");

const AT_MOST_EVERY_MS = 5000;
const LANGUAGE_WITHIN_MS = 5000;

exports.activate = async (context) => {
  const path = process.env.ONDOL_EDITOR_SOCKET;
  if (!path) return;
  const words = wordsFor(await browsersLanguage());
  const warning = new Warning(words, () => line.say("keep"));
  const time = new TimeLeft(words, process.env.ONDOL_PAGE);
  const restore = new RestoreStatus(words);
  const storage = new StorageWarning(words, process.env.ONDOL_PAGE);
  const line = new Line(path, (news) => {
    tellBrowser(news);
    warning.show(news);
    time.show(news.time_left);
    restore.show(news.restore);
    if (news.storage) storage.show(news.storage);
    if (news.loss) tellOfLoss(words, news.loss);
  });
  context.subscriptions.push(line, time, restore, storage, ...watchActivity(() => line.say("activity")));
};

/** The language of the browser: the editor's own stays English until a language pack is installed. */
async function browsersLanguage() {
  const never = new Promise((resolve) => setTimeout(resolve, LANGUAGE_WITHIN_MS));
  try {
    return (await Promise.race([vscode.commands.executeCommand("ondol.language"), never])) ?? vscode.env.language;
  } catch {
    return vscode.env.language;
  }
}

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

/** Shown by the part of the extension that runs in the browser: it still speaks when the container is gone. */
function tellBrowser({ saved_ago, late }) {
  vscode.commands.executeCommand("ondol.told", { saved_ago, late }).then(undefined, () => {
    // a window whose browser does not have it yet: the next news come soon
  });
}

/** The session before this one was cut off: says of what time the files are. */
function tellOfLoss(words, { saved_ago: ago }) {
  vscode.window.showWarningMessage(ago === null ? words.lostAll : words.lost(length(words, ago)));
}

/** What is still on its way into the home, in the status bar; and once, what came from an older save, or not at all. */
class RestoreStatus {
  constructor(words) {
    this.words = words;
    this.told = new Set();
    this.item = vscode.window.createStatusBarItem("ondol.restore", vscode.StatusBarAlignment.Right, 101);
    this.item.name = "Ondol";
  }

  show({ done, total, tiers, older, inconsistent = [] }) {
    const { words } = this;
    const coming = Object.keys(tiers).filter((tier) => tiers[tier] === "waiting" || tiers[tier] === "fetching");
    if (coming.length) {
      const percent = total ? Math.min(99, Math.floor((100 * done) / total)) : 0;
      this.item.text = `$(sync~spin) ${words.restoring(coming.map((tier) => words.tiers[tier]).join(", "), percent)}`;
      this.item.show();
    } else {
      this.item.hide();
    }
    for (const tier of Object.keys(tiers)) {
      if (tiers[tier] === "failed") this.tell(tier, words.unrestored(words.tiers[tier]));
      else if (tier in older) {
        const ago = length(words, Date.now() / 1000 - older[tier]);
        this.tell(tier, words.older(words.tiers[tier], ago));
      }
    }
    if (!coming.length && inconsistent.length) this.tell("inconsistent", words.inconsistent(inconsistent.join(", ")));
  }

  tell(tier, message) {
    if (this.told.has(tier)) return;
    this.told.add(tier);
    vscode.window.showWarningMessage(message);
  }

  dispose() {
    this.item.dispose();
  }
}

/** What is not saved, in the status bar until all of it is, and in a message when something new is left out. */
class StorageWarning {
  constructor(words, page) {
    this.words = words;
    this.page = page;
    this.told = new Set();
    this.state = "ok";
    this.storage = null;
    this.item = vscode.window.createStatusBarItem("ondol.storage", vscode.StatusBarAlignment.Right, 103);
    this.item.name = "Ondol";
    this.item.command = "ondol.notSaved";
    this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.errorBackground");
    this.command = vscode.commands.registerCommand("ondol.notSaved", () => this.tell());
  }

  show(storage) {
    const { words } = this;
    const before = this.state;
    Object.assign(this, { storage, state: storage.state });
    const { entries, count, bytes } = storage.left_out;
    if (count === 0) {
      this.item.hide();
      this.told.clear();
      if (storage.state === "over" && before !== "over") vscode.window.showWarningMessage(words.over(storage));
      return;
    }
    this.item.text = `$(warning) ${words.notSaved(size(bytes))}`;
    this.item.tooltip = leftOut(words, storage);
    this.item.show();
    const isNew = entries.some(({ path }) => !this.told.has(path));
    this.told = new Set(entries.map(({ path }) => path));
    if (isNew) this.tell();
  }

  /** An error with a button stays until it is answered. */
  async tell() {
    if (!this.storage?.left_out.count) return;
    const { seePlans } = this.words;
    const choice = await vscode.window.showErrorMessage(leftOut(this.words, this.storage), seePlans);
    if (choice === seePlans) vscode.env.openExternal(vscode.Uri.parse(this.page));
  }

  dispose() {
    this.item.dispose();
    this.command.dispose();
  }
}

/** The last minutes of the plan's time, in the status bar, and two warnings. It counts on by itself between two messages of the agent. */
class TimeLeft {
  constructor(words, page) {
    this.words = words;
    this.page = page;
    this.countdown = new Countdown();
    this.item = vscode.window.createStatusBarItem("ondol.time", vscode.StatusBarAlignment.Right, 102);
    this.item.name = "Ondol";
    this.item.tooltip = words.timeTooltip;
    this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    this.timer = setInterval(() => this.draw(), 1000);
  }

  show(left) {
    this.countdown.learn(left, Date.now() / 1000);
    this.draw();
  }

  draw() {
    const { words, countdown, item } = this;
    const now = Date.now() / 1000;
    const left = countdown.left(now);
    if (left === null) {
      item.hide();
    } else {
      item.text = `$(watch) ${words.timeLeft(minutesAhead(left))}`;
      item.show();
    }
    const warned = countdown.warning(now);
    if (warned !== null) this.warn(words.timeWarning(minutesAhead(warned)));
  }

  async warn(text) {
    const { usage } = this.words;
    const choice = await vscode.window.showWarningMessage(text, usage);
    if (choice === usage) vscode.env.openExternal(vscode.Uri.parse(this.page));
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
    const text = this.words.warning(minutesAhead(news.idle_in ?? 0));
    const choice = await vscode.window.showWarningMessage(text, this.words.keep);
    if (choice === this.words.keep) this.keep();
  }
}
