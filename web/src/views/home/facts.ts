// What is left of the plan, and how the last session ended, in a line each.

import type { AllowanceView, LastSession, StorageView } from "../../api";
import { words } from "../../state/language.svelte";
import { lengthOf, sizeOf, timeOf } from "../../state/shown";

export function timeFact({ granted, seconds, renews }: AllowanceView): string {
  if (granted === null || seconds === null) return words().common.noLimit;
  if (seconds === 0) return words().home.timeGone(lengthOf(granted), timeOf(renews));
  return words().home.timeLeft(lengthOf(seconds), lengthOf(granted), timeOf(renews));
}

/** How much of the plan's storage is used; without a limit, how much is saved. */
export function storageFact({ used, limit }: StorageView): string {
  if (used === 0) return words().home.nothingSaved(limit === null ? null : sizeOf(limit));
  return words().common.storageOf(sizeOf(used), limit === null ? null : sizeOf(limit));
}

export function howItEnded({ reason, saved_at }: LastSession): string | null {
  const { ends, lostUnsaved } = words().home;
  if (saved_at === null) return reason === "lost" ? lostUnsaved : null;
  const say = Object.hasOwn(ends, reason ?? "") ? ends[reason as keyof typeof ends] : ends.other;
  return say(timeOf(saved_at));
}
