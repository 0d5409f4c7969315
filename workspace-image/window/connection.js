// Notices within five seconds that the container no longer answers, and covers the editor: nothing is typed into it that
// nobody takes. What was typed before is in this browser (the browser's part of the extension keeps it), and goes with
// the member to Ondol's page, which brings it into the next session's editor. It shares window.js's block and `STATE`.

const NOT_HEARD_MS = 1_000;
// while the editor is busy: it learns when the newest save was
const AT_LEAST_EVERY_MS = 10_000;
const ANSWER_WITHIN_MS = 1_800;
const BETWEEN_FAILURES_MS = 400;
const TICK_MS = 200;
// a page that was kept from running for so long has not waited for an answer in earnest
const LATE_MS = 600;
// while it is covered: how often it asks, in the first half minute, then for ten minutes, then for an hour
const AGAIN = [
  [30_000, 2_000],
  [600_000, 5_000],
  [3_600_000, 30_000],
];

const UNSAVED = { database: "ondol-unsaved", table: "texts", channel: "ondol-window" };
const SEAL = "ondol.seal";
const TAKEN = "ondol.taken";
// characters of an address: browsers take from one million upwards
const MOST_ADDRESS = 500_000;

const COVER_WORDS = {
  en: {
    quiet: "Connection lost",
    over: "Your session has ended",
    gone: "Your workspace is not open here any more",
    quietWhat: "Your workspace does not answer. Ondol keeps trying, and this goes away by itself once it answers.",
    overWhat: "Ondol saves your workspace as the session ends. The button below leads back to it.",
    goneWhat: "You have signed out in this browser, or the container was lost.",
    saved: (ago) => `Your files were saved ${ago} ago.`,
    never: "Nothing was saved in this session yet.",
    kept: (names) => `What you typed last is kept in this browser: ${names}. It is offered to you when you open your workspace again with the button below.`,
    tooLarge: (names) => `Too large to be taken along: ${names}. Keep a copy before you leave this page.`,
    again: "Back to Ondol, to open it again",
    copy: "Keep a copy of the text",
    more: (count) => `and ${count} more`,
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
  },
  ko: {
    quiet: "연결이 끊겼습니다",
    over: "세션이 끝났습니다",
    gone: "작업 공간이 더 이상 여기에 열려 있지 않습니다",
    quietWhat: "작업 공간이 응답하지 않습니다. 계속 다시 연결하고 있으며, 연결되면 이 창은 저절로 사라집니다.",
    overWhat: "세션을 마치면서 작업 공간을 저장합니다. 아래 버튼으로 다시 열 수 있습니다.",
    goneWhat: "이 브라우저에서 로그아웃했거나 컨테이너가 사라졌습니다.",
    saved: (ago) => `파일은 ${ago} 전에 저장되었습니다.`,
    never: "이 세션에서는 아직 저장된 것이 없습니다.",
    kept: (names) => `마지막으로 입력한 내용은 이 브라우저에 보관되어 있습니다: ${names}. 아래 버튼으로 작업 공간을 다시 열면 되돌릴 수 있습니다.`,
    tooLarge: (names) => `너무 커서 함께 옮길 수 없는 내용: ${names}. 이 페이지를 떠나기 전에 사본을 받아 두세요.`,
    again: "온돌로 돌아가 다시 열기",
    copy: "입력한 내용의 사본 받기",
    more: (count) => `외 ${count}개`,
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
  },
};
const coverWords = navigator.language.startsWith("ko") ? COVER_WORDS.ko : COVER_WORDS.en;

/** Asks the slot now and then, when the editor's own connections are silent, and says when it does not answer. */
class Connection {
  constructor(boot, cover) {
    this.boot = boot;
    this.cover = cover;
    this.channel = new BroadcastChannel(UNSAVED.channel);
    this.channel.onmessage = ({ data }) => this.learn(data.savedAt);
    this.savedAt = undefined; // not known yet
    this.heard = this.asked = this.ticked = performance.now();
    this.failures = 0;
    this.lostAt = null;
    this.over = false;
    this.begun = false;
  }

  /** From the editor's first connection on: while the page itself loads there is nothing to lose. */
  begin() {
    if (this.begun) return;
    this.begun = true;
    this.hear();
    setInterval(() => this.tick(), TICK_MS);
  }

  watch(socket) {
    socket.addEventListener("open", () => {
      this.begin();
      this.hear();
    });
    socket.addEventListener("message", () => this.hear());
    socket.addEventListener("close", () => {
      this.closed = true; // one that answers opens another
    });
  }

