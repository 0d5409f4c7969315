// Stopping a session: ask for its end, then look until its last checkpoint is committed.

import type { Api, Login } from "./controlPlane";
import { pause } from "./pause";
import { Problem } from "./problem";

const LOOK_EVERY = 1500; // milliseconds
const FAILURES = 5;

export async function stop(api: Api, locale: string, session: string, signal: AbortSignal): Promise<Login> {
  try {
    await api.release(session);
  } catch (error) {
    // it ended meanwhile, which is what was asked for; `login` tells how
    if (!(error instanceof Problem && error.name === "session-elsewhere")) throw error;
  }
  return untilEnded(api, locale, session, signal);
}

/** Resolves to the first login without `session`. Raises Problem when the control plane can't be asked any more. */
export async function untilEnded(api: Api, locale: string, session: string, signal: AbortSignal): Promise<Login> {
  for (let failures = 0; ; ) {
    try {
      const login = await api.login(locale, signal);
      if (login.session?.session !== session) return login;
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof Problem && error.passing) || failures === FAILURES) throw error;
    }
    await pause(LOOK_EVERY, signal);
  }
}
