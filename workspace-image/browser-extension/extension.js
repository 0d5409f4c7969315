// The part of Ondol's extension that runs in the browser, where it outlives the container: it keeps what is typed until
// that is saved, offers it back after a loss, and tells how old the newest save is. The editor loads one file only here.
"use strict";

const vscode = require("vscode");

const WORDS = {
  en: {
    never: "Not saved yet",
    saved: (ago) => `Saved ${ago} ago`,
    late: (ago) => `Last saved ${ago} ago`,
    justNow: "Saved just now",
    lost: "Connection lost",
    ended: "Session ended",
    tooltip: "Ondol saves your workspace while you work, within half a minute, and when the session ends.",
    lateTooltip: "Saving takes longer than usual. What you changed since the last save is not saved yet. Ondol keeps trying.",
    lateWarning: (ago) =>
      `Saving takes longer than usual: ${ago === null ? "nothing was saved in this session yet" : `the newest save is ${ago} old`}. Your files are still in this workspace. Ondol keeps trying. Leave the workspace open until it is saved.`,
    lostTooltip: "What you typed is kept in this browser until the workspace is open again.",
    offer: (names) =>
      `The connection was lost before this was saved: ${names}. The text is kept in this browser. Restore it in the editor?`,
    waiting: (count) => `Unsaved text (${count})`,
    bringBack: "Restore",
    discard: "Discard",
    more: (count) => `and ${count} more`,
    failed: (names) => `This text could not be restored: ${names}. The text is still kept in this browser.`,
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
    hours: (n) => `${n} h`,
  },
  ko: {
    never: "아직 저장되지 않음",
    saved: (ago) => `${ago} 전에 저장됨`,
    late: (ago) => `마지막 저장: ${ago} 전`,
    justNow: "방금 저장됨",
    lost: "연결 끊김",
    ended: "세션 종료",
    tooltip: "온돌은 작업하는 동안 30초 안에, 그리고 세션이 끝날 때 작업 공간을 저장합니다.",
    lateTooltip: "저장이 평소보다 오래 걸리고 있습니다. 마지막 저장 뒤의 변경은 아직 저장되지 않았습니다. 온돌이 계속 저장을 시도하고 있습니다.",
    lateWarning: (ago) =>
      `저장이 평소보다 오래 걸립니다. ${ago === null ? "아직 저장된 것이 없습니다." : `마지막 저장은 ${ago} 전입니다.`} 파일은 이 작업 공간에 그대로 있습니다. 온돌이 계속 저장을 시도하고 있으니, 저장될 때까지 작업 공간을 열어 두세요.`,
    lostTooltip: "입력한 내용은 작업 공간이 다시 열릴 때까지 이 브라우저에 보관됩니다.",
    offer: (names) =>
      `연결이 끊겨 저장되지 못한 내용이 있습니다: ${names}. 이 브라우저에 보관해 두었습니다. 편집기로 되돌릴까요?`,
    waiting: (count) => `저장되지 않은 내용 ${count}개`,
    bringBack: "되돌리기",
    discard: "버리기",
    more: (count) => `외 ${count}개`,
    failed: (names) => `되돌리지 못한 내용이 있습니다: ${names}. 이 브라우저에 그대로 보관되어 있습니다.`,
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
    hours: (n) => `${n}시간`,
  },
};

const DATABASE = "ondol-unsaved";
const TEXTS = "texts";
// with the page's own script: whether the container answers, and when the newest save was
const CHANNEL = "ondol-window";
const WRITE_AFTER_MS = 300;
const LANGUAGE_WITHIN_MS = 2000;
// characters of one text; a larger one is not kept beyond the editor's own memory
const MOST_TEXT = 1_000_000;
// A save that began before a file was written may end after it. The next one has it, and so has one that ends this much later.
const SURELY_SAVED_MS = 60_000;

exports.activate = async (context) => {
  const channel = new BroadcastChannel(CHANNEL);
  const language = await languageOf(channel);
  const words = language.startsWith("ko") ? WORDS.ko : WORDS.en;
  const status = new SaveStatus(words);
  let kept = null;
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
    vscode.commands.registerCommand("ondol.language", () => language),
    vscode.commands.registerCommand("ondol.downloaded", (path) => channel.postMessage({ download: path })),
  );
  channel.onmessage = ({ data }) => {
    if ("lost" in data) status.connected(data);
    // typing, scrolling and the like, in a terminal too
    if (data.active) vscode.commands.executeCommand("ondol.active").then(undefined, () => {});
  };
  context.subscriptions.push({ dispose: () => channel.close() });
  // not waited for: commands are answered meanwhile, and a question may stand for long
  const keep = async () => {
    const store = await Store.open();
    kept = new TypedTexts(store, (unsaved) => channel.postMessage({ unsaved, window: store.window }));
    const offer = new Offer(words, store, () => kept.all());
    context.subscriptions.push(kept, offer);
    await offer.make();
  };
  keep().catch((error) => console.error("Ondol: what is typed is not kept in this browser", error));
};

/** The language of the account, which the page's own script knows; the browser's if it does not say. */
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

/** A table of texts in this browser, of all windows at this address. */
class Store {
  static async open() {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(TEXTS, { keyPath: "key" });
    return new Store(await settled(opening));
  }

