// Opening a workspace: ask for a slot until there is one, tell which step it is at, and enter the editor.

import type { AllocateAnswer, SessionView, StartView } from "../api";
import type { Api } from "./controlPlane";
import { pause } from "./pause";
import { Problem } from "./problem";
import type { Step } from "./steps";

export interface Onlooker {
  /** A step has begun. `slot` is the slot's origin, once it is known. */
  step(step: Step, slot: string | null): void;
  /** A container starts, since `since` (milliseconds of performance.now). `start`: how long that takes. */
  starting(start: StartView, since: number): void;
  /** So much of what is saved is in the slot: a part of 1. */
  restored(part: number): void;
  /** Refused for now; it is tried again after so many seconds. */
  waiting(problem: Problem, seconds: number): void;
}

/** Of an open that is refused because everything is in use: it is waited for as long as the page is open. */
export const FULL = ["pool-exhausted", "sessions-full"];
const TRIES = 12;
const WAIT_AT_MOST = 60;
const HEALTH_EVERY = 500; // milliseconds
const FIRST_LOOK = 800; // milliseconds: a warm opening is over before, and costs no second request

/** Resolves to the way in. Raises Problem when refused for good or too often, AbortError when `signal` says so. */
export async function open(
  api: Api,
  locale: string,
  onlooker: Onlooker,
  signal: AbortSignal,
  project = false,
): Promise<AllocateAnswer> {
  for (let tries = 1; ; ) {
    onlooker.step("claim", null);
    try {
      return await allocate(api, locale, onlooker, signal, project);
    } catch (error) {
      if (!(error instanceof Problem) || !error.passing || tries === TRIES) throw error;
      if (!FULL.includes(error.name)) tries += 1;
      const seconds = Math.min(Math.max(error.retryAfter ?? 2, 1), WAIT_AT_MOST);
      onlooker.waiting(error, seconds);
      await pause(seconds * 1000, signal);
    }
  }
}

async function allocate(
  api: Api,
  locale: string,
  onlooker: Onlooker,
  signal: AbortSignal,
  project: boolean,
): Promise<AllocateAnswer> {
  const over = new AbortController();
  const claimed = async (session: SessionView, now: number) => {
    const slot = session.slot_origin;
    const looking = AbortSignal.any([signal, over.signal]);
    if (session.start) {
      onlooker.starting(session.start, performance.now() - 1000 * (now - session.opened));
      await untilItRuns(slot, looking);
      if (looking.aborted) return;
    }
    onlooker.step("restore", slot);
    await watchRestore(slot, onlooker, looking);
  };
  const looking = lookForSession(api, locale, claimed, AbortSignal.any([signal, over.signal]));
  try {
    const entrance = await api.allocate(locale, project, signal);
    onlooker.step(project ? "project" : "enter", new URL(entrance.enter_url).origin);
    return entrance;
  } finally {
    over.abort();
    await looking;
  }
}

/** While `allocate` is under way, its session's record tells that a slot is claimed. Only progress hangs on it. */
async function lookForSession(
  api: Api,
  locale: string,
  claimed: (session: SessionView, now: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (let wait = FIRST_LOOK; ; wait = 1500) {
      await pause(wait, signal);
      const { session, now } = await api.login(locale, signal);
      if (session && session.state !== "draining") return await claimed(session, now);
    }
  } catch (error) {
    // `allocate` itself meets and reports whatever this met
    if (!(error instanceof Problem) && !signal.aborted) throw error;
  }
}

/** A slot answers once its container runs. */
async function untilItRuns(slot: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const answer = await fetch(`${slot}/_slot/health`, { credentials: "omit", signal }).catch(() => null);
    if (answer?.ok) return;
    await pause(HEALTH_EVERY, signal).catch(() => undefined); // only `signal` ends it early
  }
}

/** Asks the slot itself how far it is. A slot that does not answer, or not in time, is only not asked again for a while. */
async function watchRestore(slot: string, onlooker: Onlooker, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const answer = await fetch(`${slot}/_slot/health`, { credentials: "omit", signal });
      const { restore } = (await answer.json()) as { restore: { done: number; total: number } };
      if (restore.total > 0) onlooker.restored(Math.min(1, restore.done / restore.total));
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof SyntaxError) && !signal.aborted) throw error;
    }
    await pause(HEALTH_EVERY, signal).catch(() => undefined); // only `signal` ends it early
  }
}

/**
 * Leaves the page for the editor. The token travels in a form's body, so no address and no history ever holds it. What
 * is given `along` is an address's fragment: it comes to the editor's page, and to no server.
 */
export function enter({ enter_url, enter_token, folder }: AllocateAnswer, along: string): void {
  const form = document.createElement("form");
  form.method = "post";
  form.action = enter_url + along;
  for (const [name, value] of Object.entries({ token: enter_token, folder })) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
  form.remove();
}
