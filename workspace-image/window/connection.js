// Notices within five seconds that the container no longer answers, and covers the editor, so that nobody types what is
// not received. The extension's part in the browser keeps what was typed before. It goes with the member to Ondol's page,
// which brings it into the editor of the next session. This file shares window.js's block and `STATE`.

const NOT_HEARD_MS = 1_000;
// how often the slot is asked while the editor is busy, in order to learn when the newest save was
const AT_LEAST_EVERY_MS = 10_000;
const ANSWER_WITHIN_MS = 1_700;
// from one question to the next: after one that waited for its answer in vain, the next is asked at once
const BETWEEN_FAILURES_MS = 400;
const TICK_MS = 200;
// The slot answers when the last save is made. If that takes longer, it answers before this time.
const SAVED_WITHIN_MS = 58_000;
// The editor connects anew at once when a connection is closed. Each side of a connection speaks every five seconds.
const CLOSED_MS = 3_000;
const SILENT_MS = 7_000;
// after a pause of this length, the page itself was not running, and has not really waited for an answer
const LATE_MS = 600;
// A container that is replaced after a silence this short was lost. In a longer one, as of a laptop that sleeps, the
// session may have ended in another way, and what replaces the container does not know how.
const MAY_END_MS = 60_000;
// how often the slot is asked while the editor is covered: in the first half minute, then for ten minutes, then for an hour
const AGAIN = [
  [30_000, 2_000],
  [600_000, 5_000],
  [3_600_000, 30_000],
];

/** Asks the slot when the editor's own connections are silent, and reports when the slot does not answer. */
class Connection {
  constructor(boot, cover) {
    this.boot = boot;
    this.cover = cover;
    this.channel = new BroadcastChannel(UNSAVED.channel);
    this.channel.onmessage = ({ data }) => this.learn(data.savedAt);
    this.savedAt = undefined; // not known yet
    this.heard = this.asked = this.ticked = performance.now();
    this.heardAt = Date.now();
    this.open = new Set(); // the editor's connections
    this.cutAt = null; // since when none of them is open
    this.spoken = null; // when one of them spoke last
    this.failures = 0;
    this.lostAt = null;
    this.over = false;
    this.begun = false;
  }

  /** Watches from the editor's first connection on: while the page loads there is nothing to lose. */
  begin() {
    if (this.begun) return;
    this.begun = true;
    this.hear();
    setInterval(() => this.tick(), TICK_MS);
  }

  watch(socket) {
    socket.addEventListener("open", () => {
      this.begin();
      this.open.add(socket);
      this.cutAt = this.spoken = null;
      this.hear();
    });
    socket.addEventListener("message", () => {
      this.spoken = performance.now();
      this.hear();
    });
    socket.addEventListener("close", () => {
      this.closed = true; // one that answers opens another
      this.open.delete(socket);
      if (!this.open.size) this.cutAt ??= performance.now();
    });
  }

  /** Whether the editor has no connection, although the slot may answer: a proxy may let no WebSocket through, the
   *  editor's server may have ended, and the editor may wait half a minute before it tries again. */
  isCut(now) {
    if (this.cutAt !== null) return now - this.cutAt > CLOSED_MS;
    return this.spoken !== null && now - this.spoken > SILENT_MS;
  }

  hear() {
    this.heard = performance.now();
    this.heardAt = Date.now(); // the other clock may stand still while the machine sleeps
    this.failures = 0;
    this.closed = false;
    if (this.lostAt !== null && !this.over) this.found();
  }

  tick() {
    const now = performance.now();
    this.late = now - this.ticked > LATE_MS;
    this.ticked = now;
    if (this.asking || this.over) return;
    // A window in the background asks once how its session ended, when the editor's connection is closed.
    if (document.visibilityState !== "visible" && (!this.closed || this.lostAt !== null)) return;
    if (this.lostAt !== null) {
      const every = AGAIN.find(([until]) => now - this.lostAt < until)?.[1];
      if (every && now - this.asked > every) this.ask();
    } else if (this.failures ? now - this.asked > BETWEEN_FAILURES_MS : this.isDoubtful(now)) this.ask();
  }

  /** A message to the editor counts as an answer of the slot. */
  isDoubtful(now) {
    return this.closed || this.isCut(now) || now - this.heard > NOT_HEARD_MS || now - this.asked > AT_LEAST_EVERY_MS;
  }

  async ask() {
    this.asking = true;
    this.asked = performance.now();
    const before = this.heard;
    const answer = await this.answer();
    this.asking = false;
    if (["over", "gone", "out"].includes(answer.how)) this.end(answer);
    else if (answer.how === "here" && this.isCut(performance.now())) this.lose({ how: "unconnected" });
    else if (answer.how === "here") this.hear();
    else if (this.heard === before && answer.how === "quiet") {
      this.failures += 1;
      if (this.failures > 1) this.lose(answer);
    }
  }

  /** Whether this page was not running meanwhile. */
  stalled() {
    return this.late || performance.now() - this.ticked > LATE_MS;
  }

  /** `how`: "here"; "over", with the reason; "gone": another container answers; "out": the member has signed out here;
   *  "unknown"; or "quiet": no container answers, and the platform's answer says nothing about the session. */
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
      if (answer.status === 200) return { how: "here" };
      return { how: "over", reason: said.reason ?? "", isSaved: said.saved, leftOut: said.left_out };
    } catch (error) {
      // no answer within the time; a page that was not running has not really waited
      return { how: error.name === "TimeoutError" && this.stalled() ? "unknown" : "quiet" };
    }
  }

  /** Reports how the session ended, and waits for its last save. */
  async end(answer) {
    // The container was silent, and then another one answered: nobody stopped it, and it has not said that it saved.
    const isLost = this.lostAt !== null && Date.now() - this.heardAt < MAY_END_MS;
    const reason = answer.reason ?? (isLost ? "lost" : "");
    const told = { how: answer.how, reason, saved: savedOf(answer), leftOut: answer.leftOut };
    this.lose(told);
    while (told.saved === "saving") {
      const later = await this.answer("?until=saved", SAVED_WITHIN_MS);
      told.saved = later.how === "over" ? savedOf(later) : "unknown";
      told.leftOut = later.leftOut;
      this.lose({ ...told });
    }
  }

  /** Learns when the newest save was, from the slot, or earlier from the extension. */
  learn(savedAt) {
    if (savedAt !== undefined) this.savedAt = Math.max(savedAt ?? 0, this.savedAt ?? 0) || null;
  }

  lose(loss) {
    this.over = !["quiet", "unconnected"].includes(loss.how);
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
      // An ended session does not come back, and a tab that is left open must not wake a slot for ever.
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
