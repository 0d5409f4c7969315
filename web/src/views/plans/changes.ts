// What another plan changes for a member, compared with the one that they have.

import type { StorageView } from "../../api";
import type { Plan, Subject } from "./PlanCard.svelte";
import { words } from "../../state/language.svelte";
import { lengthOf, sizeOf } from "../../state/shown";

type Notes = Partial<Record<Subject, string>>;

/** What is other than now, by what it is about. */
export function changes(plan: Plan, present: Plan): Notes {
  const all: [Subject, string | null][] = [
    ["time", timeNote(plan, present)],
    ["storage", amountNote(plan.bytes, present.bytes, sizeOf)],
    ["snapshots", versionsNote(plan.snapshots - present.snapshots)],
    ["background", backgroundNote(plan, present)],
    ["seats", seatsNote(plan, present)],
  ];
  return Object.fromEntries(all.filter(([, note]) => note !== null)) as Notes;
}

/** Bytes for which there is no room in so many; 0 if everything fits. What is not saved for lack of room counts too. */
export function lackOf(room: number | null, storage: StorageView): number {
  return room === null ? 0 : Math.max(0, wanted(storage) - room);
}

/** Bytes that the member wants to store. */
export function wanted({ used, limit, over }: StorageView): number {
  return limit === null ? used : Math.max(used, over && limit + over);
}

function timeNote(plan: Plan, present: Plan): string | null {
  if (plan.seconds !== null && present.seconds !== null && plan.per === present.per) {
    return amountNote(plan.seconds, present.seconds, lengthOf);
  }
  if (plan.seconds === present.seconds) return null;
  if (present.seconds === null) return words().plans.nowWithout;
  return words().plans.nowTime[present.per as "day" | "month"](lengthOf(present.seconds));
}

function versionsNote(more: number): string | null {
  if (more === 0) return null;
  return more > 0 ? words().plans.moreVersions(more) : words().plans.fewerVersions(-more);
}

function backgroundNote({ background_limit: length }: Plan, { background_limit: now }: Plan): string | null {
  if (length > 0 && now > 0) return amountNote(length, now, lengthOf);
  if (length === now) return null;
  return now === 0 ? words().plans.nowPauses : words().plans.nowRuns(lengthOf(now));
}

function seatsNote(plan: Plan, present: Plan): string | null {
  if (plan.seats === present.seats) return null;
  return present.seats === 1 || present.seats === null ? words().plans.nowAlone : words().plans.nowSeats(present.seats);
}

/** Of something that has a unit; null is without limit. */
function amountNote(amount: number | null, now: number | null, said: (amount: number) => string): string | null {
  if (amount === now) return null;
  if (now === null) return words().plans.nowWithout;
  if (amount === null) return words().plans.now(said(now));
  return amount > now ? words().plans.more(said(amount - now)) : words().plans.less(said(now - amount));
}
