// Days, months and spans as the page shows them. Apart from shown.ts: who is signed out loads none of it.

import { language } from "./language.svelte";

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
