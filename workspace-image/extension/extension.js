// Tells the slot's agent that the member is at work and what the member asks for. Tells the member the state of the
// session.
"use strict";

const vscode = require("vscode");
const { watchActivity } = require("./activity");
const { Commands } = require("./commands");
const { Ends } = require("./ends");
const { tellLasting } = require("./lasting");
const { Line } = require("./line");
const { RestoreStatus, StorageWarning } = require("./status");
const { length, wordsFor } = require("./words");

exports.activate = async (context) => {
  const path = process.env.ONDOL_EDITOR_SOCKET;
  if (!path) return;
  await new Promise((begun) => {
    let show = null;
    const line = new Line(path, (news) => {
      show ??= begin(context, line, news.language);
      show(news);
      begun();
    });
    context.subscriptions.push(line);
  });
};

/**
 * Begins once the agent has said the language of the page that opened the editor, whose own language may be another.
 * Returns what shows the agent's news.
 */
function begin(context, line, ofPage) {
  const language = (ofPage || vscode.env.language).startsWith("ko") ? "ko" : "en";
  const words = wordsFor(language);
  const say = (event) => line.say(event);
  const commands = new Commands(words, language, process.env.ONDOL_PAGE, say);
  const ends = new Ends(words, () => say("keep"), () => commands.stopAtOnce(), () => commands.usage());
  const restore = new RestoreStatus(words, () => commands.page());
  const storage = new StorageWarning(words, () => commands.page());
  context.subscriptions.push(ends, restore, storage, commands, ...watchActivity(() => say("activity")));
  return (news) => {
    tellBrowser(news);
    commands.learn(news);
    ends.show(news);
    restore.show(news.restore);
    if (news.storage) storage.show(news.storage);
    if (news.loss) tellOfLoss(words, news.loss, () => commands.page());
  };
}

/** Has the part in the browser show the age of the newest save: that part runs on when the container is gone. */
function tellBrowser({ saved_ago, late }) {
  vscode.commands.executeCommand("ondol.told", { saved_ago, late }).then(undefined, () => {
    // the part in the browser has not started yet: the next message comes soon
  });
}

/** Says from when the files are, because the session before this one was cut off. */
function tellOfLoss(words, { saved_ago: ago }, seePage) {
  tellLasting(ago === null ? words.lostAll : words.lost(length(words, ago)), words.seePlans, seePage);
}
