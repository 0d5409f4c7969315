// Tells the slot's agent that the member is at work and what the member asks for. Tells the member the state of the
// session.
"use strict";

const vscode = require("vscode");
const { watchActivity } = require("./activity");
const { Commands } = require("./commands");
const { Ends } = require("./ends");
const { Line } = require("./line");
const { RestoreStatus, StorageWarning } = require("./status");
const { length, wordsFor } = require("./words");

const LANGUAGE_WITHIN_MS = 5000;

exports.activate = async (context) => {
  const path = process.env.ONDOL_EDITOR_SOCKET;
  if (!path) return;
  const page = process.env.ONDOL_PAGE;
  const language = (await accountsLanguage()).startsWith("ko") ? "ko" : "en";
  const words = wordsFor(language);
  const say = (event) => line.say(event);
  const ends = new Ends(words, page, () => say("keep"), () => say("stop"));
  const restore = new RestoreStatus(words);
  const storage = new StorageWarning(words, page);
  const commands = new Commands(words, language, page, say);
  const line = new Line(path, (news) => {
    tellBrowser(news);
    ends.show(news);
    restore.show(news.restore);
    commands.learn(news);
    if (news.storage) storage.show(news.storage);
    if (news.loss) tellOfLoss(words, news.loss);
  });
  context.subscriptions.push(line, ends, restore, storage, commands, ...watchActivity(() => say("activity")));
};

/** The language of the member's account. The part in the browser knows it. The editor's language may be another. */
async function accountsLanguage() {
  const never = new Promise((resolve) => setTimeout(resolve, LANGUAGE_WITHIN_MS));
  try {
    return (await Promise.race([vscode.commands.executeCommand("ondol.language"), never])) ?? vscode.env.language;
  } catch {
    return vscode.env.language;
  }
}

/** Has the part in the browser show the age of the newest save: that part runs on when the container is gone. */
function tellBrowser({ saved_ago, late }) {
  vscode.commands.executeCommand("ondol.told", { saved_ago, late }).then(undefined, () => {
    // the part in the browser has not started yet: the next message comes soon
  });
}

/** Says from when the files are, because the session before this one was cut off. */
function tellOfLoss(words, { saved_ago: ago }) {
  vscode.window.showWarningMessage(ago === null ? words.lostAll : words.lost(length(words, ago)));
}
