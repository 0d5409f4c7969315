// What the page shows of a month: what was used by day and by session, and the time zone it is counted in.

import type { SessionUse, Usage, Used } from "./api";
import { browsersZone, dayName, lengthOf, monthAfter, monthName, spanIn, timeOf } from "./clock";
import { button, type Child, h } from "./dom";
import { words } from "./language";
import { sizeOf } from "./sizes";

export interface UsageShown {
  /** Null while it is being asked for the first time. */
  usage: Usage | null;
  /** The month that it is now. */
  newest: string | null;
  /** What is under way, or came of it. */
  said: string | null;
}

export interface UsageActions {
  /** Of the month that it is now unless one is given. */
  usage(month: string | null): void;
  usageTable(month: string): void;
  /** The page of the month that comes after this one. */
  usageRest(next: string): void;
  changeZone(zone: string): void;
  again(): void;
}

export function drawUsage({ usage, newest, said }: UsageShown, actions: UsageActions): Child[] {
  return [
    said && h("p", { className: "notice" }, said),
    usage === null ? h("p", { className: "quiet" }, words().starting) : h("div", {}, ...month(usage, newest, actions)),
    h("div", { className: "buttons" }, button("back", words().back, actions.again)),
  ];
}

function month(usage: Usage, newest: string | null, actions: UsageActions): HTMLElement[] {
  const { days, sessions, next, time_zone } = usage;
  const most = Math.max(...days.map((day) => day.seconds));
  const shown = [
    now(usage),
    turning(usage.month, newest, actions),
    days.length === 0 && h("p", { className: "quiet" }, words().usageEmpty),
    next !== null && h("p", { className: "quiet" }, words().usageMore, " ", button("rest", words().usageRest, () => actions.usageRest(next), "small")),
    days.length > 0 && h("h2", {}, words().byDay),
    days.length > 0 && h("ul", { className: "days" }, ...days.map((day) => dayRow(day, most))),
    sessions.length > 0 && h("h2", {}, words().bySession),
    sessions.length > 0 && h("ol", { className: "sessions" }, ...sessions.map((each) => sessionRow(each, time_zone))),
    days.length > 0 && button("csv", words().csv, () => actions.usageTable(usage.month), "small"),
    h("h2", {}, words().zone),
    ...zone(usage, actions),
  ];
  return shown.filter((each) => each !== false);
}

/** Two pages of one month as one: what stands on both is added up. */
export function together(before: Usage, after: Usage): Usage {
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

function now({ plan, current, storage }: Usage): HTMLElement {
  const { granted, left, used, renews } = current;
  const limit = storage.limit === null ? null : sizeOf(storage.limit);
  const facts: [string, string][] = [
    [words().plan, plan.title],
    [words().used, lengthOf(used)],
    [words().remaining, granted === null || left === null ? words().noLimit : words().leftOf(lengthOf(left), lengthOf(granted))],
    [words().renewal, timeOf(renews)],
    [words().storage, words().storageOf(sizeOf(storage.used), limit)],
  ];
  return h("dl", { className: "facts" }, ...facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function turning(shown: string, newest: string | null, actions: UsageActions): HTMLElement {
  const turn = (id: string, sign: string, to: string) => {
    const element = button(id, sign, () => actions.usage(to), "small");
    element.ariaLabel = monthName(to);
    return element;
  };
  const later = turn("later", "›", monthAfter(shown, 1));
  later.disabled = newest === null || shown >= newest;
  return h("div", { className: "turning" }, turn("earlier", "‹", monthAfter(shown, -1)), h("h2", {}, monthName(shown)), later);
}

function dayRow(day: Used, most: number): HTMLElement {
  const bar = h("progress", { max: most, value: day.seconds, ariaHidden: "true" });
  return h("li", {}, h("span", {}, dayName(day.id)), bar, h("span", { className: "clock" }, lengthOf(day.seconds)), alone(day));
}

function sessionRow(session: SessionUse, zone: string): HTMLElement {
  const said = howItEnded(session);
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, spanIn(zone, session.opened, session.ended)), ` ${lengthOf(session.seconds)}`),
    alone(session),
    said && h("p", { className: "quiet" }, said),
  );
}

/** The part of it without a browser. */
function alone({ background_seconds }: Used | SessionUse): Child {
  return background_seconds > 0 && h("small", {}, words().inBackground(lengthOf(background_seconds)));
}

function howItEnded({ ended, reason, decision, idle_seconds }: SessionUse): string | null {
  if (ended === null) return words().openNow;
  if (reason === "idle" && idle_seconds !== null) return words().idleFor(lengthOf(idle_seconds));
  return words().endings[reason ?? ""] ?? decision;
}

function zone({ time_zone, zone_holds_until }: Usage, actions: UsageActions): HTMLElement[] {
  const about = h("p", { className: "quiet" }, words().zoneAbout(time_zone));
  if (zone_holds_until !== null) return [about, h("p", { className: "quiet" }, words().zoneHolds(timeOf(zone_holds_until)))];
  const names = new Set([browsersZone(), time_zone, ...Intl.supportedValuesOf("timeZone")]);
  const options = [...names].sort().map((name) => h("option", { value: name, selected: name === browsersZone() }, name));
  const choice = h("select", { id: "zone" }, ...options);
  const form = h(
    "form",
    {},
    h("label", { htmlFor: choice.id }, words().zoneNew),
    choice,
    h("button", { id: "change-zone", type: "submit", className: "small" }, words().zoneChange),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    actions.changeZone(choice.value);
  });
  return [about, form];
}
