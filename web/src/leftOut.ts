// What the page shows of things that the plan has no room for: before Stop, and in the history for 30 days after it.

import type { LeftOut, LeftOutPackage, OpenSession, Storage } from "./api";
import { timeOf } from "./clock";
import { button, type Child, h } from "./dom";
import { words } from "./language";
import { sizeOf } from "./sizes";

export interface LeftOutActions {
  /** All of it, or one file or folder. */
  bringBack(kept: LeftOutPackage, path: string | null): void;
  downloadApart(kept: LeftOutPackage): void;
  discard(kept: LeftOutPackage): void;
}

/** What is left out of every save, what becomes of it, and what to do. */
export function unsaved(leftOut: LeftOut, { over, lifted_by: plan }: Storage): HTMLElement {
  const { count, bytes, lost_bytes: lost, entries } = leftOut;
  const gone = entries.filter(({ kept }) => !kept);
  return h(
    "section",
    { className: "notice storage", role: "alert" },
    h("p", {}, words().unsaved),
    listOf(entries),
    count > entries.length && h("p", {}, words().unsavedMore((count - entries.length).toLocaleString())),
    h("p", {}, words().unsavedDo(sizeOf(over), plan)),
    lost < bytes && h("p", {}, words().keptApart),
    gone.length > 0 && h("p", {}, words().lostAtEnd),
    gone.length > 0 && listOf(gone),
  );
}

/** Asked before Stop, while there is something that Stop does not save. */
export function confirmStop(storage: Storage, session: OpenSession, stop: (session: OpenSession) => void, back: () => void): Child[] {
  return [
    storage.left_out && unsaved(storage.left_out, storage),
    h(
      "div",
      { className: "buttons" },
      button("stop-anyway", words().stopAnyway, () => stop(session), "main"),
      button("back", words().back, back),
    ),
  ];
}

/** That something is kept apart, and where it is found. */
export function apartNotice(storage: Storage, history: () => void): Child {
  if (storage.apart === 0) return null;
  return h(
    "section",
    { className: "notice storage", role: "status" },
    h("p", {}, words().apartHere(sizeOf(storage.apart))),
    h("div", { className: "buttons" }, button("apart", words().apartLook, history, "small")),
  );
}

/** What sessions have kept apart. */
export function drawLeftOut(packages: LeftOutPackage[], open: boolean, actions: LeftOutActions): Child[] {
  if (packages.length === 0) return [];
  return [
    h("h2", {}, words().apart),
    h("p", {}, words().apartAbout),
    h("ul", { className: "snapshots" }, ...packages.map((kept) => row(kept, open, actions))),
  ];
}

function row(kept: LeftOutPackage, open: boolean, actions: LeftOutActions): HTMLElement {
  const time = timeOf(kept.at);
  const press = (id: string, text: string, act: () => void) => {
    const element = button(`${id}-${kept.snapshot}`, text, act, "small");
    element.setAttribute("aria-label", `${text}, ${time}`);
    return element;
  };
  const entries = kept.left_out.entries.filter((entry) => entry.kept);
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, time), ` ${sizeOf(kept.bytes)} · ${words().keptUntil(timeOf(kept.expires))}`),
    h(
      "ul",
      {},
      ...entries.map((entry, at) =>
        h(
          "li",
          {},
          h("bdi", {}, entry.path),
          ` ${sizeOf(entry.bytes)} `,
          !open && press(`bring-${at}`, words().bringBack, () => actions.bringBack(kept, entry.path)),
        ),
      ),
    ),
    kept.left_out.count > kept.left_out.entries.length && h("p", {}, words().apartMore),
    h(
      "div",
      { className: "buttons" },
      !open && kept.fits && press("all", words().bringAllBack, () => actions.bringBack(kept, null)),
      press("download", words().download, () => actions.downloadApart(kept)),
      press("discard", words().discard, () => actions.discard(kept)),
    ),
    !kept.fits && h("p", { className: "quiet" }, words().apartTooLarge),
  );
}

function listOf(things: { path: string; bytes: number }[]): HTMLElement {
  return h("ul", {}, ...things.map(({ path, bytes }) => h("li", {}, h("bdi", {}, path), ` ${sizeOf(bytes)}`)));
}
