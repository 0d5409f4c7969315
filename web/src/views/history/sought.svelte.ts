// One path that the member looks for in every snapshot, as the editor's command "Earlier versions of this file" does.

import { SvelteMap } from "svelte/reactivity";
import type { PathView, SnapshotView } from "../../api";
import type { Api } from "../../state/controlPlane";
import { isProblem } from "../../state/problem";

/** `entry` is null if the snapshot has no such path, or `partial`: if it has more paths than can be listed. */
export interface Found {
  entry: PathView | null;
  partial: boolean;
}

/** Pages of one folder that are looked through. */
const MOST_PAGES = 10;

export class Sought {
  /** By the snapshot's name, as far as it was looked for. */
  readonly found = new SvelteMap<string, Found>();

  constructor(
    private readonly api: Api,
    readonly path: string,
  ) {}

  /** Looks in these snapshots, one after another. */
  async lookIn(snapshots: readonly SnapshotView[], signal: AbortSignal): Promise<void> {
    for (const { snapshot } of snapshots) {
      if (!this.found.has(snapshot)) this.found.set(snapshot, await this.look(snapshot, signal));
    }
  }

  private async look(snapshot: string, signal: AbortSignal): Promise<Found> {
    const parts = this.path.split("/");
    const [folder, name] = [parts.slice(0, -1).join("/"), parts.at(-1)];
    let after: string | null = null;
    for (let pages = 1; ; pages += 1) {
      try {
        const view = await this.api.files(snapshot, folder, after, signal);
        const entry = view.entries.find((each) => each.name === name) ?? null;
        const isCutShort = view.next !== null && pages === MOST_PAGES;
        if (entry || view.next === null || isCutShort) return { entry, partial: !entry && (view.partial || isCutShort) };
        after = view.next;
      } catch (trouble) {
        if (isProblem(trouble, "not-found")) return { entry: null, partial: false }; // there was no such folder
        throw trouble;
      }
    }
  }
}
