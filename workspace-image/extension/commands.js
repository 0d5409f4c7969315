// Ondol's commands in the palette, in the language of the page, and the menu that the status bar opens.
"use strict";

const vscode = require("vscode");
const { zipped } = require("./archive");
const { inHome } = require("./home");
const { listening } = require("./ports");
const { atEnd, isFull, savedExcept } = require("./words");

const SAVED_WITHIN_MS = 60_000;
// things that the question before a stop names of each kind
const MOST_NAMED = 10;
// the palette shows a command's title as package.json has it: each command is there once for each language
const IDS = ["menu", "saveNow", "stop", "versions", "usage", "download", "port", "page"];

exports.Commands = class Commands {
  /** `say` sends an event to the agent; `page` is the origin of Ondol's page. */
  constructor(words, language, page, say) {
    Object.assign(this, { words, origin: page, say });
    this.askedSaves = 0;
    this.storage = null;
    this.listeners = new Set();
    vscode.commands.executeCommand("setContext", "ondol.language", language);
    this.registered = IDS.flatMap((id) =>
      [`ondol.${id}`, `ondol.ko.${id}`].map((name) => vscode.commands.registerCommand(name, (given) => this[id](given))),
    );
  }

  learn({ asked_saves: made, saving, storage }) {
    this.askedSaves = made;
    this.storage = storage;
    for (const listener of this.listeners) listener(made, saving);
  }

  async menu() {
    const { titles } = this.words;
    const items = IDS.slice(1).map((id) => ({ label: titles[id], id }));
    const chosen = await vscode.window.showQuickPick(items, { title: "Ondol" });
    if (chosen) await this[chosen.id]();
  }

  async saveNow() {
    const { words } = this;
    await vscode.workspace.saveAll(false);
    const since = this.askedSaves;
    const saved = new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), SAVED_WITHIN_MS);
      const listener = (made, saving) => {
        if (made <= since || saving) return;
        clearTimeout(timer);
        this.listeners.delete(listener);
        resolve(true);
      };
      this.listeners.add(listener);
    });
    this.say("save");
    const progress = { location: vscode.ProgressLocation.Window, title: words.saving };
    if (!(await vscode.window.withProgress(progress, () => saved))) vscode.window.showWarningMessage(words.notSavedYet);
    else if (isFull(this.storage)) vscode.window.showWarningMessage(savedExcept(words, this.storage));
    else vscode.window.setStatusBarMessage(`$(check) ${words.allSaved}`, 5000);
  }

  /** Names in its question what is not saved, and what of it is lost. */
  async stop() {
    const { words, storage } = this;
    await vscode.workspace.saveAll(false);
    const full = isFull(storage);
    const asked = full ? { modal: true, detail: atEnd(words, storage, MOST_NAMED).join("\n\n") } : { modal: true };
    const choice = await vscode.window.showInformationMessage(full ? words.stopAskFull : words.stopAsk, asked, words.saveAndStop);
    if (choice) this.say("stop");
  }

  /** Stops at one click, as a warning offers it. Asks first if something is not saved. */
  async stopAtOnce() {
    if (isFull(this.storage)) await this.stop();
    else this.say("stop");
  }

  async versions() {
    const { words } = this;
    const uri = vscode.window.activeTextEditor?.document.uri;
    if (uri?.scheme !== "file") return vscode.window.showInformationMessage(words.noFile);
    const ways = [
      { label: words.timeline, detail: words.timelineWhat, run: () => vscode.commands.executeCommand("files.openTimeline", uri) },
      { label: words.restoreSaved, run: () => vscode.commands.executeCommand("workbench.action.localHistory.restoreViaPicker") },
      { label: words.history, detail: words.historyWhat, run: () => this.open(`history?path=${encodeURIComponent(inHome(uri))}`) },
    ];
    const way = await vscode.window.showQuickPick(ways, { title: words.titles.versions });
    await way?.run();
  }

  async download(given) {
    const { words } = this;
    const folders = given ? [given] : await vscode.window.showOpenDialog({ canSelectFiles: false, canSelectFolders: true });
    if (!folders?.length) return;
    const progress = { location: vscode.ProgressLocation.Notification, title: words.packing };
    try {
      const path = await vscode.window.withProgress(progress, () => zipped(folders[0].fsPath));
      await vscode.commands.executeCommand("ondol.downloaded", path);
    } catch (error) {
      vscode.window.showErrorMessage(words.notPacked(String(error.stderr || error.message).trim().slice(0, 200)));
    }
  }

  async port() {
    const { words } = this;
    const ports = await listening(process.getuid());
    const other = { label: words.otherPort };
    const hint = { label: words.hotReload, detail: words.hotReloadWhat };
    const items = ports.map((port) => ({ label: String(port), description: `/proxy/${port}/`, port }));
    const chosen = await vscode.window.showQuickPick([...items, other, hint], { title: words.titles.port, placeHolder: words.portWhat });
    if (!chosen || chosen === hint) return;
    const port = chosen.port ?? (await vscode.window.showInputBox({ title: words.otherPort, validateInput: (text) => this.portError(text) }));
    if (port) await vscode.env.openExternal(vscode.Uri.parse(`http://localhost:${port}/`));
  }

  portError(text) {
    return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) < 65_536 ? undefined : this.words.noPort;
  }

  usage() {
    return this.open("usage");
  }

  page() {
    return this.open();
  }

  /** Opens Ondol's page at a path. */
  open(place = "") {
    return vscode.env.openExternal(vscode.Uri.parse(`${this.origin}/${place}`, true));
  }

  dispose() {
    for (const command of this.registered) command.dispose();
  }
};
