// Lets the editor's window roam. Before the editor reads its databases in this browser, this script fills them with the
// state from the home. Then it reports what the editor writes into them. The slot serves it ahead of the editor's own
// scripts, in a block of its own that begins with `const STATE = {boot, page, language, stores}`. `stores` has, by store
// and key, a string, or null for a deleted key.
//
// Why the editor never reads an unfilled database: a browser answers requests to open a database in their order. The
// script's request comes right before the editor's first. A new database is filled in the transaction that creates it. An
// existing database is filled in a transaction that begins before any of the editor's.

const DATABASE = "vscode-web-state-db-";
const TABLE = "ItemTable";
// what roams of the editor's local storage
const LOCAL = "local";
const LOCAL_KEYS = ["secrets.provider", "userDataProfiles", "profileAssociations"];
// what the editor finds unless the member has changed it: on a phone, the name of the keyboard leaves no room for Ondol's
// part of the status bar
const UNLESS_CHANGED = { global: { "workbench.statusbar.hidden": '["status.workbench.keyboardLayout"]' } };
// the icons of files (icons.mjs): a style sheet in JSON, in which the editor escapes addresses
const ICON_THEME = "iconThemeData";
const inStyleSheet = (text) => JSON.stringify(CSS.escape(text)).slice(1, -1);
UNLESS_CHANGED.global[ICON_THEME] = ICONS.theme.replaceAll("ondol-origin", inStyleSheet(location.origin));
const JOURNAL = "ondol.window.";

const GATHER_MS = 500;
const AGAIN_MS = 5_000;
const AT_MOST_AGAIN_MS = 60_000;
// how long a report of a page that went away counts: later, another window may have changed the same keys
const JOURNAL_MS = 30_000;
// bytes of one report; and of all reports that a browser still sends for a page that is gone (browsers allow 64 KiB)
const MOST_AT_ONCE = 1_000_000;
const MOST_AFTERWARDS = 60_000;
// changes in one report: the slot accepts no more
const MOST_CHANGES = 5_000;
// characters of a value: the slot keeps no larger one
const MOST_VALUE = 1_000_000;

const open = IDBFactory.prototype.open;
const { put, delete: remove, clear } = IDBObjectStore.prototype;
const { setItem, removeItem } = Storage.prototype;

// each slot has its own host name, and the editor writes it into every address of a file
const hosts = [location.host];
for (let i = 0; i < 2; i++) hosts.push(encodeURIComponent(hosts[i]));
hosts.push(inStyleSheet(location.host));
const forms = hosts.map((host, i) => [host, `slot-${i}.ondol.invalid`]);
const leaving = (text) => forms.reduce((all, [host, name]) => all.replaceAll(host, name), text);
const arriving = (text) => forms.reduce((all, [host, name]) => all.replaceAll(name, host), text);

const place = (() => {
  const asked = new URLSearchParams(location.search);
  return leaving(asked.get("folder") ?? asked.get("workspace") ?? "");
})();

/** The name of a database's store, the same on every slot. The editor's own name for a folder depends on the host. */
const storeOf = (database) => {
  const name = database.slice(DATABASE.length);
  return name === "global" || name.startsWith("global-") ? name : `workspace:${place}`;
};

const runWindow = ({ boot, stores }) => {
  const filled = new Set();
  const known = (store) => (stores[store] ??= {});
  for (const store of Object.keys(stores)) {
    stores[store] = Object.fromEntries(
      Object.entries(stores[store]).map(([key, value]) => [arriving(key), value === null ? null : arriving(value)]),
    );
  }
  for (const [store, values] of Object.entries(UNLESS_CHANGED)) stores[store] = { ...values, ...known(store) };
  const reports = new Reports(boot);
  for (const [store, key, value] of reports.ofPagesJustGone()) known(store)[key] = value;

  const fill = (name) => {
    const values = Object.entries(stores[storeOf(name)] ?? {});
    if (filled.has(name) || !values.length) return;
    filled.add(name);
    const opening = open.call(indexedDB, name);
    opening.onupgradeneeded = () => {
      const table = opening.result.createObjectStore(TABLE);
      for (const [key, value] of values) if (value !== null) put.call(table, value, key);
    };
    opening.onsuccess = () => {
      const database = opening.result;
      database.onversionchange = () => database.close();
      if (database.objectStoreNames.contains(TABLE)) refresh(database.transaction(TABLE, "readwrite"), values);
      database.close(); // once the transaction is over
    };
  };

  const refresh = (transaction, values) => {
    const table = transaction.objectStore(TABLE);
    const there = new Map();
    table.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (cursor) {
        there.set(cursor.key, cursor.value);
        return cursor.continue();
      }
      for (const [key, value] of values) {
        if (value === null) there.has(key) && remove.call(table, key);
        else if (there.get(key) !== value) put.call(table, value, key);
      }
    };
  };

  const changed = (store, key, value) => {
    if (typeof key !== "string") return;
    known(store)[key] = value;
    reports.add(store, key, value);
  };
  const changedIn = (table, key, value) => {
    const database = table.transaction.db.name;
    if (table.name === TABLE && database.startsWith(DATABASE)) changed(storeOf(database), key, value);
  };

  IDBFactory.prototype.open = function (name, ...more) {
    if (typeof name === "string" && name.startsWith(DATABASE)) fill(name);
    return open.call(this, name, ...more);
  };
  IDBObjectStore.prototype.put = function (value, ...key) {
    const request = put.call(this, value, ...key);
    if (typeof value === "string") changedIn(this, key[0], value);
    return request;
  };
  IDBObjectStore.prototype.delete = function (key) {
    const request = remove.call(this, key);
    changedIn(this, key, null);
    return request;
  };
  IDBObjectStore.prototype.clear = function () {
    const request = clear.call(this);
    const database = this.transaction.db.name;
    if (database.startsWith(DATABASE)) for (const key in stores[storeOf(database)]) changedIn(this, key, null);
    return request;
  };

  for (const key of LOCAL_KEYS) {
    const value = stores[LOCAL]?.[key];
    if (value === null) localStorage.removeItem(key);
    else if (value !== undefined && localStorage.getItem(key) !== value) localStorage.setItem(key, value);
  }
  Storage.prototype.setItem = function (key, value) {
    setItem.call(this, key, value);
    if (this === localStorage && LOCAL_KEYS.includes(key)) changed(LOCAL, key, String(value));
  };
  Storage.prototype.removeItem = function (key) {
    removeItem.call(this, key);
    if (this === localStorage && LOCAL_KEYS.includes(key)) changed(LOCAL, key, null);
  };
};

