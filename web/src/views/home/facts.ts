// What is left of the plan, and how the last session ended, in a line each.

import type { AllowanceView, LastSession, LoginAnswer, StorageView } from "../../api";
import { words } from "../../state/language.svelte";
import { lengthOf, sizeOf, timeOf } from "../../state/shown";

type Fact = readonly [name: string, value: string];

/** What is left of the time and the storage; both say so if they are the team's. */
export function planFacts({ team, allowance, storage }: LoginAnswer): readonly Fact[] {
  const { time, teamTime, teamStorage } = words().home;
  // what this browser has kept from an earlier version knows of no team
  if (!team?.pays) return [[time, timeFact(allowance)], [words().common.storage, storageFact(storage)]];
  return [[teamTime, timeFact(allowance)], [teamStorage, storageShare(storage)]];
}

function timeFact({ granted, seconds, renews }: AllowanceView): string {
  if (granted === null || seconds === null) return words().common.noLimit;
  if (seconds === 0) return words().home.timeGone(lengthOf(granted), timeOf(renews));
  return words().home.timeLeft(lengthOf(seconds), lengthOf(granted), timeOf(renews));
}

/** How much of the plan's storage is used; without a limit, how much is saved. */
function storageFact({ used, limit }: StorageView): string {
  if (used === 0) return words().home.nothingSaved(limit === null ? null : sizeOf(limit));
  return words().common.storageOf(sizeOf(used), limit === null ? null : sizeOf(limit));
}

/** Of a team's storage, what this workspace takes, and what the others leave it. */
function storageShare({ used, limit }: StorageView): string {
  return words().home.storageShare(sizeOf(used), limit === null ? null : sizeOf(limit));
}

export function howItEnded({ reason, saved_at }: LastSession): string | null {
  const { ends, lostUnsaved } = words().home;
  if (saved_at === null) return reason === "lost" ? lostUnsaved : null;
  const say = Object.hasOwn(ends, reason ?? "") ? ends[reason as keyof typeof ends] : ends.other;
  return say(timeOf(saved_at));
}
