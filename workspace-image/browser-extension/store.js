// The texts that the member typed and that no save has yet, in this browser's IndexedDB.
"use strict";

const DATABASE = "ondol-unsaved";
const TEXTS = "texts";

/** The table of texts in this browser. All windows at this address share it. */
exports.Store = class Store {
  static async open() {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(TEXTS, { keyPath: "key" });
    return new Store(await settled(opening));
  }

  constructor(database) {
    this.database = database;
    database.onversionchange = () => database.close();
    this.window = crypto.randomUUID();
    // this window holds its lock as long as it lives: texts whose lock nobody holds were left behind
    navigator.locks.request(lockOf(this.window), () => new Promise(() => {}));
  }

  /** Stores a text under this window's own key. A text of the same document that another window left behind stays until
   * the member has answered. */
  put(text) {
    return settled(this.table("readwrite").put({ ...text, key: this.keyOf(text), window: this.window }));
  }

  keyOf({ document }) {
    return `${this.window} ${document}`;
  }

  remove(key) {
    return settled(this.table("readwrite").delete(key));
  }

  /** The texts of windows that no longer exist, the oldest first: the newest text of a document is restored last. */
  async leftBehind() {
    const { held } = await navigator.locks.query();
    const alive = new Set(held.map(({ name }) => name));
    const all = await settled(this.table("readonly").getAll());
    const left = all.filter(({ window }) => !alive.has(lockOf(window)));
    return left.sort((one, other) => one.changed - other.changed);
  }

  table(mode) {
    return this.database.transaction(TEXTS, mode).objectStore(TEXTS);
  }
};

const lockOf = (window) => `ondol-window-${window}`;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
