// What the page shows of the plan's time: what is left of it, and what ends when it is used up.

import type { Allowance, Login } from "./api";
import { lengthOf, minutesLeft, timeOf } from "./clock";
import { type Child, h } from "./dom";
import { words } from "./language";

/** Seconds before the end at which the member is warned, and warned again. */
const EARLY = 600;
const LATE = 120;
/** Seconds between two looks at an open session: others may use up the same time, or it may rest. */
export const LOOK_SOONEST = 60;
const LOOK_LATEST = 300;

export function timeFact({ granted, seconds, renews }: Allowance): string {
  if (granted === null || seconds === null) return words().noLimit;
  return words().timeLeft(lengthOf(seconds), lengthOf(granted), timeOf(renews));
}

/** That nothing is left, when there will be again, and what lifts it. `role`: how urgently it is to be said. */
export function usedUpNotice({ seconds, renews, lifted_by }: Allowance, role: "alert" | "status"): Child {
  if (seconds !== 0) return null;
  return h("p", { className: "notice", role }, words().usedUp(timeOf(renews), lifted_by));
}

/** That the open session ends soon with the plan's time, from ten minutes before. */
export function deadlineNotice(login: Login): HTMLElement | null {
  const left = secondsLeft(login);
  if (left === null || left > EARLY) return null;
  const end = performance.now() + left * 1000;
  const at = timeOf(login.session?.deadline ?? 0);
  return h("p", { className: "notice", role: left <= LATE ? "alert" : "status" }, minutesLeft(end), words().timeEnds(at));
}

/** In how many seconds there is another warning to show; null if there is none to come before the page looks again. */
export function untilWarning(login: Login): number | null {
  const left = secondsLeft(login);
  if (left === null || left <= LATE) return null;
  const until = left - (left > EARLY ? EARLY : LATE);
  return until <= LOOK_LATEST ? until : null;
}

/** In how many seconds to ask what is left of an open session's time; null if it has no limit. */
export function untilAllowanceLook(login: Login): number | null {
  if (!login.session || login.allowance.seconds === null) return null;
  const left = secondsLeft(login);
  return left === null ? LOOK_LATEST : Math.min(Math.max(left - EARLY, LOOK_SOONEST), LOOK_LATEST);
}

function secondsLeft({ session, now, arrived }: Login): number | null {
  if (!session || session.deadline === null) return null;
  return session.deadline - now - (performance.now() - arrived) / 1000;
}
