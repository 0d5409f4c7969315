// "Saved 12 s ago" in the status bar. The seconds go on between two messages of the agent.
"use strict";

const vscode = require("vscode");
const { length } = require("./words");

exports.SaveStatus = class SaveStatus {
  constructor(words) {
    this.words = words;
    this.savedAt = null;
    this.lost = false;
    this.over = false;
    this.late = false;
    this.item = vscode.window.createStatusBarItem("ondol.saved", vscode.StatusBarAlignment.Right, 100);
    this.item.name = "Ondol";
    this.item.command = "ondol.menu";
    this.item.show();
    this.timer = setInterval(() => this.draw(), 1000);
    this.draw();
  }

  told(news) {
    this.savedAt = news.saved_ago === null ? null : Date.now() - news.saved_ago * 1000;
    if (news.late && !this.late) {
      vscode.window.showWarningMessage(this.words.lateWarning(news.saved_ago === null ? null : length(this.words, news.saved_ago)));
    }
    this.late = Boolean(news.late);
    this.draw();
  }

  connected({ lost, over }) {
    Object.assign(this, { lost, over: Boolean(over) });
    this.draw();
  }

  draw() {
    const { words, savedAt, lost, late, item } = this;
    const seconds = savedAt === null ? null : (Date.now() - savedAt) / 1000;
    const ago = seconds === null ? null : length(words, seconds);
    const isNew = seconds !== null && seconds < 1;
    const saved = ago === null ? words.never : late || lost ? words.late(ago) : isNew ? words.justNow : words.saved(ago);
    item.text = lost ? `$(debug-disconnect) ${words.lost} · ${saved}` : `$(${late ? "warning" : "cloud"}) ${saved}`;
    if (this.over) item.text = `$(circle-slash) ${words.ended}`;
    item.tooltip = lost ? words.lostTooltip : late ? words.lateTooltip : words.tooltip;
    const background = this.over ? null : lost ? "statusBarItem.errorBackground" : late ? "statusBarItem.warningBackground" : null;
    item.backgroundColor = background ? new vscode.ThemeColor(background) : undefined;
  }

  dispose() {
    clearInterval(this.timer);
    this.item.dispose();
  }
};
