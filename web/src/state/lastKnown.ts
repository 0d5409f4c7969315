// How things stood when the control plane was last reached: shown, with its date, while there is no network.

import type { LoginAnswer } from "../api";
import { keep, kept } from "./kept";

const KEY = "ondol.last-known";

export function keepLastKnown(login: LoginAnswer): void {
  keep(KEY, JSON.stringify(login));
}

/** Null if nothing is known of this member. */
export function lastKnownOf(uid: string): LoginAnswer | null {
  try {
    const known = JSON.parse(kept(KEY) ?? "null") as LoginAnswer | null;
    return known?.account.uid === uid ? known : null;
  } catch {
    return null;
  }
}

export function forgetLastKnown(): void {
  keep(KEY, null);
}
