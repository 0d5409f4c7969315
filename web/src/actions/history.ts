// What the member does with the history: going back, bringing back, downloading, discarding.

import { type LeftOutPackage, Problem, type Snapshot } from "../api";
import { timeOf } from "../clock";
import type { HistoryActions } from "../history";
import { words } from "../language";
import type { Page } from "../page";

export function historyActions(page: Page): Omit<HistoryActions, "again"> & { history(): void } {
  /** Shows the history anew, with what came of something before. */
  function look(said: string | null, open: boolean, trouble: unknown = null): void {
    const told = (found: { snapshots: Snapshot[] | null; next: number | null; left_out: LeftOutPackage[] }) =>
      page.show({ kind: "history", history: { ...found, open, said }, trouble }, said ?? "");
    told(page.view.kind === "history" ? page.view.history : { snapshots: null, next: null, left_out: [] });
    page.begin(
      async (signal) => told(await page.api.snapshots(null, signal)),
      (worse) => page.fail(worse),
    );
  }

  /** Does something with the history, says so meanwhile, and shows what it has become. */
  function work(meanwhile: string, act: (signal: AbortSignal) => Promise<string>): void {
    if (page.view.kind !== "history") return;
    const { history } = page.view;
    page.show({ kind: "history", history: { ...history, said: meanwhile }, trouble: null }, meanwhile);
    page.begin(
      async (signal) => look(await act(signal), history.open),
      (trouble) => look(null, history.open || (trouble instanceof Problem && trouble.name === "session-open"), trouble),
    );
  }

  /** Has the files of a snapshot packed, and downloads them. */
  function fetchHome({ snapshot }: { snapshot: string }): void {
    work(words().packing, async (signal) => {
      location.assign(await page.api.download(snapshot, signal));
      return words().downloading;
    });
  }

  return {
    history: () => look(null, page.view.kind === "home" && page.view.login.session !== null),

    older(next: number): void {
      if (page.view.kind !== "history") return;
      const { history } = page.view;
      page.begin(
        async (signal) => {
          const found = await page.api.snapshots(next, signal);
          const snapshots = [...(history.snapshots ?? []), ...found.snapshots];
          page.show({ kind: "history", history: { ...history, snapshots, next: found.next }, trouble: null });
        },
        (trouble) => page.show({ kind: "history", history, trouble }),
      );
    },

    restore(snapshot: Snapshot, path: string | null): void {
      const done = path === null ? words().wentBack(timeOf(snapshot.at)) : words().broughtBack(path);
      work(words().goingBack, async (signal) => {
        await page.api.restore(snapshot.snapshot, path, signal);
        return done;
      });
    },

    bringBack(kept: LeftOutPackage, path: string | null): void {
      work(words().goingBack, async (signal) => {
        await page.api.restore(kept.snapshot, path, signal);
        return words().broughtBack(path ?? words().apart);
      });
    },

    download: fetchHome,
    downloadApart: fetchHome,

    discard(kept: LeftOutPackage): void {
      if (!confirm(words().discardSure(timeOf(kept.at)))) return;
      work(words().starting, async () => {
        await page.api.discard(kept.snapshot);
        return words().discarded;
      });
    },
  };
}