  hear() {
    this.heard = performance.now();
    this.failures = 0;
    this.closed = false;
    if (this.lostAt !== null && !this.over) this.found();
  }

  tick() {
    const now = performance.now();
    this.late = now - this.ticked > LATE_MS;
    this.ticked = now;
    if (document.visibilityState !== "visible" || this.asking || this.over) return;
    if (this.lostAt !== null) {
      const every = AGAIN.find(([until]) => now - this.lostAt < until)?.[1];
      if (every && now - this.asked > every) this.ask();
    } else if (this.failures ? now - this.failed > BETWEEN_FAILURES_MS : this.isDoubtful(now)) this.ask();
  }

  /** What the editor hears says as much as an answer. */
  isDoubtful(now) {
    return this.closed || now - this.heard > NOT_HEARD_MS || now - this.asked > AT_LEAST_EVERY_MS;
  }

  async ask() {
    this.asking = true;
    this.asked = performance.now();
    const before = this.heard;
    const answer = await this.answer();
    this.asking = false;
    if (answer === "over" || answer === "gone") this.lose(answer);
    else if (answer === "here") this.hear();
    else if (this.heard === before && answer === "quiet") {
      this.failures += 1;
      this.failed = performance.now();
      if (this.failures > 1) this.lose("quiet");
    }
  }

  /** Whether this page itself was kept from running meanwhile. */
  stalled() {
    return this.late || performance.now() - this.ticked > LATE_MS;
  }

  /** "here", "over", "gone", "unknown", or "quiet": whoever speaks for an absent container says nothing of it. */
  async answer() {
    try {
      const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
      const answer = await fetch("/_slot/session", { cache: "no-store", signal });
      if (!answer.headers.get("Content-Type")?.includes("json")) return "quiet";
      const said = await answer.json();
      if (answer.status === 410) return "over";
      if (answer.status === 401) return "gone";
      if (answer.status !== 200) return "quiet";
      if (said.boot !== this.boot) return "gone";
      this.learn(said.saved_ago === null ? null : Date.now() - said.saved_ago * 1000);
      return "here";
    } catch (error) {
      // nothing within the time; a page that was kept from running has not waited in earnest
      return error.name === "TimeoutError" && this.stalled() ? "unknown" : "quiet";
    }
  }

  /** When the newest save was: from the slot, or sooner from the extension. */
  learn(savedAt) {
    if (savedAt !== undefined) this.savedAt = Math.max(savedAt ?? 0, this.savedAt ?? 0) || null;
  }

  lose(how) {
    this.over = how !== "quiet";
    this.lostAt ??= performance.now();
    this.channel.postMessage({ lost: true });
    this.cover.show(how, this.savedAt);
  }

  found() {
    this.lostAt = null;
    this.channel.postMessage({ lost: false });
    this.cover.hide();
  }
}

/** What lies over the editor while nobody takes what is typed. */
class Cover {
  constructor(page) {
    this.page = page;
    const keys = (event) => {
      if (!this.dialog) return;
      event.stopImmediatePropagation(); // the editor's shortcuts listen at the window
      if (event.key === "Escape" || event.ctrlKey || event.metaKey) event.preventDefault();
    };
    for (const kind of ["keydown", "keypress", "keyup"]) addEventListener(kind, keys, true);
    // what is typed is kept: nobody has to be asked whether they mean to leave
    addEventListener("beforeunload", (event) => this.dialog && event.stopImmediatePropagation(), true);
  }

  async show(how, savedAt) {
    if (this.how === how) return;
    this.how = how;
    const dialog = document.createElement("dialog");
    dialog.id = "ondol-cover";
    dialog.setAttribute("closedby", "none");
    dialog.lang = coverWords === COVER_WORDS.ko ? "ko" : "en";
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    const before = this.dialog;
    this.dialog = dialog;
    this.fill(how, savedAt, [], []);
    document.body.append(dialog);
    dialog.showModal();
    before?.remove();
    const { texts, left } = await fitting(await unsavedTexts());
    if (this.dialog === dialog) this.fill(how, savedAt, texts, left);
  }

  hide() {
    this.how = undefined;
    this.dialog?.remove();
    this.dialog = undefined;
  }

