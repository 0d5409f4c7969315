// Keeps in this browser what is typed, until it is saved.
"use strict";

const vscode = require("vscode");

// A text is stored this long after a change. A longer text is stored as much less often as it is longer, so that the
// browser is never busy with it.
const WRITE_AFTER_MS = 300;
const LONG_TEXT = 1_000_000;
// A save that began before a file was written may end after the write, and not have the file. The save after it has the
// file, and so has a save that ends this much later than the write.
const SURELY_SAVED_MS = 60_000;

/** The name of a document, the same in every session. */
const nameOf = (document) => document.uri.with({ authority: "" }).toString();

/** Keeps the text of each changed document in the store, from the first change until a save certainly has it. */
exports.TypedTexts = class TypedTexts {
  /** Calls `tell` with the number of documents that are not written to a file yet, whenever the number changes. */
  constructor(store, tell) {
    this.store = store;
    this.tell = tell;
    this.unwritten = 0;
    this.texts = new Map();
    this.timers = new Map();
    const { workspace } = vscode;
    this.subscriptions = [
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => contentChanges.length && this.changed(document)),
      // A text that an untitled document opens with is no change of it: one that was brought back, for example.
      workspace.onDidOpenTextDocument((document) => document.isDirty && this.changed(document)),
      workspace.onDidSaveTextDocument((document) => this.written(document)),
      workspace.onDidCloseTextDocument((document) => this.closed(document)),
    ];
    for (const document of workspace.textDocuments) if (document.isDirty) this.changed(document);
  }

  all() {
    return this.texts;
  }

  /** Keeps a text that another window left behind, which its file has already: no save may have the file yet. */
  async keep(text) {
    if (text.path === null || this.texts.has(text.document)) return;
    this.texts.set(text.document, { ...text, written: Date.now(), saves: 0 });
    await this.store.put(this.texts.get(text.document));
  }

  changed(document) {
    if (!["vscode-remote", "untitled"].includes(document.uri.scheme)) return;
    const key = nameOf(document);
    // The document was read again because a program wrote the file, or it is again as in the file: what was typed before
    // no longer counts.
    if (!document.isDirty && (document.isUntitled || !this.texts.has(key))) return this.forget(key);
    const isFile = document.uri.scheme === "vscode-remote";
    this.texts.set(key, {
      document: key,
      path: isFile ? document.uri.path : null,
      name: document.uri.path.split("/").pop(),
      language: document.languageId,
      text: document.getText(),
      changed: Date.now(),
      written: document.isDirty ? null : Date.now(),
      saves: 0,
    });
    this.writeLater(key);
    this.count();
  }

  written(document) {
    const text = this.texts.get(nameOf(document));
    if (text) {
      Object.assign(text, { written: Date.now(), saves: 0 });
      this.writeLater(text.document); // the cover leaves out what a session's last save has
    }
    this.count();
  }

  count() {
    const unwritten = [...this.texts.values()].filter(({ written }) => written === null).length;
    if (unwritten === this.unwritten) return;
    this.unwritten = unwritten;
    this.tell(unwritten);
  }

  /** The editor asks before it closes a document that is not written. So the member has given up its text. */
  closed(document) {
    // A change of language closes a document, and opens it again at once. An untitled document gets its language while
    // somebody types.
    if (vscode.workspace.textDocuments.includes(document)) return;
    const key = nameOf(document);
    if (this.texts.get(key)?.written === null) this.forget(key);
  }

  /** To be called when the newest save is known: it ended at `moment`, in milliseconds. */
  saved(moment) {
    if (this.newest !== undefined && moment < this.newest + 1000) return; // the same save
    this.newest = moment;
    for (const text of this.texts.values()) {
      if (text.written === null || moment < text.written) continue;
      text.saves += 1;
      if (text.saves > 1 || moment > text.written + SURELY_SAVED_MS) this.forget(text.document);
    }
  }

  forget(key) {
    clearTimeout(this.timers.get(key));
    this.timers.delete(key);
    const text = this.texts.get(key);
    if (this.texts.delete(key)) this.store.remove(this.store.keyOf(text));
    this.count();
  }

  writeLater(key) {
    if (this.timers.has(key)) return;
    const write = () => {
      this.timers.delete(key);
      const text = this.texts.get(key);
      if (text) this.store.put(text);
    };
    const long = Math.max(1, this.texts.get(key).text.length / LONG_TEXT);
    this.timers.set(key, setTimeout(write, WRITE_AFTER_MS * long));
  }

  dispose() {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
};
