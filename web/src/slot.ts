// Whether an open session's slot still answers. It is asked without the member's cookie, and says little: that it serves
// somebody. While the page can be seen, that is asked every few seconds; a container that is gone is noticed before the
// control plane misses its heartbeats.

import { pause } from "./clock";

const EVERY = 3000; // milliseconds
const WITHIN = 4000;
/** One answer that does not come says nothing yet. */
const MISSED = 2;

/** Calls `told` once when it has begun or ceased to answer, unlike before; `signal` ends it. */
export async function watchSlot(
  origin: string,
  wasSilent: boolean,
  told: (silent: boolean) => void,
  signal: AbortSignal,
): Promise<void> {
  let missed = wasSilent ? MISSED : 0;
  while (!signal.aborted) {
    const serves = await isServing(origin, signal);
    if (signal.aborted) return;
    missed = serves ? 0 : missed + 1;
    if (wasSilent !== missed >= MISSED) return told(!wasSilent);
    await pause(EVERY, signal).catch(() => undefined); // only `signal` ends it early
  }
}

async function isServing(origin: string, signal: AbortSignal): Promise<boolean> {
  try {
    const within = AbortSignal.any([signal, AbortSignal.timeout(WITHIN)]);
    const answer = await fetch(`${origin}/_slot/health`, { credentials: "omit", cache: "no-store", signal: within });
    return ((await answer.json()) as { attached?: boolean }).attached !== false;
  } catch {
    return false;
  }
}
