// Offers the member what was typed before a session was lost.
"use strict";

const vscode = require("vscode");

/** Offers the texts that a lost session left in this browser, until the member has answered. */
exports.Offer = class Offer {
  constructor(words, store, typed) {
    this.words = words;
    this.store = store;
    this.typed = typed;
    this.texts = [];
    this.item = vscode.window.createStatusBarItem("ondol.unsaved", vscode.StatusBarAlignment.Right, 104);
    this.item.name = "Ondol";
    this.item.command = "ondol.unsaved";
    this.item.backgroundColor = new vscode.ThemeColor("statusBarItem.warningBackground");
    this.command = vscode.commands.registerCommand("ondol.unsaved", () => this.ask());
  }

  async make() {
    for (const text of await this.store.leftBehind()) {
      const isOpen = this.typed.all().get(text.document)?.text === text.text; // the editor restored it itself
      if (!isOpen && !(await isThere(text))) {
        this.texts.push(text);
        continue;
      }
      await this.typed.keep(text);
      await this.store.remove(text.key);
    }
    await this.ask();
  }

  async ask() {
    const { words, texts } = this;
    if (!texts.length) return this.item.hide();
    this.item.text = `$(history) ${words.waiting(texts.length)}`;
    this.item.tooltip = words.offer(names(words, texts));
    this.item.show();
    // of messages with buttons, the editor takes those away by itself that are no error
    const choice = await vscode.window.showErrorMessage(words.offer(names(words, texts)), words.bringBack, words.discard);
    if (choice === undefined || !this.texts.length) return;
    const failed = [];
    const offered = this.texts.splice(0);
    for (const text of offered) {
      try {
        // the oldest comes first: of two windows' texts of one file the newest goes into the file
        const newest = offered.findLast(({ document }) => document === text.document);
        if (choice === words.bringBack) await bringBack(text === newest ? text : { ...text, path: null });
        await this.store.remove(text.key);
      } catch (error) {
        console.error("Ondol: a text could not be brought back", text.name, error);
        failed.push(text);
      }
    }
    this.texts = failed;
    this.item.hide();
    if (failed.length) {
      this.item.text = `$(history) ${words.waiting(failed.length)}`;
      this.item.show();
      vscode.window.showErrorMessage(words.failed(names(words, failed)));
    }
  }

  dispose() {
    this.item.dispose();
    this.command.dispose();
  }
};

/** The address of a file in this container. */
const uriOf = ({ path }) =>
  vscode.Uri.from({ scheme: "vscode-remote", authority: new URL(self.origin).host, path });

async function read(text) {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uriOf(text)));
  } catch {
    return null;
  }
}

/** Whether the file, or an open document without a file, has this text already. */
async function isThere(text) {
  if (text.path === null) return vscode.workspace.textDocuments.some((document) => document.getText() === text.text);
  return plain(await read(text)) === plain(text.text);
}

const plain = (text) => text?.replaceAll("\r\n", "\n");

/** Opens the document and puts the text in, as one change that can be undone. */
async function bringBack(text) {
  const { window, workspace, Range } = vscode;
  if (text.path === null) {
    await window.showTextDocument(await workspace.openTextDocument({ language: text.language, content: text.text }));
    return;
  }
  if ((await read(text)) === null) await workspace.fs.writeFile(uriOf(text), new Uint8Array());
  const document = await workspace.openTextDocument(uriOf(text));
  const editor = await window.showTextDocument(document, { preview: false });
  const all = new Range(0, 0, document.lineCount, 0);
  if (!(await editor.edit((change) => change.replace(all, text.text)))) throw new Error("the editor refused the change");
}

function names(words, texts) {
  const told = texts.slice(0, 3).map(({ name }) => visible(name));
  if (texts.length > told.length) told.push(words.more(texts.length - told.length));
  return told.join(", ");
}

/** A name without invisible characters, which could change how the text around the name is read. */
function visible(name) {
  const told = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return told.length > 60 ? `…${told.slice(-59)}` : told;
}
