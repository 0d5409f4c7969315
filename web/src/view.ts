// What the page can show: one kind of view at a time, each drawn from nothing but its own fields.

import type { Way } from "./account";
import { timeFact, usedUpNotice } from "./allowance";
import { type LastSession, type Login, type OpenSession, Problem, type Storage } from "./api";
import { countdown, minutesSince, stopwatch, timeOf } from "./clock";
import { button, type Child, h } from "./dom";
import { endingNotice } from "./ending";
import { drawHistory, type History, type HistoryActions, storageFact, storageNotice } from "./history";
import { words } from "./language";
import { drawLeaving, type Leaving, type LeavingActions } from "./leaving";
import { apartNotice, confirmStop } from "./leftOut";
import type { SlotState } from "./slot";
import { type Step, STEPS } from "./steps";
import { drawUsage, type UsageActions, type UsageShown } from "./usage";
import { drawVerifying, type Verifying, type VerifyingActions } from "./verifying";

/** Moments are milliseconds of performance.now. */
export interface Progress {
  begun: { step: Step; at: number }[];
  slot: string | null;
  /** The part of what is saved that the slot has; null while it has not said. */
  restored: number | null;
  wait: { problem: Problem; until: number } | null;
}

export type View =
  | { kind: "starting" }
  | { kind: "signed-out"; ways: Way[]; trouble: unknown; said: string | null }
  | { kind: "home"; login: Login; trouble: unknown; saved: boolean; slot: SlotState; unsaved: string[] }
  | { kind: "opening"; progress: Progress }
  | { kind: "confirm-stop"; session: OpenSession; storage: Storage }
  | { kind: "stopping"; began: number }
  | { kind: "history"; history: History; trouble: unknown }
  | { kind: "usage"; shown: UsageShown; trouble: unknown }
  | { kind: "verifying"; verifying: Verifying; trouble: unknown }
  | { kind: "leaving"; leaving: Leaving; trouble: unknown }
  | { kind: "failed"; trouble: unknown };

export interface SignInActions {
  signIn(way: Way): void;
  signOut(): void;
}

export interface WorkspaceActions {
  open(): void;
  cancel(): void;
  stop(session: OpenSession): void;
  again(): void;
  discardUnsaved(): void;
}

export interface Actions
  extends SignInActions,
    WorkspaceActions,
    HistoryActions,
    UsageActions,
    VerifyingActions,
    LeavingActions {
  history(): void;
}

/** The first heading takes the focus when the view changes, so a screen reader starts there. */
export function draw(view: View, actions: Actions): Child[] {
  switch (view.kind) {
    case "starting":
      return [h("p", { className: "quiet" }, words().starting)];
    case "signed-out":
      return signedOut(view, actions);
    case "home":
      return home(view, actions);
    case "opening":
      return opening(view.progress, actions);
    case "confirm-stop":
      return [heading(words().stopSure), ...confirmStop(view.storage, view.session, actions.stop, actions.again)];
    case "stopping":
      return stopping(view.began);
    case "history":
      return [heading(words().history), notice(view.trouble), ...drawHistory(view.history, actions)];
    case "usage":
      return [heading(words().usage), notice(view.trouble), ...drawUsage(view.shown, actions)];
    case "verifying":
      return [heading(words().verify), notice(view.trouble), ...drawVerifying(view.verifying, actions)];
    case "leaving":
      return [heading(words().account), notice(view.trouble), ...drawLeaving(view.leaving, actions)];
    case "failed":
      return [heading(words().wrong), notice(view.trouble), button("again", words().tryAgain, actions.again, "main")];
  }
}

/** What went wrong, as a sentence in the member's language. */
export function sentence(trouble: unknown): string {
  if (trouble instanceof Problem) return words().problems[trouble.name] ?? trouble.detail;
  return words().unexpected(trouble instanceof Error ? trouble.message : String(trouble));
}

function heading(text: string): HTMLElement {
  return h("h1", { id: "heading", tabIndex: -1 }, text); // by its id it keeps the focus when the view is drawn anew
}

function notice(trouble: unknown): Child {
  return trouble ? h("p", { className: "notice", role: "alert" }, sentence(trouble)) : null;
}

function signedOut({ ways, trouble, said }: View & { kind: "signed-out" }, actions: Actions): Child[] {
  const madeUp = ways.some((way) => way.kind === "person");
  return [
    heading(words().tagline),
    h("p", { className: "lead" }, words().about),
    notice(trouble),
    said && h("p", { className: "notice", role: "status" }, said),
    h("h2", { id: "sign-in" }, words().signIn),
    h("ul", { className: "ways" }, ...ways.map((way) => h("li", {}, wayIn(way, actions)))),
    madeUp && h("p", { className: "quiet" }, words().madeUp),
  ];
}

function wayIn(way: Way, actions: Actions): HTMLElement {
  const press = () => actions.signIn(way);
  if (way.kind === "provider") return button(`with-${way.name.toLowerCase()}`, words().signInWith(way.name), press);
  const face = h("span", { className: "face", ariaHidden: "true" }, way.name.slice(0, 1));
  const who = h("span", {}, h("strong", {}, way.name), h("small", {}, way.email));
  const element = button("", "", press, "person");
  element.ariaLabel = words().signInAs(way.name);
  element.append(face, who);
  return element;
}

