// What ends an open session by itself: the plan's time, or that nothing happens in it. And when to ask about it.

import type { Login } from "./controlPlane";
import { words } from "./language.svelte";
import { minutesLeft, timeOf } from "./shown";

/** Seconds before the end of the plan's time at which the member is warned, and warned again. */
const EARLY = 600;
const LATE = 120;
/** Seconds between two looks at an open session: others may use up the same time, or it may rest. */
const LOOK_SOONEST = 60;
const LOOK_LATEST = 300;

export interface Ending {
  why: "allowance" | "idle";
  /** Milliseconds of performance.now. */
  end: number;
  urgent: boolean;
}

/** Whether an open session may end by itself, so that looking again is worthwhile. */
export function mayEnd({ session }: Login): boolean {
  return session !== null && (session.deadline !== null || session.idle !== null);
}

/** That the open session ends soon, and why, at a moment of performance.now. */
export function endingOf(login: Login, moment: number): Ending | null {
  const { session } = login;
  const until = (when: number) => secondsUntil(login, when, moment);
  const at = (when: number) => moment + 1000 * until(when);
  if (session?.deadline != null && until(session.deadline) <= EARLY)
    return { why: "allowance", end: at(session.deadline), urgent: until(session.deadline) <= LATE };
  // as the editor warns: whoever goes there has done something in it, and so keeps the session
  if (session?.idle && until(session.idle.warned_from) <= 1)
    return { why: "idle", end: at(session.idle.ends), urgent: true };
  return null;
}

export function endingText({ why, end }: Ending, login: Login, moment: number): string {
  const left = minutesLeft(end - moment);
  return why === "idle" ? words().home.idleEnds(left) : words().home.timeEnds(left, timeOf(login.session?.deadline ?? 0));
}

/** In how many seconds to ask how an open session stands; null if nothing can change that the page should say. */
export function untilLook(login: Login): number | null {
  const looks = [untilAllowanceLook(login), untilIdleLook(login)].filter((each) => each !== null);
  return looks.length ? Math.min(...looks) : null;
}

function untilAllowanceLook(login: Login): number | null {
  if (!login.session || login.allowance.seconds === null) return null;
  const { deadline } = login.session;
  if (deadline === null) return LOOK_LATEST;
  return Math.min(Math.max(secondsUntil(login, deadline) - EARLY, LOOK_SOONEST), LOOK_LATEST);
}

/** When the warning would be due; and while it stands, whether it still does. */
function untilIdleLook(login: Login): number | null {
  const idle = login.session?.idle;
  return idle ? Math.max(secondsUntil(login, idle.warned_from), LOOK_SOONEST) : null;
}

function secondsUntil({ now, arrived }: Login, when: number, moment = performance.now()): number {
  return when - now - (moment - arrived) / 1000;
}
