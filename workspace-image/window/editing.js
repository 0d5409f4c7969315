// Tells the extension's part in the browser what a member does in this window, because extensions see no key that goes to
// a terminal, and no scrolling of an output. Also does what that part asks of the window. This file shares window.js's
// block.

const ACTIVE_AT_MOST_EVERY_MS = 10_000;
const DOINGS = ["keydown", "pointerdown", "wheel", "touchmove", "input", "paste", "drop", "focus"];
// the name of the file that workspace-image/extension/archive.js makes
const DOWNLOADS = /^\/tmp\/ondol-download-[A-Za-z0-9]+\/[^/]+\.zip$/;

class Editing {
  constructor() {
    this.channel = new BroadcastChannel(UNSAVED.channel);
    this.channel.onmessage = ({ data }) => this.take(data);
    this.told = -Infinity;
    this.unsaved = new Map();
    for (const kind of DOINGS) addEventListener(kind, (event) => this.seen(event), { capture: true, passive: true });
    addEventListener("beforeunload", (event) => this.leave(event), true);
  }

  seen({ isTrusted, type, target }) {
    if (type === "focus" && target !== globalThis) return; // within the window, the editor moves it by itself
    if (!isTrusted || performance.now() - this.told < ACTIVE_AT_MOST_EVERY_MS) return;
    this.told = performance.now();
    this.channel.postMessage({ active: true });
  }

  take({ asks, download, unsaved, window }) {
    if (asks === "language") this.channel.postMessage({ language: STATE.language || navigator.language });
    if (download && document.hasFocus() && DOWNLOADS.test(download)) save(download);
    if (window) this.unsaved.set(window, unsaved);
  }

  /** Asks before the page goes away a moment after a key, by Ctrl+W or a reload: the text is in no file yet. */
  leave(event) {
    const isCovered = document.getElementById("ondol-cover") !== null; // which asks by itself
    if (!isCovered && [...this.unsaved.values()].some((count) => count > 0)) event.preventDefault();
  }
}

const save = (path) => {
  const link = element("a", "");
  link.href = `/vscode-remote-resource?path=${encodeURIComponent(path)}`;
  link.download = path.split("/").pop();
  link.click();
};

new Editing();
