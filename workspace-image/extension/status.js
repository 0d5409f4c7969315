// Shows what is still being restored, and what is not saved for lack of room: in the status bar, and once in a message.
"use strict";

const vscode = require("vscode");
const { lead } = require("./home");
const { tellLasting } = require("./lasting");
const { leftOut, length, size, visible } = require("./words");

/** Shows in the status bar what is still being restored. Says once what came from an older save, and what could not be
 * restored. */
exports.RestoreStatus = class RestoreStatus {
  /** `seePage` opens Ondol's page. */
  constructor(words, seePage) {
    this.words = words;
    this.seePage = seePage;
    this.told = new Set();
    this.isListed = false;
    this.item = vscode.window.createStatusBarItem("ondol.restore", vscode.StatusBarAlignment.Right, 101);
    this.item.name = "Ondol";
  }

  show({ done, total, tiers, older, inconsistent = [], unnamed = 0 }) {
    const { words } = this;
    const coming = Object.keys(tiers).filter((tier) => tiers[tier] === "waiting" || tiers[tier] === "fetching");
    if (coming.length) {
      const percent = total ? Math.min(99, Math.floor((100 * done) / total)) : 0;
      this.item.text = `$(sync~spin) ${words.restoring(coming.map((tier) => words.tiers[tier]).join(", "), percent)}`;
      this.item.show();
    } else {
      this.item.hide();
      this.list();
    }
    for (const tier of Object.keys(tiers)) {
      if (tiers[tier] === "failed") this.tell(tier, words.unrestored(words.tiers[tier]));
      else if (tier in older) {
        const ago = length(words, Date.now() / 1000 - older[tier]);
        this.tell(tier, words.older(words.tiers[tier], ago));
      }
    }
    if (coming.length || !inconsistent.length) return;
    const names = inconsistent.map(visible).join(", ");
    this.tell("inconsistent", unnamed ? words.someInconsistent(names, unnamed) : words.inconsistent(names));
  }

  /** Has the explorer list the home again: it lists the home before it watches it, and misses files that come in between. */
  list() {
    if (this.isListed) return;
    this.isListed = true;
    vscode.commands.executeCommand("workbench.files.action.refreshFilesExplorer");
  }

  tell(tier, message) {
    if (this.told.has(tier)) return;
    this.told.add(tier);
    tellLasting(message, this.words.seePlans, this.seePage);
  }

  dispose() {
    this.item.dispose();
  }
};

/** Shows in the status bar what is not saved, until everything is. A message says when something new is left out. */
exports.StorageWarning = class StorageWarning {
  /** `seePage` opens Ondol's page. */
  constructor(words, seePage) {
    this.words = words;
    this.seePage = seePage;
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
      if (storage.state === "over" && before !== "over") tellLasting(words.over(storage), words.seePlans, this.seePage);
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
    const { words, storage } = this;
    const choice = await vscode.window.showErrorMessage(leftOut(words, storage), words.show, words.seePlans);
    if (choice === words.show) await this.lead(storage.left_out.entries);
    else if (choice === words.seePlans) this.seePage();
  }

  /** Leads to where a thing lies that is not saved, and asks to which if there are several. */
  async lead(entries) {
    const items = entries.map(({ path, bytes }) => ({ label: visible(path), description: size(bytes), path }));
    const [only, ...others] = items;
    const chosen = others.length ? await vscode.window.showQuickPick(items, { title: this.words.showWhich }) : only;
    if (chosen) await lead(chosen.path);
  }

  dispose() {
    this.item.dispose();
    this.command.dispose();
  }
};
