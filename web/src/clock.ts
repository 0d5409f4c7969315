// Time as the page shows it: pauses, running stopwatches, countdowns.

import { language, words } from "./language";

/** Raises AbortError as soon as `signal` says so. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    function stop() {
      clearTimeout(timer);
      reject(signal.reason);
    }
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** An element that tells how long it is since `start` (milliseconds of performance.now). */
export function stopwatch(start: number, end?: number): HTMLElement {
  return ticking(() => words().lasted(((end ?? performance.now()) - start) / 1000));
}

/** An element that tells the whole seconds left until `end` (milliseconds of performance.now). */
export function countdown(end: number): HTMLElement {
  return ticking(() => words().left(Math.max(0, Math.ceil((end - performance.now()) / 1000))));
}

/** An element that tells the minutes left until `end` (milliseconds of performance.now), the one under way counted. */
export function minutesLeft(end: number): HTMLElement {
  return ticking(() => words().minutes(Math.max(1, Math.ceil((end - performance.now()) / 60_000))));
}

/** An element that tells the whole minutes since `start` (milliseconds of performance.now), one at least. */
export function minutesSince(start: number): HTMLElement {
  return ticking(() => words().minutes(Math.max(1, Math.floor((performance.now() - start) / 60_000))));
}

const faces = new Map<HTMLElement, () => string>();

function ticking(text: () => string): HTMLElement {
  const face = document.createElement("span");
  face.className = "clock";
  face.textContent = text();
  faces.set(face, text);
  return face;
}

setInterval(() => {
  for (const [face, text] of faces) {
    const now = text();
    if (!face.isConnected) faces.delete(face);
    else if (face.textContent !== now) face.textContent = now; // a reader of the screen is told of changes only
  }
}, 100);

/** The time of day, with the date when it isn't today; `moment` in Unix seconds. */
export function timeOf(moment: number): string {
  const date = new Date(moment * 1000);
  const today = date.toDateString() === new Date().toDateString();
  const style = today ? { timeStyle: "short" as const } : { dateStyle: "medium" as const, timeStyle: "short" as const };
  return new Intl.DateTimeFormat(language(), style).format(date);
}

/** How long so many seconds are: hours and minutes, and seconds where there is no whole minute. */
export function lengthOf(seconds: number): string {
  const { hours, minutes, left } = words();
  if (seconds < 60) return left(Math.floor(seconds));
  const whole = Math.floor(seconds / 60);
  const parts = [whole >= 60 && hours(Math.floor(whole / 60)), whole % 60 > 0 && minutes(whole % 60)];
  return parts.filter(Boolean).join(" ");
}

export function browsersZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** From when until when, in a time zone; Unix seconds. Without an end, when it began. */
export function spanIn(zone: string, since: number, until: number | null): string {
  const format = inZone(zone, { dateStyle: "medium", timeStyle: "short" });
  return until === null ? format.format(since * 1000) : format.formatRange(since * 1000, until * 1000);
}

/** A date, such as 2026-11-23, with its day of the week. */
export function dayName(date: string): string {
  const style = { weekday: "short", month: "short", day: "numeric", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(language(), style).format(Date.parse(date));
}

/** A month, such as 2026-11, with its year. */
export function monthName(month: string): string {
  const style = { year: "numeric", month: "long", timeZone: "UTC" } as const;
  return new Intl.DateTimeFormat(language(), style).format(Date.parse(`${month}-01`));
}

/** The month so many months after another one. */
export function monthAfter(month: string, count: number): string {
  const date = new Date(`${month}-01`);
  date.setUTCMonth(date.getUTCMonth() + count);
  return date.toISOString().slice(0, 7);
}

function inZone(zone: string, style: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(language(), { ...style, timeZone: zone });
  } catch {
    return new Intl.DateTimeFormat(language(), style); // the control plane may know names that this browser does not
  }
}
