// What is said of a container that starts: how long that takes, as it was measured, and that it takes longer.

import type { StartView } from "../api";
import { words } from "./language.svelte";

/** Measured seconds as they are said: never fewer than they are. */
function said(seconds: number): string {
  return words().common.lasted(seconds < 10 ? seconds : Math.ceil(seconds));
}

/** `waited`: seconds since it began to start. */
export function startText({ usually, mostly }: StartView, waited: number): string {
  const { opening } = words();
  if (usually === null || mostly === null) return opening.starting;
  if (waited > mostly) return opening.startsLate(said(mostly));
  return `${opening.starting} ${opening.startsWithin(said(usually), said(mostly))}`;
}
