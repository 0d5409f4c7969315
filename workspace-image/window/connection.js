// Notices within five seconds that the container no longer answers, and covers the editor: nothing is typed into it that
// nobody takes. What was typed before is in this browser (the browser's part of the extension keeps it), and goes with
// the member to Ondol's page, which brings it into the next session's editor. It shares window.js's block and `STATE`.

const NOT_HEARD_MS = 1_000;
// while the editor is busy: it learns when the newest save was
const AT_LEAST_EVERY_MS = 10_000;
const ANSWER_WITHIN_MS = 1_800;
const BETWEEN_FAILURES_MS = 400;
const TICK_MS = 200;
// a session that ends answers when its last save is made, and after less than this if that takes longer
const SAVED_WITHIN_MS = 58_000;
// a page that was kept from running for so long has not waited for an answer in earnest
const LATE_MS = 600;
// while it is covered: how often it asks, in the first half minute, then for ten minutes, then for an hour
const AGAIN = [
  [30_000, 2_000],
  [600_000, 5_000],
  [3_600_000, 30_000],
];

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
    if (this.asking || this.over) return;
    // a window that nobody looks at learns how its session ended when the editor's connection is closed, and asks no more
    if (document.visibilityState !== "visible" && (!this.closed || this.lostAt !== null)) return;
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
    if (["over", "gone", "out"].includes(answer.how)) this.end(answer);
    else if (answer.how === "here") this.hear();
    else if (this.heard === before && answer.how === "quiet") {
      this.failures += 1;
      this.failed = performance.now();
      if (this.failures > 1) this.lose(answer);
    }
  }

  /** Whether this page itself was kept from running meanwhile. */
  stalled() {
    return this.late || performance.now() - this.ticked > LATE_MS;
  }

  /** `how`: "here"; "over", with the reason; "gone", for another container answers; "out", for the member has signed
   *  out here; "unknown"; or "quiet": whoever speaks for an absent container says nothing of it. */
  async answer(query = "", within = ANSWER_WITHIN_MS) {
    try {
      const signal = AbortSignal.timeout(within);
      const answer = await fetch(`/_slot/session${query}`, { cache: "no-store", signal });
      if (!answer.headers.get("Content-Type")?.includes("json")) return { how: "quiet" };
      const said = await answer.json();
      if (![200, 401, 410].includes(answer.status)) return { how: "quiet" };
      if (said.boot !== this.boot) return { how: "gone" };
      if (answer.status === 401) return { how: "out" };
      if (said.saved_ago !== undefined) this.learn(said.saved_ago === null ? null : Date.now() - said.saved_ago * 1000);
      return answer.status === 200 ? { how: "here" } : { how: "over", reason: said.reason ?? "", isSaved: said.saved };
    } catch (error) {
      // nothing within the time; a page that was kept from running has not waited in earnest
      return { how: error.name === "TimeoutError" && this.stalled() ? "unknown" : "quiet" };
    }
  }

  /** Says how the session ended, and follows its last save. */
  async end(answer) {
    // a container that is silent and then another one: nobody stopped it, and it has not said that it saved
    const reason = answer.reason ?? (this.lostAt === null ? "" : "lost");
    const told = { how: answer.how, reason, saved: savedOf(answer) };
    this.lose(told);
    while (told.saved === "saving") {
      const later = await this.answer("?until=saved", SAVED_WITHIN_MS);
      told.saved = later.how === "over" ? savedOf(later) : "unknown";
      this.lose({ ...told });
    }
  }

  /** When the newest save was: from the slot, or sooner from the extension. */
  learn(savedAt) {
    if (savedAt !== undefined) this.savedAt = Math.max(savedAt ?? 0, this.savedAt ?? 0) || null;
  }

  lose(loss) {
    this.over = loss.how !== "quiet";
    this.lostAt ??= performance.now();
    this.channel.postMessage({ lost: true, over: this.over });
    this.cover.show({ ...loss, savedAt: this.savedAt });
  }

  found() {
    this.lostAt = null;
    this.channel.postMessage({ lost: false });
    this.cover.hide();
  }
}

/** "saving", "saved", or "unknown" for a session that ended without a last save. */
const savedOf = ({ how, reason, isSaved }) => {
  if (how !== "over" || reason === "lost") return "unknown";
  return isSaved ? "saved" : "saving";
};

const watchConnection = ({ boot, page }, splash) => {
  const connection = new Connection(boot, new Cover(page));
  takeArrived(page).catch((error) => console.warn("Ondol: what was kept of an earlier session did not arrive", error));
  const { WebSocket } = globalThis;
  globalThis.WebSocket = class extends WebSocket {
    constructor(address, ...more) {
      // a session that is over has nobody to come back to: a tab that is left open must not wake a slot for ever
      if (connection.over && isEditors(address)) throw new DOMException("the session is over", "NetworkError");
      super(address, ...more);
      if (!isEditors(address)) return;
      connection.watch(this);
      this.addEventListener("open", () => splash.connected(), { once: true });
    }
  };
};

const isEditors = (address) => {
  const { host, searchParams } = new URL(address, location.href);
  return host === location.host && searchParams.has("reconnectionToken");
};

watchConnection(STATE, new Splash(STATE.stores));
