// Two pages of one month as one.

import type { UsageAnswer } from "../../api";

/** What stands on both pages is added up. */
export function together(before: UsageAnswer, after: UsageAnswer): UsageAnswer {
  const days = new Map(before.days.map((day) => [day.id, day]));
  for (const day of after.days) days.set(day.id, added(days.get(day.id), day));
  const sessions = new Map(before.sessions.map((session) => [session.session, session]));
  for (const each of after.sessions) sessions.set(each.session, added(sessions.get(each.session), each));
  return { ...before, days: [...days.values()], sessions: [...sessions.values()], next: after.next };
}

function added<Part extends { seconds: number; background_seconds: number }>(before: Part | undefined, after: Part): Part {
  if (!before) return after;
  return {
    ...before,
    seconds: before.seconds + after.seconds,
    background_seconds: before.background_seconds + after.background_seconds,
  };
}
