// Reads the texts that were typed and are in no save. The extension's part in the browser keeps them in this browser. They
// go to Ondol's page, and from there into the editor of the next session. The page of a slot that is not open to the
// browser has this file too: closed.js.

const UNSAVED = { database: "ondol-unsaved", table: "texts", channel: "ondol-window" };
const SEAL = "ondol.seal";
const TAKEN = "ondol.taken";
// characters of an address: every browser accepts at least a million
const MOST_ADDRESS = 500_000;

const tableOf = (mode) =>
  new Promise((resolve, reject) => {
    const opening = open.call(indexedDB, UNSAVED.database, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(UNSAVED.table, { keyPath: "key" });
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(UNSAVED.table, mode);
      transaction.addEventListener("complete", () => opening.result.close());
      resolve(transaction.objectStore(UNSAVED.table));
    };
  });

/** The texts of all windows at this address that no save is known to have, the newest first. */
const unsavedTexts = async () => {
  const table = await tableOf("readonly");
  const all = await new Promise((resolve) => {
    const asking = table.getAll();
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => resolve([]);
  });
  all.sort((one, other) => other.changed - one.changed);
  const same = (text) => (other) => other.document === text.document && other.text === text.text;
  return all.filter((text, at) => all.findIndex(same(text)) === at); // two windows may have one document
};

/** Without the texts that the session's last save has: those that this session's editors have written into their files. */
const withoutSaved = async (all) => {
  const { held } = await navigator.locks.query(); // an editor of an earlier session holds no lock any more
  const editors = new Set(held.map(({ name }) => name));
  return all.filter(({ window, written }) => written === null || !editors.has(`ondol-window-${window}`));
};

/** The texts that fit into one address together, and the texts that are left. */
const fitting = async (all) => {
  const texts = [];
  const left = [];
  for (const text of all) {
    if ((await packed([...texts, text])).length < MOST_ADDRESS) texts.push(text);
    else left.push(text);
  }
  return { texts, left };
};

const packed = async (texts) => {
  const plain = new Blob([JSON.stringify(texts.map(({ window, ...text }) => text))]);
  const bytes = new Uint8Array(await new Response(plain.stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer());
  return bytes.toBase64?.({ alphabet: "base64url", omitPadding: true }) ?? base64url(bytes);
};

const base64url = (bytes) => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
};

const unpacked = async (text) => {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(plain).text());
};

/** Leads to Ondol's page with the texts in the address's fragment, which is sent to no server. There is no other way from
 * here to another origin. */
const leaveWith = async (page, texts, opens) => {
  const seal = localStorage.getItem(SEAL);
  const carried = new URLSearchParams();
  if (seal) carried.set("seal", seal);
  if (seal && opens) carried.set("open", "1"); // the page opens for whoever brings the seal, and for no stranger's link
  if (seal && texts.length) {
    carried.set("names", JSON.stringify(texts.map(({ name }) => name.slice(-200)).slice(0, 20)));
    carried.set("unsaved", await packed(texts));
  }
  location.assign(`${page}/#${carried}`);
};

/** What a member is told of texts that are taken along, and of texts that are left. */
const keptLines = (texts, left) => [
  ...(texts.length ? [COVER_WORDS.kept(namesOf(texts))] : []),
  ...(left.length ? [COVER_WORDS.tooLarge(namesOf(left))] : []),
];

/** A few names, without invisible characters, which could change how the text around them is read. */
const namesOf = (texts) => {
  const told = texts.slice(0, 3).map(({ name }) => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?").slice(-60));
  if (texts.length > told.length) told.push(COVER_WORDS.more(texts.length - told.length));
  return told.join(", ");
};

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

const copyButton = (copy) => Object.assign(element("button", COVER_WORDS.copy), { onclick: copy });

const keepCopy = (texts) => {
  const parts = texts.map(({ path, name, text }) => `===== ${path ?? name} =====\n${text}\n`);
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/plain" }));
  link.download = "ondol-unsaved.txt";
  link.click();
  URL.revokeObjectURL(link.href);
};

/** What Ondol's page adds to the address: the seal by which it is recognised, and what an earlier session could not save. */
const takeArrived = async (page) => {
  const given = new URLSearchParams(location.hash.slice(1));
  const seal = given.get("seal");
  if (!seal) return;
  history.replaceState(history.state, "", location.pathname + location.search);
  if (new URL(document.referrer || "about:blank").origin !== page) return; // whoever else leads here gives nothing along
  setItem.call(localStorage, SEAL, seal);
  const text = given.get("unsaved");
  if (!text || localStorage.getItem(TAKEN) === text.slice(-100)) return; // the Back button comes by again
  setItem.call(localStorage, TAKEN, text.slice(-100));
  const texts = await unpacked(text);
  const table = await tableOf("readwrite");
  for (const each of texts) put.call(table, { ...each, window: "arrived" });
};
