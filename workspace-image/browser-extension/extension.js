// The part of Ondol's extension that runs in the browser, where it outlives the container. It keeps what is typed until
// that is saved, offers it back after a loss, and shows how old the newest save is. VS Code loads a single file of such
// an extension: join.mjs makes that file of these modules.
"use strict";

const vscode = require("vscode");
const { Offer } = require("./offer");
const { SaveStatus } = require("./status");
const { Store } = require("./store");
const { TypedTexts } = require("./typed");
const { wordsFor } = require("./words");

// shared with the page's script, which knows whether the container answers
const CHANNEL = "ondol-window";
// a page that is slow to load answers late; one without Ondol's script never does
const LANGUAGE_WITHIN_MS = 10_000;

exports.activate = async (context) => {
  const channel = new BroadcastChannel(CHANNEL);
  let kept = null;
  const keep = async () => {
    const store = await Store.open();
    kept = new TypedTexts(store, (unsaved) => channel.postMessage({ unsaved, window: store.window }));
    context.subscriptions.push(kept);
    return store;
  };
  const keeping = keep(); // before anything is waited for: the member may be typing already
  const language = await languageOf(channel);
  const words = wordsFor(language);
  const status = new SaveStatus(words);
  const told = (news) => {
    status.told(news);
    if (news.saved_ago === null) return;
    const savedAt = Date.now() - news.saved_ago * 1000;
    channel.postMessage({ savedAt });
    kept?.saved(savedAt);
  };
  context.subscriptions.push(
    status,
    vscode.commands.registerCommand("ondol.told", told),
    vscode.commands.registerCommand("ondol.downloaded", (path) => channel.postMessage({ download: path })),
  );
  channel.onmessage = ({ data }) => {
    if ("lost" in data) status.connected(data);
    // the member types or scrolls, also in a terminal
    if (data.active) vscode.commands.executeCommand("ondol.active").then(undefined, () => {});
  };
  context.subscriptions.push({ dispose: () => channel.close() });
  // Not awaited: a question may stay open for long, and commands must be answered meanwhile.
  const offer = async () => {
    const made = new Offer(words, await keeping, kept);
    context.subscriptions.push(made);
    await made.make();
  };
  offer().catch((error) => console.error("Ondol: what is typed is not kept in this browser", error));
};

/** The language of the page that opened it, which the editor's page knows; the browser's language if that does not answer. */
function languageOf(channel) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(navigator.language), LANGUAGE_WITHIN_MS);
    channel.onmessage = ({ data }) => {
      if (!data.language) return;
      clearTimeout(timer);
      resolve(data.language);
    };
    channel.postMessage({ asks: "language" });
  });
}
