// What the page can show: one view at a time. app/drawn.svelte.ts has the component of each, paths.json the addresses.

import type { LoginAnswer, SessionView } from "../api";
import type { Saying } from "./language.svelte";
import type { Progress } from "./workspace.svelte";
import paths from "./paths.json";

/** What each view is shown with. */
interface Fields {
  starting: object;
  "signed-out": { trouble: unknown; said: Saying | null };
  home: { trouble: unknown; saved: boolean };
  offline: { known: LoginAnswer };
  opening: { progress: Progress };
  "confirm-stop": { session: SessionView };
  stopping: { began: number };
  verifying: object;
  history: object;
  usage: object;
  /** `team`: what the member's team pays for, whoever pays for the member now. */
  plans: { team?: boolean };
  team: object;
  invitation: object;
  account: object;
  new: object;
  console: object;
  estimate: object;
  failed: { trouble: unknown };
}

export type Kind = keyof Fields;
export type ViewOf<K extends Kind> = { kind: K } & Fields[K];
export type View = { [K in Kind]: ViewOf<K> }[Kind];

/** Views that have an address of their own. They stand beside home, and leave an open session as it is. */
export type Aside = Exclude<keyof typeof paths, "estimate">;

export function isAside(kind: Kind): kind is Aside {
  return kind in paths && kind !== "estimate";
}

/** An address that is for anybody, whoever is signed in. */
export function isForAnybody(path: string): boolean {
  return path === paths.estimate;
}

/** The view stands before what the address leads to, and gives way to it: whoever goes on wants to get there. */
export function isInTheWay(kind: Kind): boolean {
  return ["starting", "signed-out", "offline", "verifying", "stopping", "failed"].includes(kind);
}

/** The view takes the whole page, not only a column for reading. */
export function isWide(kind: Kind): boolean {
  return kind === "signed-out" || kind === "plans" || kind === "estimate" || kind === "console";
}

export function pathOf(kind: Kind): string {
  return isAside(kind) || kind === "estimate" ? paths[kind] : "/";
}

/** The view that an address leads to; null for home. */
export function asideAt(path: string): Aside | null {
  return (Object.keys(paths) as Kind[]).filter(isAside).find((kind) => paths[kind] === path) ?? null;
}
