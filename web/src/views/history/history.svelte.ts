// The snapshots that the member can go back to, what was left out of them, and what is done with them.

import type { LeftOutView, SnapshotView } from "../../api";
import { type Saying, words } from "../../state/language.svelte";
import type { Member } from "../../state/member.svelte";
import { isProblem } from "../../state/problem";
import { timeOf } from "../../state/shown";
import { insideHome } from "./insideHome";
import { Sought } from "./sought.svelte";

/** What is said, and which files may be damaged. Not all of them may have been named. */
export const withTorn =
  (said: Saying, { inconsistent: names, inconsistent_unnamed: more }: { inconsistent: readonly string[]; inconsistent_unnamed: number }): Saying =>
  (all) => {
    const { check, andPerhaps, checkUnnamed } = all.history;
    if (names.length > 0) return `${said(all)} ${check(names.join(", ") + (more > 0 ? andPerhaps(more.toLocaleString()) : ""))}`;
    return more > 0 ? `${said(all)} ${checkUnnamed(more.toLocaleString())}` : said(all);
  };

export class History {
  /** Null while it is being asked for. */
  snapshots = $state.raw<SnapshotView[] | null>(null);
  /** There are older ones, if not null. */
  next = $state.raw<number | null>(null);
  /** What sessions have left out and kept apart. */
  leftOut = $state.raw<LeftOutView[]>([]);
  /** What is under way, or came of it. */
  said = $state.raw<Saying | null>(null);
  trouble = $state.raw<unknown>(null);
  /** The path whose earlier versions are looked for. */
  sought = $state.raw<Sought | null>(null);
  /** The path that the address names: `/history?path=proj/main.py`. */
  readonly linked = new URLSearchParams(location.search).get("path") ?? "";
  private refusedAsOpen = $state(false);

  constructor(readonly member: Member) {
    const path = this.linked && insideHome(this.linked);
    if (path) this.sought = new Sought(member.api, path);
  }

  /** The workspace is open, and so can't go back. */
  get isOpen(): boolean {
    return this.refusedAsOpen || (this.member.status.known?.session ?? null) !== null;
  }

  /** Asks for the newest, with what came of something before. */
  look(said: Saying | null = null, trouble: unknown = null): void {
    const { api, page, status } = this.member;
    this.say(said, trouble);
    page.begin(
      async (signal) => {
        const found = await api.snapshots(null, signal);
        this.snapshots = found.snapshots;
        this.leftOut = found.left_out;
        this.next = found.next;
        await this.lookForSought(signal);
      },
      (worse) => {
        if (isProblem(worse, "account-suspended")) status.refresh(worse); // which says why
        else page.fail(worse);
      },
    );
  }

  older(next: number): void {
    const { api, page } = this.member;
    page.begin(
      async (signal) => {
        const found = await api.snapshots(next, signal);
        this.snapshots = [...(this.snapshots ?? []), ...found.snapshots];
        this.leftOut = [...this.leftOut, ...found.left_out];
        this.next = found.next;
        this.say(null);
        await this.lookForSought(signal);
      },
      (trouble) => this.say(this.said, trouble),
    );
  }

  /** Looks for a path in every snapshot that is shown. */
  seek(path: string): void {
    this.sought = new Sought(this.member.api, path);
    this.say(null);
    this.member.page.begin(
      (signal) => this.lookForSought(signal),
      (trouble) => this.say(null, trouble),
    );
  }

  /** Goes back to it, or brings one path of it back. */
  restore(snapshot: SnapshotView, path: string | null): void {
    const done: Saying = ({ history }) =>
      path === null ? history.wentBack(timeOf(snapshot.at)) : history.broughtBack(path);
    this.work(({ history }) => history.goingBack, async (signal) => {
      return withTorn(done, await this.member.api.restore(snapshot.snapshot, path, signal));
    });
  }

  /** Brings all of it back, or one file or folder. */
  bringBack(kept: LeftOutView, path: string | null): void {
    this.work(({ history }) => history.goingBack, async (signal) => {
      const restored = await this.member.api.restore(kept.snapshot, path, signal);
      return withTorn(({ history, storage }) => history.broughtBack(path ?? storage.apart), restored);
    });
  }

  /** Has the files of a snapshot packed, and downloads them. */
  download({ snapshot }: { snapshot: string }): void {
    this.work(({ history }) => history.packing, async (signal) => {
      const ready = await this.member.api.download(snapshot, signal);
      location.assign(ready.url);
      return withTorn(({ history }) => history.downloading, ready);
    });
  }

  discard(kept: LeftOutView): void {
    this.work(({ common }) => common.starting, async () => {
      await this.member.api.discard(kept.snapshot);
      return ({ storage }) => storage.discarded;
    });
  }

  private async lookForSought(signal: AbortSignal): Promise<void> {
    if (!this.sought || !this.snapshots) return;
    await this.sought.lookIn(this.snapshots, signal);
    const count = this.snapshots.filter(({ snapshot }) => this.sought?.found.get(snapshot)?.places.length).length;
    this.member.page.news = words().history.foundIn(count);
  }

  /** Does something with the history, says so meanwhile, and shows what it has become. */
  private work(meanwhile: Saying, act: (signal: AbortSignal) => Promise<Saying>): void {
    this.say(meanwhile);
    this.member.page.begin(
      async (signal) => this.look(await act(signal)),
      (trouble) => {
        this.refusedAsOpen ||= isProblem(trouble, "session-open");
        this.look(null, trouble);
      },
    );
  }

  private say(said: Saying | null, trouble: unknown = null): void {
    this.said = said;
    this.trouble = trouble;
    this.member.page.news = said ? said(words()) : "";
  }
}