/** The editor's changes that the slot does not have yet. */
class Reports {
  constructor(boot) {
    this.boot = boot;
    this.waiting = new Map();
    this.sending = [];
    this.pause = GATHER_MS;
    this.going = false;
    this.goodbyes = [];
    this.journal = JOURNAL + Math.random().toString(36).slice(2);
    addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.send());
    addEventListener("pagehide", () => {
      this.going = true;
      this.sayGoodbye();
    });
    addEventListener("pageshow", () => {
      if (!this.going) return;
      this.going = false;
      localStorage.removeItem(this.journal);
      for (const change of this.goodbyes.splice(0)) this.add(...change);
    });
  }

  add(store, key, value) {
    if (value !== null && value.length > MOST_VALUE) {
      console.warn("Ondol: a value of the editor's is too large to be kept beyond this browser", store, key);
      return;
    }
    const name = JSON.stringify([store, key]);
    this.waiting.delete(name); // the newest come last
    this.waiting.set(name, [store, key, value]);
    // the editor saves some things only when the page goes away
    if (this.going) queueMicrotask(() => this.sayGoodbye());
    else this.sendLater();
  }

  sendLater() {
    this.timer ??= setTimeout(() => this.send(), this.pause);
  }

  async send() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.sending.length || this.going || !this.waiting.size) return;
    this.sending = this.take(MOST_AT_ONCE);
    const sent = await post(this.sending, false);
    if (!sent) this.putBack();
    this.sending = [];
    this.pause = sent ? GATHER_MS : Math.min(Math.max(AGAIN_MS, this.pause * 2), AT_MOST_AGAIN_MS);
    if (this.waiting.size && !this.going) this.sendLater();
  }

  /** Takes the oldest changes, at least one, from those that wait. */
  take(most) {
    const taken = [];
    let size = 0;
    for (const [name, change] of this.waiting) {
      size += sizeOf(change);
      if (taken.length && (size > most || taken.length === MOST_CHANGES)) break;
      taken.push(change);
      this.waiting.delete(name);
    }
    return taken;
  }

  /** Lets changes that could not be sent wait again, unless the same key changed meanwhile. */
  putBack() {
    const again = this.sending.map((change) => [JSON.stringify(change.slice(0, 2)), change]);
    this.waiting = new Map([...again, ...this.waiting]);
  }

  /** Sends the newest changes that fit, and leaves all of them to the next page: after a reload, the page may ask the slot
   * before this report arrives. */
  sayGoodbye() {
    if (this.sending.length) this.putBack();
    this.sending = [];
    const last = [...this.waiting.values()];
    if (!last.length) return;
    this.waiting.clear();
    this.goodbyes.push(...last);
    const journal = JSON.stringify({ boot: this.boot, at: Date.now(), changes: this.goodbyes });
    try {
      setItem.call(localStorage, this.journal, journal);
    } catch {
      // local storage is full
    }
    const fits = [];
    let size = 2;
    for (const change of last.reverse()) {
      if ((size += sizeOf(change) + 1) > MOST_AFTERWARDS) break;
      fits.unshift(change);
    }
    if (fits.length) post(fits, true);
  }

  /** The changes that pages of this container left here when they went away a moment ago. They are reported again. */
  ofPagesJustGone() {
    const found = [];
    for (const key of Object.keys(localStorage).filter((key) => key.startsWith(JOURNAL))) {
      try {
        const { boot, at, changes } = JSON.parse(localStorage.getItem(key));
        const age = Date.now() - at;
        if (boot === this.boot && age >= 0 && age < JOURNAL_MS) found.push(...changes);
      } catch {
        // the entry is not a journal of this script
      }
      localStorage.removeItem(key);
    }
    for (const change of found) this.add(...change);
    return found;
  }
}

const sizeOf = (change) => new TextEncoder().encode(JSON.stringify(change)).length;

/** Whether the changes need not be sent again: the slot has them, or will never accept them. */
const post = async (changes, keepalive) => {
  const body = JSON.stringify(
    changes.map(([store, key, value]) => [store, leaving(key), value === null ? null : leaving(value)]),
  );
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch("/_slot/window", { method: "POST", headers, body, keepalive });
    return answer.status < 500 && answer.status !== 429;
  } catch {
    return false;
  }
};

runWindow(STATE);
