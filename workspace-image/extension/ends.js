// Warns of the end of the plan's time and of the end for lack of activity. The minutes left are in the status bar, and
// one message comes before the earlier end.
"use strict";

const vscode = require("vscode");
const { Countdown, comesFirst } = require("./countdown");
const { atEnd, isFull, minutesAhead } = require("./words");

const SHORT = 600;

/** `keep` and `stop` tell the agent what the member has chosen, and `seeUsage` opens Ondol's page on it. The minutes go on
 *  between two messages of the agent. */
exports.Ends = class Ends {
  constructor(words, keep, stop, seeUsage) {
    Object.assign(this, { words, keep, stop, seeUsage });
    this.countdown = new Countdown();
    this.directive = "continue";
    this.storage = null;
    this.item = vscode.window.createStatusBarItem("ondol.time", vscode.StatusBarAlignment.Right, 102);
    this.item.name = "Ondol";
    this.item.command = "ondol.menu";
    this.item.tooltip = words.timeTooltip;
    this.timer = setInterval(() => this.draw(), 1000);
  }

  show(news) {
    const before = this.directive;
    this.directive = news.directive;
    this.storage = news.storage;
    this.countdown.learn(news.time_left, Date.now() / 1000);
    if (news.directive === "warn" && before !== "warn" && comesFirst(news) === "idle") this.warnOfIdle(news.idle_in ?? 0);
    this.draw();
  }

  draw() {
    const { words, countdown, item } = this;
    const now = Date.now() / 1000;
    const left = countdown.remaining(now);
    if (left === null) {
      item.hide();
    } else {
      item.text = `$(watch) ${left < 3600 ? words.timeLeft(minutesAhead(left)) : words.hoursLeft(Math.floor(left / 3600))}`;
      item.backgroundColor = left <= SHORT ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
      item.show();
    }
    const warned = countdown.warning(now);
    if (warned !== null) this.warnOfTime(minutesAhead(warned));
  }

  async warnOfIdle(seconds) {
    const { words } = this;
    const text = this.withSaving(words.warning(minutesAhead(seconds)));
    const choice = await vscode.window.showWarningMessage(text, words.keep, words.saveAndStop);
    if (choice === words.keep) this.keep();
    else if (choice === words.saveAndStop) this.stop();
  }

  async warnOfTime(minutes) {
    const { words } = this;
    const text = this.withSaving(words.timeWarning(minutes));
    const choice = await vscode.window.showWarningMessage(text, words.keep, words.saveAndStop, words.usage);
    if (choice === words.keep) this.keep();
    else if (choice === words.saveAndStop) this.stop();
    else if (choice === words.usage) this.seeUsage();
  }

  /** The warning of an end with what is saved before, and what is not. */
  withSaving(warning) {
    const { words, storage } = this;
    if (!isFull(storage)) return `${warning} ${words.savedFirst}`;
    return [warning, ...atEnd(words, storage), words.restSavedFirst].join(" ");
  }

  dispose() {
    clearInterval(this.timer);
    this.item.dispose();
  }
};
