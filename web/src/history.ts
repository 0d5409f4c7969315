// What the page shows of storage and history: the plan's room, and the snapshots that can be gone back to.

import type { Changes, LeftOutPackage, Snapshot, Storage } from "./api";
import { timeOf } from "./clock";
import { button, type Child, h } from "./dom";
import { words } from "./language";
import { drawLeftOut, type LeftOutActions, unsaved } from "./leftOut";
import { sizeOf } from "./sizes";

export interface History {
  /** Null while it is being asked for. */
  snapshots: Snapshot[] | null;
  /** There are older ones, if not null. */
  next: number | null;
  /** What sessions have left out and kept apart. */
  left_out: LeftOutPackage[];
  /** The workspace is open, and so can't go back. */
  open: boolean;
  /** What is under way, or came of it. */
  said: string | null;
}

export interface HistoryActions extends LeftOutActions {
  restore(snapshot: Snapshot, path: string | null): void;
  download(snapshot: Snapshot): void;
  older(next: number): void;
  again(): void;
}

/** How much of the plan's storage is taken; without a limit, how much there is. */
export function storageFact({ used, limit }: Storage): string {
  return words().storageOf(sizeOf(used), limit === null ? null : sizeOf(limit));
}

/** What a member has to know before they go on, if the plan has no room. */
export function storageNotice(storage: Storage): Child {
  const { left_out: leftOut, limit, largest } = storage;
  if (leftOut && leftOut.count > 0) return unsaved(leftOut, storage);
  if (storage.state === "ok" || limit === null) return null;
  return h(
    "section",
    { className: "notice storage", role: "status" },
    h("p", {}, words().storageOver),
    h("p", {}, words().storageDelete(sizeOf(storage.over))),
    largest.length > 0 && h("p", {}, words().storageLargest),
    largest.length > 0 && listOf(largest),
    storage.lifted_by && h("p", {}, words().storageLifted(storage.lifted_by)),
  );
}

function listOf(things: { path: string; bytes: number }[]): HTMLElement {
  return h("ul", {}, ...things.map(({ path, bytes }) => h("li", {}, h("bdi", {}, path), ` ${sizeOf(bytes)}`)));
}

export function drawHistory({ snapshots, left_out: leftOut, next, open, said }: History, actions: HistoryActions): Child[] {
  return [
    h("p", { className: "lead" }, open ? words().historyOpen : words().historyAbout),
    said && h("p", { className: "notice" }, said),
    ...drawLeftOut(leftOut, open, actions),
    snapshots === null && h("p", { className: "quiet" }, words().starting),
    snapshots?.length === 0 && h("p", { className: "quiet" }, words().historyEmpty),
    snapshots && h("ol", { className: "snapshots" }, ...snapshots.map((each, at) => row(each, snapshots[at - 1] ?? null, open, actions))),
    h(
      "div",
      { className: "buttons" },
      next !== null && button("older", words().olderOnes, () => actions.older(next)),
      button("back", words().back, actions.again),
    ),
  ];
}

/** `newer` is the snapshot after it. */
function row(snapshot: Snapshot, newer: Snapshot | null, open: boolean, actions: HistoryActions): HTMLElement {
  const time = timeOf(snapshot.at);
  const facts = [sizeOf(snapshot.bytes), words().fileCount(snapshot.files.toLocaleString())];
  const marks = [
    snapshot.current && words().current,
    snapshot.final && words().atStop,
    snapshot.returned && words().returned(snapshot.returned),
  ].filter((mark) => mark !== false && mark !== null);
  const press = (id: string, text: string, act: () => void) => {
    const element = button(`${id}-${snapshot.snapshot}`, text, act, "small");
    element.setAttribute("aria-label", `${text}, ${time}`);
    return element;
  };
  const mayGoBack = !open;
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, time), ` ${[...facts, ...marks].join(" · ")}`),
    snapshot.changes && changed(snapshot.changes),
    h(
      "div",
      { className: "buttons" },
      mayGoBack && !snapshot.current && press("restore", words().restore, () => actions.restore(snapshot, null)),
      press("download", words().download, () => actions.download(snapshot)),
    ),
    mayGoBack && !snapshot.current && onePath(snapshot, choices(snapshot, newer), time, actions),
  );
}

/** A container's word: shown, and no more. */
function changed({ added, changed, removed, paths }: Changes): Child {
  const counts = words().changes(added, changed, removed);
  const names = paths.flatMap(({ path }, at) => [at > 0 && ", ", h("bdi", {}, path)]);
  return counts !== "" && h("p", { className: "quiet" }, counts, names.length > 0 && ": ", ...names);
}

/** Paths that this snapshot has otherwise than the newer one: what may be missed. */
function choices({ changes }: Snapshot, newer: Snapshot | null): string[] {
  const own = changes?.paths.filter(({ how }) => how !== "removed") ?? [];
  const since = newer?.changes?.paths.filter(({ how }) => how !== "added") ?? [];
  return [...new Set([...since, ...own].map(({ path }) => path))];
}

function onePath(snapshot: Snapshot, paths: string[], time: string, actions: HistoryActions): HTMLElement {
  const input = h("input", { type: "text", required: true, maxLength: 4096, autocomplete: "off", spellcheck: false });
  input.id = `path-${snapshot.snapshot}`;
  const send = h("button", { type: "submit", className: "small" }, words().bringBack);
  send.setAttribute("aria-label", `${words().bringBack}, ${time}`);
  const label = h("label", { htmlFor: input.id }, words().path);
  const form = h("form", {}, label, input, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    actions.restore(snapshot, input.value);
  });
  const summary = h("summary", {}, words().onePath);
  summary.setAttribute("aria-label", `${words().onePath}, ${time}`);
  const choice = (path: string) => button("", path, () => actions.restore(snapshot, path), "small");
  return h("details", {}, summary, h("div", { className: "buttons" }, ...paths.map(choice)), form);
}
