// Whether an open session's slot still answers, and whether it can save. It is asked without the member's cookie, and
// says little: that it serves somebody. While the page can be seen, that is asked every few seconds; a container that is
// gone is noticed before the control plane misses its heartbeats.

import { pause } from "./pause";

const EVERY = 3000; // milliseconds
const WITHIN = 4000;
/** One answer that does not come says nothing yet. */
const MISSED = 2;

/** How the slot of an open session is. */
export interface SlotState {
  /** It does not answer, or serves nobody. */
  silent: boolean;
  /** Since when something in it is not saved, if that is too long: milliseconds of performance.now. */
  unsavedSince: number | null;
}

export const ALL_WELL: SlotState = { silent: false, unsavedSince: null };

interface Health {
  attached?: boolean;
  /** Seconds. A container of yesterday does not say. */
  unsaved_for?: number | null;
}

/** Calls `told` once when the slot is in another way than it was; `signal` ends it. */
export async function watchSlot(
  origin: string,
  was: SlotState,
  told: (state: SlotState) => void,
  signal: AbortSignal,
): Promise<void> {
  let missed = was.silent ? MISSED : 0;
  while (!signal.aborted) {
    const health = await askHealth(origin, signal);
    if (signal.aborted) return;
    missed = health && health.attached !== false ? 0 : missed + 1;
    const silent = missed >= MISSED;
    const unsavedSince = health ? unsavedIn(health) : was.unsavedSince;
    const isLate = unsavedSince !== null;
    if (was.silent !== silent || isLate !== (was.unsavedSince !== null)) return told({ silent, unsavedSince });
    await pause(EVERY, signal).catch(() => undefined); // only `signal` ends it early
  }
}

function unsavedIn({ unsaved_for }: Health): number | null {
  return unsaved_for ? performance.now() - 1000 * unsaved_for : null;
}

async function askHealth(origin: string, signal: AbortSignal): Promise<Health | null> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(WITHIN)]);
    const answer = await fetch(`${origin}/_slot/health`, { credentials: "omit", cache: "no-store", signal: within });
    return (await answer.json()) as Health;
  } catch {
    return null;
  }
}