function home({ login, trouble, saved, slot, unsaved }: View & { kind: "home" }, actions: Actions): Child[] {
  const { account, plan, allowance, session, last, storage } = login;
  const refused = trouble instanceof Problem && trouble.name === "allowance-exhausted";
  const usedUp = usedUpNotice(allowance, refused ? "alert" : "status");
  return [
    heading(words().hello(account.name)),
    !(refused && usedUp) && notice(trouble),
    usedUp,
    endingNotice(login),
    storageNotice(storage),
    !session && apartNotice(storage, actions.history),
    unsavedNotice(unsaved, actions),
    session ? openCard(session, last, slot, actions) : closedCard(last, saved, actions),
    h(
      "dl",
      { className: "facts" },
      ...fact(words().plan, plan.title),
      ...fact(words().time, timeFact(allowance)),
      ...fact(words().storage, storageFact(storage)),
    ),
    h(
      "div",
      { className: "buttons" },
      button("history", words().history, actions.history, "small"),
      button("usage", words().usage, () => actions.usage(null), "small"),
      button("account", words().account, () => actions.askToDelete(false), "small"),
    ),
  ];
}

/** What a lost session could not save, kept in this browser. */
function unsavedNotice(names: string[], actions: Actions): Child {
  if (!names.length) return null;
  return h(
    "div",
    { className: "notice", role: "status" },
    h("p", {}, words().keptText(names.join(", "))),
    button("discard-unsaved", words().discardText, actions.discardUnsaved, "small"),
  );
}

function openCard(session: OpenSession, last: LastSession | null, slot: SlotState, actions: Actions): HTMLElement {
  const { silent, unsavedSince } = slot;
  const facts = [
    ...fact(words().where, new URL(session.slot_origin).host),
    ...fact(words().since, timeOf(session.opened)),
    ...fact(words().saved, session.saved_at ? timeOf(session.saved_at) : words().notSaved),
  ];
  return h(
    "section",
    { className: silent ? "card" : "card awake" },
    h("p", { className: "state" }, silent ? words().silent : words().awake),
    silent && h("p", { className: "notice", role: "alert" }, words().silentNote(session.saved_at ? timeOf(session.saved_at) : null)),
    !silent && unsavedSince !== null && lateNotice(unsavedSince),
    h("dl", { className: "facts" }, ...facts),
    session.background !== null && h("p", { className: "last" }, words().backgroundUntil(timeOf(session.background))),
    last?.reason === "lost" && h("p", { className: "last" }, howItEnded(last)),
    h(
      "div",
      { className: "buttons" },
      button("open", silent ? words().open : words().goOn, actions.open, "main"),
      button("stop", words().stop, () => actions.stop(session)),
    ),
  );
}

/** The control plane knows when the newest save was made, but only the slot whether something has changed since. */
function lateNotice(since: number): HTMLElement {
  return h("p", { className: "notice", role: "status" }, words().lateSince, minutesSince(since), words().lateNote);
}

function closedCard(last: LastSession | null, saved: boolean, actions: Actions): HTMLElement {
  const asSaid = saved && last?.reason === "member";
  return h(
    "section",
    { className: "card" },
    h("p", { className: "state" }, saved ? savedNow(last) : last ? words().asleep : words().first),
    last && !asSaid && h("p", { className: "last" }, howItEnded(last)),
    h("div", { className: "buttons" }, button("open", words().open, actions.open, "main")),
  );
}

/** What came of the session whose end the member watched. */
export function savedNow(last: LastSession | null): string {
  const saved = last && last.reason !== "lost" && last.saved_at;
  return words().savedNow(saved ? timeOf(saved) : null);
}

function howItEnded({ reason, saved_at }: LastSession): string | null {
  const { ends, lostUnsaved } = words();
  if (saved_at === null) return reason === "lost" ? lostUnsaved : null;
  const say = Object.hasOwn(ends, reason ?? "") ? ends[reason as keyof typeof ends] : ends.other;
  return say(timeOf(saved_at));
}

function fact(name: string, value: string): Child[] {
  return [h("dt", {}, name), h("dd", {}, value)];
}

function opening({ begun, slot, restored, wait }: Progress, actions: Actions): Child[] {
  return [
    heading(words().opening),
    h("ol", { className: "steps" }, ...STEPS.map((step) => stepLine(step, begun, slot, restored))),
    wait && waiting(wait),
    h("p", { className: "quiet" }, words().enterNote),
    h("div", { className: "buttons" }, button("cancel", words().cancel, actions.cancel)),
  ];
}

function stepLine(step: Step, begun: Progress["begun"], slot: string | null, restored: number | null): HTMLElement {
  const index = begun.findIndex((one) => one.step === step);
  const start = begun[index]?.at;
  const end = begun[index + 1]?.at;
  const passed = begun.some((one) => STEPS.indexOf(one.step) > STEPS.indexOf(step));
  const state = passed ? "done" : start === undefined ? "to-come" : "now";
  const line = h("li", { className: state }, h("span", { className: "name" }, words().steps[step]));
  if (state === "now") line.ariaCurrent = "step";
  if (start !== undefined) line.append(stopwatch(start, end));
  if (step === "restore" && slot) {
    const part = restored === null ? "" : ` · ${Math.floor(100 * restored)} %`;
    line.append(h("small", {}, new URL(slot).host + part));
  }
  return line;
}

function waiting({ problem, until }: NonNullable<Progress["wait"]>): HTMLElement {
  const when = h("span", { className: "when" }, `${words().tryingAgain} `, countdown(until));
  return h("div", { className: "notice" }, h("p", {}, sentence(problem)), when);
}

function stopping(began: number): Child[] {
  return [
    heading(words().stopping),
    h("p", { className: "lead" }, stopwatch(began)),
    h("p", { className: "quiet" }, words().stoppingNote),
  ];
}
