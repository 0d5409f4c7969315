// Warns of the end of the plan's time and of the end for lack of activity. The minutes left are in the status bar, and
// one message comes before the earlier end. The last message stays until it is answered or no longer true.
"use strict";

const vscode = require("vscode");
const { Countdown, comesFirst } = require("./countdown");
const { atEnd, isFull, minutesAhead } = require("./words");

const SHORT = 600;
// the editor takes a warning away after 12 s, and leaves only an error with buttons
const LAST = 120;

/** `keep` and `stop` tell the agent what the member has chosen, and `seeUsage` opens Ondol's page on it. The minutes go on
 *  between two messages of the agent. */
exports.Ends = class Ends {
  constructor(words, keep, stop, seeUsage) {
    Object.assign(this, { words, keep, stop, seeUsage });
    this.countdown = new Countdown();
    this.storage = null;
    this.idleEndsAt = null;
    this.asked = null;
    this.item = vscode.window.createStatusBarItem("ondol.time", vscode.StatusBarAlignment.Right, 102);
    this.item.name = "Ondol";
    this.item.command = "ondol.menu";
    this.timer = setInterval(() => this.draw(), 1000);
  }

  show(news) {
    this.storage = news.storage;
    const now = Date.now() / 1000;
    const wasIdle = this.idleEndsAt !== null;
    this.countdown.learn(news.time_left, now);
    const isIdle = news.directive === "warn" && comesFirst(news) === "idle";
    this.idleEndsAt = isIdle ? now + (news.idle_in ?? 0) : null;
    if (isIdle && !wasIdle) this.warnOfIdle(news.idle_in ?? 0);
    this.draw();
  }

  draw() {
    const { words, countdown, item } = this;
    const now = Date.now() / 1000;
    const idle = this.idleEndsAt === null ? null : Math.max(0, this.idleEndsAt - now);
    const left = idle ?? countdown.remaining(now);
    item.tooltip = idle === null ? words.timeTooltip : words.warning(minutesAhead(idle));
    if (left === null) {
      item.hide();
    } else {
      item.text = `$(watch) ${left < 3600 ? words.timeLeft(minutesAhead(left)) : words.hoursLeft(Math.floor(left / 3600))}`;
      item.backgroundColor = left <= SHORT ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
      item.show();
    }
    const warned = countdown.warning(now);
    if (warned !== null) this.warnOfTime(warned);
    const isTrue = { idle: idle !== null, time: countdown.left(now) !== null };
    if (this.asked && !isTrue[this.asked.end]) this.putAway();
  }

  async warnOfIdle(seconds) {
    await this.ask("idle", "showErrorMessage", this.withSaving(this.words.warning(minutesAhead(seconds))));
  }

  async warnOfTime(seconds) {
    const { words } = this;
    const text = this.withSaving(words.timeWarning(minutesAhead(seconds)));
    await this.ask("time", seconds <= LAST ? "showErrorMessage" : "showWarningMessage", text, words.usage);
  }

  async ask(end, show, text, ...more) {
    const { words } = this;
    if (this.asked) this.putAway();
    const asked = show === "showErrorMessage" ? { end } : null;
    this.asked = asked;
    const choice = await vscode.window[show](text, words.keep, words.saveAndStop, ...more);
    if (this.asked === asked) this.asked = null;
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

  /** The editor has no way to take one message back: those that are shown go where its bell leads. */
  putAway() {
    this.asked = null;
    vscode.commands.executeCommand("notifications.hideToasts");
  }

  dispose() {
    clearInterval(this.timer);
    this.item.dispose();
  }
};
