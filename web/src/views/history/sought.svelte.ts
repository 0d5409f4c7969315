// One path that the member looks for in every snapshot, as the editor's command "Earlier versions of this file" does.

import { SvelteMap } from "svelte/reactivity";
import type { FolderView, PathView, SnapshotView } from "../../api";
import type { Api } from "../../state/controlPlane";
import { isProblem } from "../../state/problem";

/** What a snapshot has, and where: the path as the snapshot spells it. */
export interface Place {
  path: string;
  entry: PathView;
}

/** `places` are several if the snapshot has several that look the same, and none of them is spelled as was asked for.
 * It may have more than these if it is `partial`: it has more paths than can be listed. */
export interface Found {
  places: Place[];
  partial: boolean;
}

/** Pages of one folder that are looked through. */
const MOST_PAGES = 10;

/** macOS writes `é`, and each Korean syllable, as several characters, which a keyboard writes as one. */
const composed = (text: string) => text.normalize("NFC");

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
    const folder = this.path.split("/").slice(0, -1).join("/");
    try {
      const first = await this.api.files(snapshot, folder, null, signal);
      const found = await this.lookThrough(snapshot, first, signal);
      for (const alike of first.alike) {
        const other = await this.lookThrough(snapshot, await this.api.files(snapshot, alike, null, signal), signal);
        found.places.push(...other.places);
        found.partial ||= other.partial;
      }
      const exact = found.places.filter(({ path }) => path === this.path);
      return exact.length > 0 ? { places: exact, partial: false } : found;
    } catch (trouble) {
      if (isProblem(trouble, "not-found")) return { places: [], partial: false }; // there was no such folder
      throw trouble;
    }
  }

  /** Looks through a folder, of which `view` is the first page. */
  private async lookThrough(snapshot: string, view: FolderView, signal: AbortSignal): Promise<Found> {
    const places: Place[] = [];
    for (let pages = 1; ; pages += 1) {
      const all = view.entries.map((entry) => ({ path: view.folder ? `${view.folder}/${entry.name}` : entry.name, entry }));
      places.push(...all.filter(({ path }) => composed(path) === composed(this.path)));
      const isFound = places.some(({ path }) => path === this.path);
      if (isFound || view.next === null || pages === MOST_PAGES)
        return { places, partial: !isFound && (view.partial || view.next !== null) };
      view = await this.api.files(snapshot, view.folder, view.next, signal);
    }
  }
}
