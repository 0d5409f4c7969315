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
  plans: object;
  account: object;
  new: object;
  console: object;
  failed: { trouble: unknown };
}

export type Kind = keyof Fields;
export type ViewOf<K extends Kind> = { kind: K } & Fields[K];
export type View = { [K in Kind]: ViewOf<K> }[Kind];

/** Views that have an address of their own. They stand beside home, and leave an open session as it is. */
export type Aside = keyof typeof paths;

export function isAside(kind: Kind): kind is Aside {
  return kind in paths;
}

/** The view takes the whole page, not only a column for reading. */
export function isWide(kind: Kind): boolean {
  return kind === "signed-out" || kind === "plans" || kind === "console";
}

export function pathOf(kind: Kind): string {
  return isAside(kind) ? paths[kind] : "/";
}

/** The view that an address leads to; null for home. */
export function asideAt(path: string): Aside | null {
  return (Object.keys(paths) as Aside[]).find((kind) => paths[kind] === path) ?? null;
}
