// What is in a snapshot, folder by folder, as far as the member has looked.

import { SvelteMap, SvelteSet } from "svelte/reactivity";
import type { FolderView } from "../../api";
import type { Member } from "../../state/member.svelte";

export class Files {
  /** By the folder's path; the home itself is "". */
  readonly folders = new SvelteMap<string, FolderView>();
  /** Folders that are unfolded. */
  readonly open = new SvelteSet<string>();
  trouble = $state.raw<unknown>(null);

  constructor(
    private readonly member: Member,
    private readonly snapshot: string,
  ) {
    this.unfold("");
  }

  get isPartial(): boolean {
    return this.folders.get("")?.partial ?? false;
  }

  turn(folder: string): void {
    if (this.open.has(folder)) this.open.delete(folder);
    else this.unfold(folder);
  }

  /** The next page of a folder. */
  more(folder: string): void {
    this.load(folder, this.folders.get(folder)?.next ?? null);
  }

  private unfold(folder: string): void {
    this.open.add(folder);
    if (!this.folders.has(folder)) this.load(folder, null);
  }

  private load(folder: string, after: string | null): void {
    const { api, page } = this.member;
    this.trouble = null;
    page.begin(
      async (signal) => {
        const found = await api.files(this.snapshot, folder, after, signal);
        const before = after === null ? [] : (this.folders.get(folder)?.entries ?? []);
        this.folders.set(folder, { ...found, entries: [...before, ...found.entries] });
      },
      (trouble) => {
        this.trouble = trouble;
        if (!this.folders.has(folder)) this.open.delete(folder);
      },
    );
  }
}