  constructor(database) {
    this.database = database;
    database.onversionchange = () => database.close();
    this.window = crypto.randomUUID();
    // held for as long as this window lives: what others left behind has nobody who holds theirs
    navigator.locks.request(lockOf(this.window), () => new Promise(() => {}));
  }

  /** Under a key of this window's own: what another left behind of the same document stays until the member has answered. */
  put(text) {
    return settled(this.table("readwrite").put({ ...text, key: this.keyOf(text), window: this.window }));
  }

  keyOf({ document }) {
    return `${this.window} ${document}`;
  }

  remove(key) {
    return settled(this.table("readwrite").delete(key));
  }

  /** What no window that lives looks after. */
  async leftBehind() {
    const { held } = await navigator.locks.query();
    const alive = new Set(held.map(({ name }) => name));
    const all = await settled(this.table("readonly").getAll());
    const left = all.filter(({ window }) => !alive.has(lockOf(window)));
    return left.sort((one, other) => one.changed - other.changed); // the newest of one document is brought back last
  }

  table(mode) {
    return this.database.transaction(TEXTS, mode).objectStore(TEXTS);
  }
}

const lockOf = (window) => `ondol-window-${window}`;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** By what a document is known, in every session. */
const nameOf = (document) => document.uri.with({ authority: "" }).toString();

/** What this window's documents have and the newest save has not: from the first change until it is surely saved. */
class TypedTexts {
  /** `tell` is called with how many documents are in no file yet, when that changes. */
  constructor(store, tell) {
    this.store = store;
    this.tell = tell;
    this.unwritten = 0;
    this.texts = new Map();
    this.timers = new Map();
    const { workspace } = vscode;
    this.subscriptions = [
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => contentChanges.length && this.changed(document)),
      workspace.onDidSaveTextDocument((document) => this.written(document)),
      workspace.onDidCloseTextDocument((document) => this.closed(document)),
    ];
    for (const document of workspace.textDocuments) if (document.isDirty) this.changed(document);
  }

  all() {
    return this.texts;
  }

  changed(document) {
    if (!["vscode-remote", "untitled"].includes(document.uri.scheme)) return;
    const key = nameOf(document);
    // Read anew because a program wrote it, or back at what is written: of what was typed before, no save may have anything.
    if (!document.isDirty && (document.isUntitled || !this.texts.has(key))) return this.forget(key);
    if (document.getText().length > MOST_TEXT) return this.forget(key);
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
    if (text) Object.assign(text, { written: Date.now(), saves: 0 });
    this.count();
  }

  count() {
    const unwritten = [...this.texts.values()].filter(({ written }) => written === null).length;
    if (unwritten === this.unwritten) return;
    this.unwritten = unwritten;
    this.tell(unwritten);
  }

  /** Whoever closes a document that is not written yet was asked, and gives up what is in it. */
  closed(document) {
    // a new language closes it too, and opens it at once: an untitled one gets its language as it is typed
    if (vscode.workspace.textDocuments.includes(document)) return;
    const key = nameOf(document);
    if (this.texts.get(key)?.written === null) this.forget(key);
  }

  /** The newest save ended at `moment`, in milliseconds. */
  saved(moment) {
    if (this.newest !== undefined && moment < this.newest + 1000) return; // it was told before
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
    this.timers.set(key, setTimeout(write, WRITE_AFTER_MS));
  }

  dispose() {
    for (const subscription of this.subscriptions) subscription.dispose();
  }
}

/** What a lost session left in this browser: asked about until the member has answered. */
class Offer {
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
      const isOpen = this.typed().get(text.document)?.text === text.text; // the editor had it itself
      if (isOpen || (await isThere(text))) await this.store.remove(text.key);
      else this.texts.push(text);
    }
    await this.ask();
  }

  async ask() {
    const { words, texts } = this;
    if (!texts.length) return this.item.hide();
    this.item.text = `$(history) ${words.waiting(texts.length)}`;
    this.item.tooltip = words.offer(names(words, texts));
    this.item.show();
    const choice = await vscode.window.showWarningMessage(words.offer(names(words, texts)), words.bringBack, words.discard);
    if (choice === undefined || !this.texts.length) return;
    const failed = [];
    for (const text of this.texts.splice(0)) {
      try {
        if (choice === words.bringBack) await bringBack(text);
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
}

/** Of a file of this container. */
const uriOf = ({ path }) =>
  vscode.Uri.from({ scheme: "vscode-remote", authority: new URL(self.origin).host, path });

async function read(text) {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uriOf(text)));
  } catch {
    return null;
  }
}

/** Whether the file, or an open document that was never written, is the same already. */
async function isThere(text) {
  if (text.path === null) return vscode.workspace.textDocuments.some((document) => document.getText() === text.text);
  return plain(await read(text)) === plain(text.text);
}

const plain = (text) => text?.replaceAll("\r\n", "\n");

/** Opens it with the text in it, as one change that can be undone. */
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

/** A name without signs that could change how the text around it is read. */
function visible(name) {
  const told = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return told.length > 60 ? `…${told.slice(-59)}` : told;
}

/** "Saved 12 s ago" in the status bar. It counts on by itself between two messages of the agent. */
class SaveStatus {
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
}

/** A length of time in its largest whole unit. */
function length(words, seconds) {
  if (seconds < 60) return words.seconds(Math.max(1, Math.floor(seconds)));
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  return words.hours(Math.floor(seconds / 3600));
}