  fill(how, savedAt, texts, left) {
    const words = coverWords;
    const title = element("h1", words[how]);
    title.id = "ondol-cover-title";
    this.dialog.setAttribute("aria-labelledby", title.id);
    this.dialog.setAttribute("role", "alertdialog");
    const parts = [title, element("p", words[`${how}What`])];
    if (how !== "over" && savedAt !== undefined) {
      parts.push(element("p", savedAt === null ? words.never : words.saved(lengthOf(Date.now() - savedAt))));
    }
    if (texts.length) parts.push(element("p", words.kept(namesOf(texts))));
    if (left.length) parts.push(element("p", words.tooLarge(namesOf(left))));
    const again = element("button", words.again);
    again.className = "main";
    again.onclick = () => leaveWith(this.page, texts);
    parts.push(again);
    if (texts.length || left.length) {
      const copy = element("button", words.copy);
      copy.onclick = () => keepCopy([...texts, ...left]);
      parts.push(copy);
    }
    const style = element("style", COVER_STYLE);
    this.dialog.replaceChildren(style, ...parts);
    // not a button: whoever types on would press it
    title.tabIndex = -1;
    title.focus();
  }
}

const COVER_STYLE = `
  #ondol-cover { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff; border: 0; border-radius: 10px;
    max-width: 30rem; padding: 24px 28px; box-shadow: 0 8px 40px #0006 }
  #ondol-cover::backdrop { background: #000a }
  #ondol-cover h1 { font-size: 20px; line-height: 1.3; margin: 0 0 8px; font-weight: 600 }
  #ondol-cover h1:focus { outline: none }
  #ondol-cover p { margin: 8px 0; overflow-wrap: anywhere; word-break: keep-all }
  #ondol-cover button { font: inherit; cursor: pointer; margin: 12px 8px 0 0; padding: 8px 16px; border-radius: 6px;
    border: 1px solid #8886; background: transparent; color: inherit }
  #ondol-cover button.main { background: #b5451b; border-color: #b5451b; color: #fff }
  #ondol-cover button:focus-visible { outline: 2px solid #d97a53; outline-offset: 2px }
  @media (prefers-color-scheme: dark) { #ondol-cover { background: #1c1b1a; color: #eee } }
`;

const element = (name, text) => Object.assign(document.createElement(name), { textContent: text });

const lengthOf = (milliseconds) => {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 60 ? coverWords.seconds(seconds) : coverWords.minutes(Math.floor(seconds / 60));
};

/** A few names, without signs that could change how the text around them is read. */
const namesOf = (texts) => {
  const told = texts.slice(0, 3).map(({ name }) => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?").slice(-60));
  if (texts.length > told.length) told.push(coverWords.more(texts.length - told.length));
  return told.join(", ");
};

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

/** What the editor's windows at this address have typed and know of no save of, the newest first. */
const unsavedTexts = async () => {
  const table = await tableOf("readonly");
  const all = await new Promise((resolve) => {
    const asking = table.getAll();
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => resolve([]);
  });
  return all.sort((one, other) => other.changed - one.changed);
};

/** Those that an address can carry together, and those that are left. */
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

/** To Ondol's page, in the address's fragment, which is sent to nobody: no other way leads from here to another origin. */
const leaveWith = async (page, texts) => {
  const seal = localStorage.getItem(SEAL);
  const carried = new URLSearchParams();
  if (seal && texts.length) {
    carried.set("seal", seal);
    carried.set("names", JSON.stringify(texts.map(({ name }) => name.slice(-200)).slice(0, 20)));
    carried.set("unsaved", await packed(texts));
  }
  location.assign(`${page}/#${carried}`);
};

const keepCopy = (texts) => {
  const parts = texts.map(({ path, name, text }) => `===== ${path ?? name} =====\n${text}\n`);
  const link = element("a", "");
  link.href = URL.createObjectURL(new Blob(parts, { type: "text/plain" }));
  link.download = "ondol-unsaved.txt";
  link.click();
  URL.revokeObjectURL(link.href);
};

/** What Ondol's page gives along on the way in: a seal to be known by, and what an earlier session could not save. */
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

const watchConnection = ({ boot, page }) => {
  const connection = new Connection(boot, new Cover(page));
  takeArrived(page).catch((error) => console.warn("Ondol: what was kept of an earlier session did not arrive", error));
  const { WebSocket } = globalThis;
  globalThis.WebSocket = class extends WebSocket {
    constructor(address, ...more) {
      // a session that is over has nobody to come back to: a tab that is left open must not wake a slot for ever
      if (connection.over && isEditors(address)) throw new DOMException("the session is over", "NetworkError");
      super(address, ...more);
      if (isEditors(address)) connection.watch(this);
    }
  };
};

const isEditors = (address) => {
  const { host, searchParams } = new URL(address, location.href);
  return host === location.host && searchParams.has("reconnectionToken");
};

watchConnection(STATE);
