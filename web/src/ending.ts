// What ends an open session by itself: the plan's time, or that nothing happens in it. And when to ask about it.

import { deadlineNotice, LOOK_SOONEST, untilAllowanceLook } from "./allowance";
import type { Login } from "./api";
import { minutesLeft } from "./clock";
import { h } from "./dom";
import { words } from "./language";

/** That the open session ends soon, and why. */
export function endingNotice(login: Login): HTMLElement | null {
  return deadlineNotice(login) ?? idleNotice(login);
}

/** In how many seconds to ask how an open session stands; null if nothing can change that the page should say. */
export function untilLook(login: Login): number | null {
  const looks = [untilAllowanceLook(login), untilIdleLook(login)].filter((each) => each !== null);
  return looks.length ? Math.min(...looks) : null;
}

/** As the editor warns. Whoever goes there has done something in it, and so keeps the session. */
function idleNotice(login: Login): HTMLElement | null {
  const idle = login.session?.idle;
  if (!idle || secondsUntil(login, idle.warned_from) > 1) return null;
  const end = performance.now() + 1000 * secondsUntil(login, idle.ends);
  return h("p", { className: "notice", role: "alert" }, words().idleSince, minutesLeft(end), words().idleEnds);
}

/** When the warning would be due; and while it stands, whether it still does. */
function untilIdleLook(login: Login): number | null {
  const idle = login.session?.idle;
  return idle ? Math.max(secondsUntil(login, idle.warned_from), LOOK_SOONEST) : null;
}

function secondsUntil({ now, arrived }: Login, moment: number): number {
  return moment - now - (performance.now() - arrived) / 1000;
}
